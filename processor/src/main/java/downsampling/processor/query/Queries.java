package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.processor.settings.Settings;
import downsampling.service.Answer;
import downsampling.service.Call;
import downsampling.service.RefusedException;
import downsampling.service.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * The routes of the queries. What is asked for is read from the call, {@link Instances} collects what each instance has of it,
 * and {@link SensorsPage} and {@link WindowsPage} are what comes back: a page, complete up to its {@code next}.
 */
public final class Queries {
    static final int MOST_SENSORS = 10_000;
    private static final int USUAL_SENSORS = 1000;
    static final int MOST_WINDOWS = 1000;

    private final ZoneId zone;
    private final boolean knowsSilent;
    private final Instances instances;

    /**
     * @param settings with HTTP asked for
     * @param local    gives null until this instance works
     */
    public Queries(Settings settings, Supplier<LocalInstance> local) {
        zone = settings.readings().zone();
        knowsSilent = settings.sensors().saysSilent();
        instances = new Instances(settings, local);
    }

    public Map<String, Route> routes() {
        return Map.of(
                "/sensors",
                Route.later(Set.of("status", "after", "limit", Instances.PARTITIONS), this::sensors),
                "/sensors/{}/windows",
                Route.later(Set.of("from", "to", "limit", Instances.PARTITIONS), this::windows),
                "/openapi.yaml",
                Route.of(Set.of(), call -> Answer.ok("application/yaml", openApi())));
    }

    private static String openApi() {
        try (InputStream in = Queries.class.getResourceAsStream("/openapi.yaml")) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CompletionStage<Answer> sensors(Call call) {
        String after = call.parameter("after") == null ? "" : call.parameter("after");
        int limit = Parameters.limit(call, USUAL_SENSORS, MOST_SENSORS);
        boolean silent = Parameters.silent(call, knowsSilent);
        Map<String, String> parameters = new HashMap<>(Map.of("after", after, "limit", String.valueOf(limit)));
        if (silent) {
            parameters.put("status", "silent");
        }
        return instances.ask(
                call,
                new Instances.Question<>(
                        "/sensors",
                        parameters,
                        (here, partitions) -> silent
                                ? SensorsPage.ofSilent(here.windows(), partitions, after, limit)
                                : SensorsPage.of(here.windows(), partitions, after, limit),
                        (partitions, json) -> SensorsPage.read(json, silent),
                        pages -> SensorsPage.joined(pages, after, limit).answer()));
    }

    private CompletionStage<Answer> windows(Call call) {
        String sensor = call.variable();
        long from = Parameters.time(call, "from", 0, zone);
        long to = Parameters.time(call, "to", Long.MAX_VALUE, zone);
        if (from >= to) {
            throw RefusedException.badRequest("from=" + call.parameter("from") + ": expected a time before to");
        }
        int limit = Parameters.limit(call, MOST_WINDOWS, MOST_WINDOWS);
        return instances.ask(
                call,
                new Instances.Question<>(
                        "/sensors/" + Peers.encode(sensor) + "/windows",
                        Map.of("from", String.valueOf(from), "to", String.valueOf(to), "limit", String.valueOf(limit)),
                        (here, partitions) -> WindowsPage.of(here.windows(), partitions, sensor, from, to, limit),
                        (partitions, json) -> WindowsPage.read(json, sensor, partitions),
                        pages -> WindowsPage.joined(pages, limit)
                                .answer(sensor, call.parameter(Instances.PARTITIONS) == null)));
    }
}
