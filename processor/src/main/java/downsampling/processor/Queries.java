package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import downsampling.processor.WindowReader.UnavailableException;
import downsampling.service.Answer;
import downsampling.service.Call;
import downsampling.service.InvalidSettingException;
import downsampling.service.RefusedException;
import downsampling.service.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.StreamsNotStartedException;
import org.apache.kafka.streams.state.HostInfo;

/**
 * Interactive queries over HTTP: what sensors there are, and the windows of one, open and closed, whichever instances hold
 * them. {@code openapi.yaml} is the reference.
 *
 * <p>A sensor is in the partition that its producer chose, and producers choose differently. So all partitions are asked, each
 * at the instance that works on it, and the answer is whole or it is a 503. What is passed on names the partitions that it
 * wants, and such a request is answered from this instance alone or not at all: so nothing can go round in circles.
 *
 * <p>An answer is a page. Each instance gives a page of what it has, complete up to its {@code next}; together they are
 * complete up to the nearest of these, and there the joint page ends.
 */
final class Queries {
    static final int MOST_SENSORS = 10_000;
    private static final int USUAL_SENSORS = 1000;
    static final int MOST_WINDOWS = 1000;
    /** Questions that may be under way to other instances; each holds what comes back. */
    private static final int MOST_AT_ONCE = 8;

    private static final String PARTITIONS = "partitions";

    private final Config config;
    private final HostInfo self;
    private final Supplier<Service> service;
    private final Peers peers = new Peers();
    private final Semaphore turns = new Semaphore(MOST_AT_ONCE);

    /**
     * @param config  has an {@code application.server} among its Kafka settings
     * @param service gives null until there is one
     */
    Queries(Config config, Supplier<Service> service) {
        this.config = config;
        this.service = service;
        self = HostInfo.buildFromEndpoint(config.kafka().get(StreamsConfig.APPLICATION_SERVER_CONFIG));
    }

    /**
     * Where other instances reach this one, as {@code application.server} takes it. Where it listens on all addresses, and
     * nothing is said, that is the address this machine or container has for itself.
     *
     * @param advertised HOST or HOST:PORT, or null
     * @throws InvalidSettingException if that is no address, or the port is none
     */
    static String address(String advertised, String httpHost, int httpPort) {
        if (httpPort < 1 || httpPort > 65535) {
            throw new InvalidSettingException("--http-port", httpPort, "1 to 65535");
        }
        String host = advertised;
        if (host == null) {
            try {
                host = InetAddress.getByName(httpHost).isAnyLocalAddress()
                        ? InetAddress.getLocalHost().getHostAddress()
                        : httpHost;
            } catch (UnknownHostException e) {
                throw new InvalidSettingException("--http-host", httpHost, "a name or address of this machine");
            }
        }
        if (host.matches("[\\w.-]+:\\d+|\\[[\\w:.%]+]:\\d+")) {
            return host;
        }
        if (host.matches("[\\w.-]+|\\[[\\w:.%]+]")) {
            return host + ":" + httpPort;
        }
        if (host.matches("[0-9a-fA-F:.]+(%\\w+)?")) { // IPv6
            return "[" + host + "]:" + httpPort;
        }
        throw new InvalidSettingException("--advertised-host", advertised, "HOST or HOST:PORT");
    }

