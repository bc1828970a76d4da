package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.query.Queries;
import downsampling.processor.settings.Settings;
import downsampling.service.AllowedHosts;
import downsampling.service.HttpServer;
import downsampling.service.LocalPort;
import downsampling.service.Route;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What instances say over HTTP of the sensors they hold, against what was sent and what stands on the output topic. */
@BrokerTest
class QueriesIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Broker broker;
    private final OpenApi documented = new OpenApi();
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<HttpServer> servers = new ArrayList<>();
    /** Answers seen, as {@link OpenApi#check} gives them. */
    private final Set<String> seen = new TreeSet<>();

    QueriesIT(Broker broker) {
        this.broker = broker;
    }

    @AfterEach
    void stopServers() {
        servers.forEach(HttpServer::close);
    }

    /** An instance in this JVM with an HTTP server; the service is null until {@link #start}. */
    private final class Instance {
        private final Pipeline pipeline;
        private final AtomicReference<Service> service = new AtomicReference<>();
        private final HttpServer http;

        Instance(Pipeline pipeline) throws IOException {
            this.pipeline = pipeline;
            pipeline.httpPort = LocalPort.free();
            Settings settings = pipeline.settings();
            Map<String, Route> routes = new HashMap<>(Health.routes(service::get));
            routes.putAll(new Queries(
                            settings,
                            () -> service.get() == null ? null : service.get().local())
                    .routes());
            http = new HttpServer("127.0.0.1", pipeline.httpPort, new AllowedHosts(List.of()), routes);
            servers.add(http);
        }

        Instance start() {
            service.set(pipeline.start());
            return this;
        }

        HttpResponse<String> get(String path) throws Exception {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + path))
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    BodyHandlers.ofString());
            seen.add(documented.check(response));
            return response;
        }

        String body(String path) throws Exception {
            HttpResponse<String> response = get(path);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return response.body();
        }

        String windows(String sensor) throws Exception {
            return body("/sensors/" + encode(sensor) + "/windows");
        }

        boolean knows(String sensor) throws Exception {
            return get("/sensors/" + encode(sensor) + "/windows").statusCode() == 200;
        }

        void awaitReady() {
            await("ready", () -> get("/sensors").statusCode() == 200);
        }
    }

    private static String encode(String id) {
        return URLEncoder.encode(id, UTF_8).replace("+", "%20");
    }

    @Test
    void shouldShowOpenWindowsAsTheyStandAndClosedOnesAsTheyWereEmitted() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Instance instance = new Instance(pipeline).start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 1, 2.25);
            pipeline.awaitAllRead();
            assertThat(instance.windows("a")).isEqualTo("""
                            {"sensor":"a","completeAfter":0,"total":1,"windows":[{"time":1735732810000,\
                            "temperature":{"count":2,"min":1,"max":2.25,"mean":1.625},"open":true,"partition":0}],"next":null}""");

            pipeline.send(0, "b", T0 + 10_500, 7);
            pipeline.send(0, "a", T0 + 10_999, 3); // one millisecond before the first window closes
            pipeline.awaitAllRead();
            assertThat(instance.windows("a"))
                    .contains("1735732810000", "1735732820000")
                    .doesNotContain("false");

            pipeline.send(0, "b", T0 + 11_000, 8);
            pipeline.awaitAllRead();
            String whole = instance.windows("a");
            assertThat(whole).isEqualTo("""
                            {"sensor":"a","completeAfter":0,"total":2,"windows":[{"time":1735732810000,\
                            "temperature":{"count":2,"min":1,"max":2.25,"mean":1.625},"open":false,"partition":0},\
                            {"time":1735732820000,\
                            "temperature":{"count":1,"min":3,"max":3,"mean":3},"open":true,"partition":0}],"next":null}""");
            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 2, 1, 2.25, 1.625));

            String path = "/sensors/a/windows?";
            String first = whole.substring(0, whole.lastIndexOf(",{")) + "],\"next\":null}";
            String none = whole.substring(0, whole.indexOf('[') + 1) + "],\"next\":null}";
            assertThat(instance.body(path + "from=2025-01-01T12:00:09.999Z")).isEqualTo(whole);
            assertThat(instance.body(path + "from=1735732810000"))
                    .isNotEqualTo(whole)
                    .contains("1735732820000");
            assertThat(instance.body(path + "to=2025-01-01T14:00:10%2B02:00")).isEqualTo(first);
            assertThat(instance.body(path + "to=2025-01-01T12:00:10.001")).isEqualTo(whole);
            assertThat(instance.body(path + "from=0&to=1735732800000")).isEqualTo(none);
            assertThat(instance.body(path + "partitions=0")).isEqualTo(whole);
            assertThat(instance.body(path + "partitions=" + "0,".repeat(2000) + "0"))
                    .isEqualTo(whole);
            assertThat(instance.body(path + "limit=1"))
                    .isEqualTo(first.replace("\"next\":null", "\"next\":1735732810000"));
            assertThat(instance.body(path + "limit=1&from=1735732810000"))
                    .contains("\"windows\":[{\"time\":1735732820000")
                    .endsWith("\"next\":null}");
            for (String wrong : List.of(
                    "partitions=1",
                    "partitions=0,1",
                    "partitions=",
                    "partitions=0,",
                    "partitions=-1",
                    "partitions=0&partitions=0",
                    "limit=0",
                    "limit=1001",
                    "limit=1&limit=1",
                    "from=2&from=2",
                    "from=99999999999999999999",
                    "colour=red")) {
                assertThat(instance.get(path + wrong).statusCode()).as(wrong).isEqualTo(400);
            }
        }
    }

    /** Producers in other languages hash ids differently, and nothing keeps one from choosing partitions as it likes. */
    @Test
    void shouldAnswerFromEachInstanceForSensorsInAnyPartition() throws Exception {
        List<String> ids = List.of(
                "plain", "a/b", "..", ".", "a b+c", "100%", "?x=y&z#", "Büro", "温度", "🌡", "a\u00a0b", "\"", "\\");
        try (Pipeline pipeline = new Pipeline(broker, 4)) {
            pipeline.statistics = "max,stddev,first,median,p99.9"; // of one value, and one of them null
            List<Instance> instances = List.of(new Instance(pipeline).start(), new Instance(pipeline).start());
            for (String id : ids) {
                pipeline.send(ids.indexOf(id) % 4, id, T0 + ids.indexOf(id), ids.indexOf(id));
            }
            for (int partition = 0; partition < 4; partition++) {
                pipeline.send(partition, "everywhere", T0, partition);
            }
            pipeline.awaitAllRead();
            await("both have work", () -> instances.stream().allMatch(i -> Pipeline.hasWork(i.service.get())));
            pipeline.closeWindowsBefore(2, T0 + 10_000);
            pipeline.awaitAllRead();
            instances.forEach(Instance::awaitReady);

            for (String id : ids) {
                String answer = instances.get(0).windows(id);
                assertThat(answer).isEqualTo(instances.get(1).windows(id));
                JsonNode window = JSON.readTree(answer).get("windows").get(0);
                assertThat(JSON.readTree(answer).get("sensor").textValue()).isEqualTo(id);
                int value = ids.indexOf(id);
                assertThat(window.get("temperature"))
                        .hasToString(
                                "{\"max\":%d,\"stddev\":null,\"first\":%d,\"median\":%d,\"p99.9\":%d}",
                                value, value, value, value);
                assertThat(window.get("partition").intValue()).isEqualTo(ids.indexOf(id) % 4);
                assertThat(window.get("open").booleanValue()).isEqualTo(ids.indexOf(id) % 4 != 2);
            }
            for (Instance instance : instances) {
                assertThat(JSON.readTree(instance.windows("everywhere")).get("windows"))
                        .extracting(window -> window.get("partition") + ":" + window.at("/temperature/max") + ":"
                                + window.get("open"))
                        .containsExactly("0:0:true", "1:1:true", "2:2:false", "3:3:true");
                assertThat(instance.get("/sensors/nobody/windows").statusCode()).isEqualTo(404);
                Set<String> sensors = new HashSet<>();
                JSON.readTree(instance.body("/sensors")).get("sensors").forEach(id -> sensors.add(id.textValue()));
                assertThat(sensors)
                        .containsAll(ids)
                        .contains("everywhere", "closer")
                        .hasSize(ids.size() + 2);
            }

            // A request that names partitions goes no further.
            assertThat(List.of(
                            instances.get(0).get("/sensors?partitions=0,1,2,3").statusCode(),
                            instances.get(1).get("/sensors?partitions=0,1,2,3").statusCode()))
                    .containsExactly(503, 503);

            // Its stream threads go on, but nobody can ask it: half an answer would be wrong.
            instances.get(1).http.close();
            HttpResponse<String> response = instances.get(0).get("/sensors/everywhere/windows");
            assertThat(response.statusCode()).isEqualTo(503);
            assertThat(response.body()).contains("does not answer for partitions");

            pipeline.stop(instances.get(1).service.get());
            await("the other has taken over", () -> instances.get(0).knows("everywhere"));
            JsonNode taken = JSON.readTree(instances.get(0).windows("everywhere"));
            // The closed one was kept where it was closed; if that is gone, it is said how far back nothing is missing.
            boolean complete = taken.get("completeAfter").longValue() < T0 + 10_000;
            assertThat(taken.get("windows")).hasSize(complete ? 4 : 3);
        }
    }

    @Test
    void shouldGivePagesThatMissNobody() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 3)) {
            List<Instance> instances = List.of(new Instance(pipeline).start(), new Instance(pipeline).start());
            await("both have work", () -> instances.stream().allMatch(i -> Pipeline.hasWork(i.service.get())));
            Set<String> sent = new TreeSet<>();
            for (int i = 0; i < 500; i++) {
                sent.add("sensor-" + i);
                pipeline.send(i % 3, "sensor-" + i, T0 + i % 2 * 10_000, i);
            }
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.awaitAllRead();
            instances.forEach(Instance::awaitReady);
            sent.add("closer");

            List<String> got = new ArrayList<>();
            int pages = 0;
            for (String next = ""; next != null; pages++) {
                JsonNode page = JSON.readTree(instances.get(pages % 2).body("/sensors?limit=100&after=" + next));
                page.get("sensors").forEach(id -> got.add(id.textValue()));
                next = page.get("next").textValue();
            }

            assertThat(got).containsExactlyElementsOf(sent); // all ASCII, so by bytes is by characters
            assertThat(pages).isEqualTo(6);
        }
    }

    @Test
    void shouldSayFromEachInstanceWhichSensorsAreSilent() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            String status = pipeline.raw.replaceFirst("^raw", "status");
            pipeline.more = List.of("--silent-after=2s", "--status-topic=" + status);
            List<Instance> instances = List.of(new Instance(pipeline).start(), new Instance(pipeline).start());
            await("both have work", () -> instances.stream().allMatch(i -> Pipeline.hasWork(i.service.get())));
            long before = System.currentTimeMillis();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(1, "b", T0, 1);
            pipeline.send(1, "c\"", T0, 1);
            pipeline.awaitAllRead();
            long after = System.currentTimeMillis();
            instances.forEach(Instance::awaitReady);

            await(
                    "three are silent",
                    () -> silent(instances.get(0).body("/sensors?status=silent"))
                            .equals(List.of("a", "b", "c\"")));
            JsonNode all = JSON.readTree(instances.get(1).body("/sensors?status=silent"));
            assertThat(all).isEqualTo(JSON.readTree(instances.get(0).body("/sensors?status=silent")));
            assertThat(all.get("sensors"))
                    .allSatisfy(sensor ->
                            assertThat(sensor.get("since").longValue()).isBetween(before, after));
            List<String> paged = new ArrayList<>();
            for (String next = ""; next != null; ) {
                String page = instances.get(0).body("/sensors?status=silent&limit=1&after=" + encode(next));
                paged.addAll(silent(page));
                next = JSON.readTree(page).get("next").textValue();
            }
            assertThat(paged).containsExactly("a", "b", "c\"");

            pipeline.send(1, "b", T0 + 1, 2);
            await(
                    "one is back",
                    () -> silent(instances.get(0).body("/sensors?status=silent"))
                            .equals(List.of("a", "c\"")));
        }
    }

    private static List<String> silent(String answer) throws Exception {
        List<String> ids = new ArrayList<>();
        JSON.readTree(answer).get("sensors").forEach(sensor -> {
            assertThat(sensor.get("status").textValue()).isEqualTo("silent");
            ids.add(sensor.get("sensor").textValue());
        });
        return ids;
    }

    @Test
    void shouldForgetAClosedWindowWithARestartAndSaySo() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Instance first = new Instance(pipeline).start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 11_000, 2);
            pipeline.awaitAllRead();
            assertThat(JSON.readTree(first.windows("a")).get("windows")).hasSize(2);
            pipeline.stop(first.service.get());
            assertThat(first.get("/sensors").statusCode()).isEqualTo(503);

            Instance second = new Instance(pipeline).start();
            await("restored", () -> second.knows("a"));
            JsonNode answer = JSON.readTree(second.windows("a"));
            assertThat(answer.get("completeAfter").longValue()).isEqualTo(T0 + 10_000);
            assertThat(answer.get("windows"))
                    .singleElement()
                    .satisfies(
                            window -> assertThat(window.get("time").longValue()).isEqualTo(T0 + 20_000));
        }
    }

    @Test
    void shouldKeepSoManyClosedWindowsAndNoMore() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Instance instance = new Instance(pipeline);
            pipeline.keepClosed = 3;
            instance.start();
            for (int window = 0; window < 4; window++) {
                pipeline.send(0, "a", T0 + window * 10_000, window);
                pipeline.send(0, "b", T0 + window * 10_000, window);
            }
            pipeline.closeWindowsBefore(0, T0 + 40_000); // closes 8, and opens another
            pipeline.awaitAllRead();

            assertThat(JSON.readTree(instance.windows("b")).get("windows")).hasSize(2);
            JsonNode answer = JSON.readTree(instance.windows("a"));
            assertThat(answer.get("windows"))
                    .hasSize(1); // three are kept: b of the last window but one, and both of the last
            assertThat(answer.get("completeAfter").longValue()).isEqualTo(T0 + 30_000);
        }
    }

    /** The transaction of the close is aborted, by another producer with the same id, and the close done again. */
    @Test
    void shouldShowAWindowOnceWhileItsCloseIsAbortedAndDoneAgain() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Instance instance = new Instance(pipeline).start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 1, 2);
            pipeline.awaitAllRead();
            String id = pipeline.admin().listTransactions().all().get().stream()
                    .map(TransactionListing::transactionalId)
                    .filter(each -> each.startsWith(pipeline.applicationId))
                    .findFirst()
                    .orElseThrow();
            try (KafkaProducer<byte[], byte[]> fencing = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", id),
                    new ByteArraySerializer(),
                    new ByteArraySerializer())) {
                fencing.initTransactions();
            }
            pipeline.closeWindowsBefore(0, T0 + 10_000);

            Set<String> said = new TreeSet<>();
            await("it is closed", () -> {
                HttpResponse<String> response = instance.get("/sensors/a/windows");
                if (response.statusCode() != 200) {
                    return false;
                }
                JsonNode windows = JSON.readTree(response.body()).get("windows");
                assertThat(windows).hasSize(1);
                said.add(windows.get(0).get("temperature").toString());
                return !windows.get(0).get("open").booleanValue();
            });
            assertThat(said).containsExactly("{\"count\":2,\"min\":1,\"max\":2,\"mean\":1.5}");
            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 2, 1, 2, 1.5));
        }
    }

    @Test
    void shouldGiveEachDocumentedAnswer() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Instance instance = new Instance(pipeline);
            instance.get("/health/live");
            instance.get("/health/ready");
            assertThat(instance.get("/sensors").statusCode()).isEqualTo(503);
            assertThat(instance.get("/sensors/a/windows").statusCode()).isEqualTo(503);

            instance.start().awaitReady();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            instance.get("/health/ready");
            assertThat(instance.body("/sensors")).isEqualTo("{\"sensors\":[\"a\"],\"next\":null}");
            instance.windows("a");
            assertThat(instance.get("/sensors/b/windows").body())
                    .isEqualTo("{\"error\":\"no window of this sensor is open or kept\"}");
            assertThat(instance.body("/openapi.yaml")).startsWith("openapi: 3.1");
            assertThat(instance.get("/sensors?limit=0").body())
                    .isEqualTo("{\"error\":\"limit=0: expected 1 to 10000\"}");
            assertThat(instance.get("/sensors?status=silent").body())
                    .isEqualTo("{\"error\":\"status=silent: expected a processor with --silent-after\"}");
            Map.of(
                            "/sensors?status=back", "status=back: expected silent",
                            "/sensors?limit=all", "limit=all: expected 1 to 10000",
                            "/sensors?page=2",
                                    "page: there is no such parameter, expected one of [after, limit, partitions, status]",
                            "/sensors?after=a&after=b", "after: expected once",
                            "/sensors?partitions=first",
                                    "partitions=first: expected numbers from 0 to 0 with commas between them",
                            "/sensors/a/windows?from=2&to=2", "from=2: expected a time before to",
                            "/sensors/a/windows?from=yesterday",
                                    "from=yesterday: expected an ISO-8601 time (+ written as %2B) or epoch milliseconds",
                            "/sensors/a/windows?to=-1",
                                    "to=-1: expected an ISO-8601 time (+ written as %2B) or epoch milliseconds",
                            "/sensors/a/windows?to=2025-01-01T12:00:00+01:00",
                                    "to=2025-01-01T12:00:00 01:00: expected an ISO-8601 time (+ written as %2B) or epoch milliseconds")
                    .forEach((path, error) -> {
                        try {
                            HttpResponse<String> response = instance.get(path);
                            assertThat(response.statusCode()).as(path).isEqualTo(400);
                            assertThat(response.body()).isEqualTo("{\"error\":\"" + error + "\"}");
                        } catch (Exception e) {
                            throw new AssertionError(path, e);
                        }
                    });

            pipeline.stop(instance.service.get());
            assertThat(instance.get("/health/live").statusCode()).isEqualTo(503);
            assertThat(instance.get("/sensors/a/windows").statusCode()).isEqualTo(503);

            assertThat(seen).isEqualTo(documented.answers());
        }
    }
}
