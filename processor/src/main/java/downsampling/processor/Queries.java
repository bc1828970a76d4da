package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import downsampling.processor.WindowReader.UnavailableException;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.ServiceUnavailableResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.StreamsNotStartedException;
import org.apache.kafka.streams.state.HostInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Interactive queries over HTTP: what sensors there are, and the windows of one, open and closed, whichever instances hold
 * them. {@code openapi.yaml} is the reference.
 *
 * <p>A sensor is in the partition that its producer chose, and producers choose differently. So all partitions are asked, each
 * at the instance that works on it, and the answer is whole or it is a 503. What is passed on names the partitions that it
 * wants, and such a request is answered from this instance alone or not at all: so nothing can go round in circles.
 */
final class Queries {
    private static final Logger LOG = LoggerFactory.getLogger(Queries.class);

    static final int MOST_SENSORS = 10_000;
    private static final int USUAL_SENSORS = 1000;

    private static final Duration PEER_TIMEOUT = Duration.ofSeconds(3);
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .build());

    private final Config config;
    private final HostInfo self;
    private final Supplier<Service> service;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PEER_TIMEOUT)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();

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
     * @throws Config.InvalidException if that is no address, or the port is none
     */
    static String address(String advertised, String httpHost, int httpPort) {
        if (httpPort < 1 || httpPort > 65535) {
            throw new Config.InvalidException("--http-port", httpPort, "1 to 65535");
        }
        String host = advertised;
        if (host == null) {
            try {
                host = InetAddress.getByName(httpHost).isAnyLocalAddress()
                        ? InetAddress.getLocalHost().getHostAddress()
                        : httpHost;
            } catch (UnknownHostException e) {
                throw new Config.InvalidException("--http-host", httpHost, "a name or address of this machine");
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
        throw new Config.InvalidException("--advertised-host", advertised, "HOST or HOST:PORT");
    }

    Map<String, Handler> routes() {
        return Map.of(
                "/sensors", this::sensors, "/sensors/{id}/windows", this::windows, "/openapi.yaml", Queries::openApi);
    }

    private static void openApi(Context ctx) {
        ctx.contentType("application/yaml").result(Queries.class.getResourceAsStream("/openapi.yaml"));
    }

    private void sensors(Context ctx) {
        Map<String, String> parameters = parameters(ctx, "after", "limit");
        Bytes after = Bytes.wrap(parameters.getOrDefault("after", "").getBytes(UTF_8));
        int limit = limit(parameters.get("limit"));
        answer(
                ctx,
                "/sensors",
                parameters,
                parameters.get("partitions"),
                partition -> {
                    TreeSet<Bytes> sensors = new TreeSet<>();
                    service.get().windows().sensors(partition, after, limit + 1, sensors);
                    return page(sensors, limit, false);
                },
                pages -> {
                    TreeSet<Bytes> sensors = new TreeSet<>();
                    boolean more = false;
                    for (JsonNode page : pages) {
                        page.get("sensors")
                                .forEach(id ->
                                        sensors.add(Bytes.wrap(id.textValue().getBytes(UTF_8))));
                        more |= !page.get("next").isNull();
                    }
                    return page(sensors, limit, more);
                });
    }

    private static int limit(String text) {
        if (text == null) {
            return USUAL_SENSORS;
        }
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MOST_SENSORS) {
            throw new BadRequestResponse("limit=" + text + ": expected 1 to " + MOST_SENSORS);
        }
        return Integer.parseInt(text);
    }

    /** @param more whether there are others behind the last of these */
    private static ObjectNode page(TreeSet<Bytes> sensors, int limit, boolean more) {
        ObjectNode page = JSON.createObjectNode();
        ArrayNode ids = page.putArray("sensors");
        sensors.stream().limit(limit).forEach(id -> ids.add(new String(id.get(), UTF_8)));
        page.set("next", more || sensors.size() > limit ? ids.get(ids.size() - 1) : JSON.nullNode());
        return page;
    }

    private void windows(Context ctx) {
        String sensor = ctx.pathParam("id");
        Map<String, String> parameters = parameters(ctx, "from", "to");
        long from = time("from", parameters.get("from"), 0);
        long to = time("to", parameters.get("to"), Long.MAX_VALUE);
        if (from >= to) {
            throw new BadRequestResponse("from=" + parameters.get("from") + ": expected a time before to");
        }
        long size = config.window().toMillis();
        // Others are asked without from and to, for only then is it seen whether there is anything of this sensor.
        answer(
                ctx,
                "/sensors/" + encode(sensor) + "/windows",
                Map.of(),
                parameters.get("partitions"),
                partition -> {
                    WindowReader.Windows found = service.get().windows().windows(partition, sensor);
                    ObjectNode answer = answer(sensor, found.completeAfter());
                    found.windows()
                            .forEach(window -> answer.withArray("windows").add(node(window, partition)));
                    return answer;
                },
                answers -> {
                    ObjectNode whole = answer(sensor, 0);
                    List<JsonNode> windows = new ArrayList<>();
                    for (JsonNode answer : answers) {
                        answer.get("windows").forEach(windows::add);
                        whole.put(
                                "completeAfter",
                                Math.max(
                                        whole.get("completeAfter").longValue(),
                                        answer.get("completeAfter").longValue()));
                    }
                    if (windows.isEmpty() && !parameters.containsKey("partitions")) {
                        return null;
                    }
                    windows.sort(Comparator.<JsonNode>comparingLong(
                                    window -> window.get("time").longValue())
                            .thenComparingInt(window -> window.get("partition").intValue()));
                    windows.removeIf(window -> window.get("time").longValue() <= from
                            || window.get("time").longValue() - size >= to);
                    whole.withArray("windows").addAll(windows);
                    return whole;
                });
    }

    private static ObjectNode answer(String sensor, long completeAfter) {
        ObjectNode answer = JSON.createObjectNode();
        answer.put("sensor", sensor);
        answer.put("completeAfter", completeAfter);
        answer.putArray("windows");
        return answer;
    }

    /** What stands, or would stand, on the output topic, and where it comes from. */
    private static ObjectNode node(WindowReader.Window window, int partition) {
        try {
            ObjectNode node = (ObjectNode) JSON.readTree(SummaryJson.write(window.end(), window.summary()));
            node.put("open", window.open());
            node.put("partition", partition);
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException("our own JSON", e);
        }
    }

    private long time(String name, String text, long otherwise) {
        if (text == null) {
            return otherwise;
        }
        if (text.matches("\\d{1,18}")) {
            return Long.parseLong(text);
        }
        try {
            byte[] utf8 = text.getBytes(UTF_8);
            return EventTime.parse(utf8, 0, utf8.length, config.zone());
        } catch (DateTimeException e) {
            throw new BadRequestResponse(
                    name + "=" + text + ": expected an ISO-8601 time (+ written as %2B) or epoch milliseconds");
        }
    }

    /** @throws BadRequestResponse if there are others than those named and {@code partitions}, or one of them twice */
    private static Map<String, String> parameters(Context ctx, String... names) {
        Map<String, String> parameters = new TreeMap<>();
        ctx.queryParamMap().forEach((name, values) -> {
            if (!name.equals("partitions") && !List.of(names).contains(name)) {
                throw new BadRequestResponse(name + ": expected " + String.join(", ", names) + " or partitions");
            }
            if (values.size() != 1) {
                throw new BadRequestResponse(name + ": expected once");
            }
            parameters.put(name, values.get(0));
        });
        return parameters;
    }

    /**
     * Answers from all partitions, or from those asked for if they are named.
     *
     * @param path       to ask other instances for
     * @param parameters to ask them with
     * @param named      the partitions, with commas between them; null for all
     * @param local      what a partition of this instance says
     * @param merged     one answer of those; null if there is nothing
     */
    private void answer(
            Context ctx,
            String path,
            Map<String, String> parameters,
            String named,
            IntFunction<ObjectNode> local,
            Function<List<ObjectNode>, ObjectNode> merged) {
        try {
            if (service.get() == null) {
                throw new UnavailableException("starting");
            }
            if (named != null) {
                if (!named.matches("\\d{1,6}(,\\d{1,6})*")) {
                    throw new BadRequestResponse("partitions=" + named + ": expected numbers with commas between them");
                }
                answer(ctx, merged.apply(here(Arrays.stream(named.split(",")).map(Integer::valueOf), local)));
                return;
            }
            Map<HostInfo, Set<Integer>> instances = instances();
            Set<Integer> here = instances.remove(self);
            List<CompletableFuture<ObjectNode>> elsewhere = new ArrayList<>();
            instances.forEach((instance, partitions) -> elsewhere.add(ask(instance, partitions, path, parameters)));
            List<ObjectNode> answers = here == null ? new ArrayList<>() : here(here.stream(), local);
            ctx.future(() -> CompletableFuture.allOf(elsewhere.toArray(CompletableFuture[]::new))
                    .handle((all, e) -> {
                        if (e != null) {
                            HttpApi.error(ctx, 503, (e.getCause() == null ? e : e.getCause()).getMessage());
                        } else {
                            elsewhere.stream().map(CompletableFuture::join).forEach(answers::add);
                            answer(ctx, merged.apply(answers));
                        }
                        return null;
                    }));
        } catch (UnavailableException e) {
            throw new ServiceUnavailableResponse(e.getMessage());
        }
    }

    private static void answer(Context ctx, ObjectNode answer) {
        if (answer == null) {
            HttpApi.error(ctx, 404, "no window of this sensor is open or kept");
        } else {
            try {
                ctx.result(JSON.writeValueAsBytes(answer));
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException("writing to memory failed", e);
            }
        }
    }

    private static List<ObjectNode> here(Stream<Integer> partitions, IntFunction<ObjectNode> local) {
        return partitions.map(local::apply).collect(Collectors.toCollection(ArrayList::new));
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

    private CompletableFuture<ObjectNode> ask(
            HostInfo instance, Set<Integer> partitions, String path, Map<String, String> parameters) {
        String host = instance.host().contains(":") ? "[" + instance.host() + "]" : instance.host();
        StringBuilder uri = new StringBuilder("http://" + host + ":" + instance.port() + path + "?partitions="
                + partitions.stream().map(String::valueOf).collect(Collectors.joining(",")));
        parameters.forEach(
                (name, value) -> uri.append('&').append(name).append('=').append(encode(value)));
        return client.sendAsync(
                        HttpRequest.newBuilder(URI.create(uri.toString()))
                                .timeout(PEER_TIMEOUT)
                                .build(),
                        BodyHandlers.ofByteArray())
                .handle((response, e) -> {
                    if (e == null && response.statusCode() == 200) {
                        try {
                            return (ObjectNode) JSON.readTree(response.body());
                        } catch (IOException | ClassCastException notOurs) {
                            e = notOurs;
                        }
                    }
                    LOG.debug("{} answers {}", uri, response, e);
                    throw new UnavailableException("the instance at " + instance.host() + ":" + instance.port()
                            + " does not answer for partitions " + partitions);
                });
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
    }
}