    Map<String, Route> routes() {
        return Map.of(
                "/sensors",
                Route.later(Set.of("after", "limit", PARTITIONS), this::sensors),
                "/sensors/{}/windows",
                Route.later(Set.of("from", "to", "limit", PARTITIONS), this::windows),
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

    /** @param next the last of the ids if there are others behind it, else null */
    private record Sensors(List<String> ids, String next) {}

    private CompletionStage<Answer> sensors(Call call) {
        String after = Objects.requireNonNullElse(call.parameter("after"), "");
        int limit = limit(call, USUAL_SENSORS, MOST_SENSORS);
        return answer(
                call,
                "/sensors",
                Map.of("after", after, "limit", String.valueOf(limit)),
                partitions -> {
                    SensorPage page = new SensorPage(utf8(after), limit);
                    partitions.forEach(partition -> service.get().windows().sensors(partition, page));
                    return new Sensors(page.ids(), page.next());
                },
                (partitions, json) -> sensors(json),
                pages -> sensors(after, limit, pages));
    }

    private static Answer sensors(String after, int limit, List<Sensors> pages) {
        SensorPage whole = new SensorPage(utf8(after), limit);
        Bytes end = pages.stream()
                .filter(page -> page.next() != null)
                .map(page -> utf8(page.next()))
                .min(Comparator.naturalOrder())
                .orElse(null);
        for (Sensors page : pages) {
            for (String id : page.ids()) {
                if (end == null || utf8(id).compareTo(end) <= 0) {
                    whole.add(utf8(id));
                }
            }
        }
        if (end != null) {
            whole.cut();
        }
        String next = whole.next();
        return Answer.json(
                200,
                whole.ids().stream()
                        .map(Queries::quoted)
                        .collect(Collectors.joining(
                                ",", "{\"sensors\":[", "],\"next\":" + (next == null ? null : quoted(next)) + "}")));
    }

    private static Sensors sensors(JsonNode json) {
        List<String> ids = new ArrayList<>();
        expect(json.path("sensors").isArray() && json.has("next"));
        for (JsonNode id : json.get("sensors")) {
            expect(id.isTextual());
            ids.add(id.textValue());
        }
        String next = json.get("next").textValue();
        expect(
                next == null
                        ? json.get("next").isNull()
                        : !ids.isEmpty() && ids.get(ids.size() - 1).equals(next));
        return new Sensors(ids, next);
    }

    /** @param json a window as it is answered */
    private record Window(long time, int partition, String json) {}

    /**
     * @param total   windows of the sensor, of whatever time
     * @param windows by time
     * @param next    the time of the last of them if there are others behind it, else null
     */
    private record Windows(long completeAfter, long total, List<Window> windows, Long next) {
        static final Windows NONE = new Windows(0, 0, List.of(), null);
    }

    private CompletionStage<Answer> windows(Call call) {
        String sensor = call.variable();
        long from = time("from", call.parameter("from"), 0);
        long to = time("to", call.parameter("to"), Long.MAX_VALUE);
        if (from >= to) {
            throw RefusedException.badRequest("from=" + call.parameter("from") + ": expected a time before to");
        }
        int limit = limit(call, MOST_WINDOWS, MOST_WINDOWS);
        return answer(
                call,
                "/sensors/" + Peers.encode(sensor) + "/windows",
                Map.of("from", String.valueOf(from), "to", String.valueOf(to), "limit", String.valueOf(limit)),
                partitions -> partitions.stream()
                        .map(partition -> windows(partition, sensor, from, to, limit))
                        .reduce(Windows.NONE, (some, others) -> joined(List.of(some, others), limit)),
                (partitions, json) -> windows(partitions, sensor, json),
                pages -> windows(sensor, joined(pages, limit), call.parameter(PARTITIONS) != null));
    }

    private Windows windows(int partition, String sensor, long from, long to, int limit) {
        long size = config.window().toMillis();
        WindowReader.Windows found = service.get().windows().windows(partition, sensor);
        List<Window> windows = new ArrayList<>();
        for (WindowReader.Window window : found.windows()) {
            if (window.end() > from && window.end() - size < to) {
                if (windows.size() == limit) {
                    return new Windows(
                            found.completeAfter(),
                            found.windows().size(),
                            windows,
                            windows.get(limit - 1).time());
                }
                windows.add(window(window, partition));
            }
        }
        return new Windows(found.completeAfter(), found.windows().size(), windows, null);
    }

    /** What stands, or would stand, on the output topic, and where it comes from. */
    private static Window window(WindowReader.Window window, int partition) {
        String summary = new String(SummaryJson.write(window.end(), window.summary()), UTF_8);
        String json = summary.substring(0, summary.length() - 1) + ",\"open\":" + window.open() + ",\"partition\":"
                + partition + "}";
        return new Window(window.end(), partition, json);
    }

    private static Windows joined(List<Windows> pages, int limit) {
        Long end = pages.stream()
                .map(Windows::next)
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .orElse(null);
        List<Window> windows = pages.stream()
                .flatMap(page -> page.windows().stream())
                .filter(window -> end == null || window.time() <= end)
                .sorted(Comparator.comparingLong(Window::time).thenComparingInt(Window::partition))
                .toList();
        int most = Math.min(limit, windows.size());
        while (most > 0
                && most < windows.size()
                && windows.get(most).time() == windows.get(most - 1).time()) {
            most++; // of other partitions: a page ends between times
        }
        boolean cut = end != null || most < windows.size();
        return new Windows(
                pages.stream().mapToLong(Windows::completeAfter).max().orElse(0),
                pages.stream().mapToLong(Windows::total).sum(),
                windows.subList(0, most),
                cut ? (Long) windows.get(most - 1).time() : null);
    }

    private static Answer windows(String sensor, Windows page, boolean named) {
        if (page.total() == 0 && !named) {
            return Answer.error(404, "no window of this sensor is open or kept");
        }
        return Answer.json(
                200,
                page.windows().stream()
                        .map(Window::json)
                        .collect(Collectors.joining(
                                ",",
                                "{\"sensor\":" + quoted(sensor) + ",\"completeAfter\":" + page.completeAfter()
                                        + ",\"total\":" + page.total() + ",\"windows\":[",
                                "],\"next\":" + page.next() + "}")));
    }

    private static Windows windows(Set<Integer> partitions, String sensor, JsonNode json) {
        expect(sensor.equals(json.path("sensor").textValue())
                && json.path("completeAfter").isIntegralNumber()
                && json.path("total").isIntegralNumber()
                && json.path("windows").isArray()
                && json.has("next")
                && (json.get("next").isNull() || json.get("next").isIntegralNumber()));
        List<Window> windows = new ArrayList<>();
        for (JsonNode window : json.get("windows")) {
            JsonNode summary = window.path("temperature");
            expect(window.path("time").isIntegralNumber()
                    && window.path("open").isBoolean()
                    && window.path("partition").isInt()
                    && partitions.contains(window.get("partition").intValue())
                    && summary.path("count").isIntegralNumber()
                    && summary.path("min").isNumber()
                    && summary.path("max").isNumber()
                    && summary.path("mean").isNumber());
            windows.add(new Window(
                    window.get("time").longValue(), window.get("partition").intValue(), window.toString()));
        }
        Long next = json.get("next").isNull() ? null : (Long) json.get("next").longValue();
        expect(next == null
                || !windows.isEmpty() && windows.get(windows.size() - 1).time() == next);
        return new Windows(
                json.get("completeAfter").longValue(), json.get("total").longValue(), windows, next);
    }

    private static void expect(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException("not what was asked for");
        }
    }

    private static int limit(Call call, int usual, int most) {
        String text = call.parameter("limit");
        if (text == null) {
            return usual;
        }
        int limit = number(text);
        if (limit < 1 || limit > most) {
            throw RefusedException.badRequest("limit=" + text + ": expected 1 to " + most);
        }
        return limit;
    }

    /** @return -1 if it is none of six digits at the most */
    private static int number(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 6 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return digits ? Integer.parseInt(text) : -1;
    }

    private long time(String name, String text, long otherwise) {
        if (text == null) {
            return otherwise;
        }
        if (!text.isEmpty() && text.length() <= 19 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException e) {
                // more than there are milliseconds: refused below
            }
        }
        try {
            byte[] utf8 = text.getBytes(UTF_8);
            return EventTime.parse(utf8, 0, utf8.length, config.zone());
        } catch (DateTimeException e) {
            throw RefusedException.badRequest(
                    name + "=" + text + ": expected an ISO-8601 time (+ written as %2B) or epoch milliseconds");
        }
    }

    /** What another instance answered for these partitions, or an {@link IllegalArgumentException}. */
    private interface Reading<T> {
        T read(Set<Integer> partitions, JsonNode json);
    }

    /**
     * Answers from all partitions, or from those asked for if they are named.
     *
     * @param path       to ask other instances for
     * @param parameters to ask them with
     * @param local      what partitions of this instance say
     * @param remote     what another instance says
     * @param merged     one answer of those
     */
    private <T> CompletionStage<Answer> answer(
            Call call,
            String path,
            Map<String, String> parameters,
            Function<Set<Integer>, T> local,
            Reading<T> remote,
            Function<List<T>, Answer> merged) {
        if (service.get() == null) {
            throw RefusedException.unavailable("starting");
        }
        try {
            String named = call.parameter(PARTITIONS);
            if (named != null) {
                return CompletableFuture.completedFuture(merged.apply(List.of(local.apply(partitions(named)))));
            }
            if (!turns.tryAcquire()) {
                throw RefusedException.unavailable("too many queries at once");
            }
            CompletableFuture<Answer> answer;
            try {
                answer = ask(path, parameters, local, remote, merged);
            } catch (RuntimeException e) {
                turns.release();
                throw e;
            }
            return answer.whenComplete((done, e) -> turns.release());
        } catch (UnavailableException e) {
            throw RefusedException.unavailable(e.getMessage());
        }
    }

    private <T> CompletableFuture<Answer> ask(
            String path,
            Map<String, String> parameters,
            Function<Set<Integer>, T> local,
            Reading<T> remote,
            Function<List<T>, Answer> merged) {
        Map<HostInfo, Set<Integer>> instances = instances();
        Set<Integer> here = instances.remove(self);
        List<CompletableFuture<T>> elsewhere = new ArrayList<>();
        instances.forEach((instance, partitions) -> elsewhere.add(
                peers.ask(instance, partitions, path, parameters, json -> remote.read(partitions, json))));
        List<T> answers = new ArrayList<>();
        if (here != null) {
            answers.add(local.apply(here));
        }
        return CompletableFuture.allOf(elsewhere.toArray(CompletableFuture[]::new))
                .thenApply(all -> {
                    elsewhere.stream().map(CompletableFuture::join).forEach(answers::add);
                    return merged.apply(answers);
                });
    }

    /** @return in their order, each once */
    private Set<Integer> partitions(String named) {
        Set<Integer> partitions = new TreeSet<>();
        for (String text : named.split(",", -1)) {
            int partition = number(text);
            if (partition < 0 || partition >= service.get().partitions()) {
                throw RefusedException.badRequest("partitions=" + text + ": expected numbers from 0 to "
                        + (service.get().partitions() - 1) + " with commas between them");
            }
            partitions.add(partition);
        }
        return partitions;
    }

    /** Who works on which partitions, as of the last rebalance that this instance knows of. */
    private Map<HostInfo, Set<Integer>> instances() {
        Map<HostInfo, Set<Integer>> instances = new HashMap<>();
        Set<Integer> missing =
                IntStream.range(0, service.get().partitions()).boxed().collect(Collectors.toSet());
        try {
            for (StreamsMetadata instance : service.get().streams().metadataForAllStreamsClients()) {
                for (TopicPartition partition : instance.topicPartitions()) {
                    if (partition.topic().equals(config.inputTopic()) && missing.remove(partition.partition())) {
                        instances
                                .computeIfAbsent(instance.hostInfo(), host -> new TreeSet<>())
                                .add(partition.partition());
                    }
                }
            }
        } catch (IllegalStateException | StreamsNotStartedException e) {
            throw new UnavailableException("starting or stopping");
        }
        if (!missing.isEmpty()) {
            throw new UnavailableException("no instance that can be asked works on partitions " + missing);
        }
        return instances;
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(UTF_8));
    }

    private static String quoted(String text) {
        return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
    }
}
