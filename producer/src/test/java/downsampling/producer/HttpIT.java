package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.service.LocalPort;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a run reports about itself while it goes on: over HTTP, and in its log as JSON. */
@BrokerTest
class HttpIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Broker broker;
    private final HttpClient client = HttpClient.newHttpClient();
    private final StringWriter out = new StringWriter();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream errBefore = System.err;
    private int port;

    HttpIT(Broker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void catchTheLog() throws IOException {
        System.setErr(new PrintStream(err, true, UTF_8));
        port = LocalPort.free();
    }

    @AfterEach
    void leaveTheLog() {
        System.setErr(errBefore);
    }

    @Test
    void shouldCountWhatIsSentAndBeReadyWhileItSends() throws Exception {
        String topic = broker.newTopic("http", 3);
        Main main = new Main(
                Map.of("PRODUCER_HTTP_PORT", "" + port, "PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers()));
        double sent = 0;
        CompletableFuture<Integer> run = start(main, "--topic", topic, "--count", "0", "--rate", "500");
        try {
            await("/health/ready", "200 {\"state\":\"SENDING\"}");
            assertThat(get("/health/live")).isEqualTo("200 {\"state\":\"SENDING\"}");
            for (Instant deadline = Instant.now().plus(PATIENCE); sent < 200; ) {
                assertThat(Instant.now()).as("readings are sent").isBefore(deadline);
                sent = metric("downsampling_producer_readings_total{outcome=\"sent\"}");
            }
            assertThat(metric("downsampling_producer_readings_total{outcome=\"failed\"}"))
                    .isZero();
            assertThat(metric("downsampling_producer_requested_readings_per_second"))
                    .isEqualTo(500);
            assertThat(get("/metrics")).contains("\ndownsampling_producer_behind_seconds ", "\nprocess_cpu_usage ");
            assertThat(get("/metrics").lines().filter(line -> !line.startsWith("#")))
                    .as("time series")
                    .hasSizeLessThan(120)
                    .filteredOn(line -> line.startsWith("kafka_"))
                    .hasSizeGreaterThan(10);

            assertThat(get("/")).startsWith("404 ");
            assertThat(get("/metrics/../health/live")).startsWith("4");
            assertThat(client.send(
                                    HttpRequest.newBuilder(uri("/metrics"))
                                            .POST(HttpRequest.BodyPublishers.ofString("x"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(405);
        } finally {
            main.stop();
        }
        assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
        assertThat(broker.read(topic, (int) sent)).hasSizeGreaterThanOrEqualTo((int) sent);
        assertThat(out.toString())
                .startsWith("sent " + broker.read(topic, (int) sent).size() + ", failed 0, ");
    }

    @Test
    void shouldBeAliveButNotReadyWithoutABroker() throws Exception {
        Main main = new Main(Map.of());
        CompletableFuture<Integer> run =
                start(main, "--bootstrap-servers", "localhost:1", "--http-port", "" + port, "--wait", "1h");
        try {
            await("/health/ready", "503 {\"state\":\"WAITING\"}");
            assertThat(get("/health/live")).isEqualTo("200 {\"state\":\"WAITING\"}");
            assertThat(get("/metrics")).startsWith("200 ");
        } finally {
            main.stop();
        }
        assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
    }

    @Test
    void shouldSayInALineThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int exitCode = new Main(Map.of("PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers()))
                    .run(
                            new PrintWriter(out, true),
                            new PrintWriter(err, true),
                            "--http-port",
                            "" + taken.getLocalPort());

            assertThat(exitCode).isEqualTo(1);
        }
        assertThat(err.toString(UTF_8))
                .startsWith("producer: cannot listen on 127.0.0.1:")
                .hasLineCount(1);
    }

    /** A process of its own, as the format holds for a whole JVM. */
    @Test
    void shouldWriteEachEventAsOneLineOfJson() throws Exception {
        String topic = broker.newTopic("json", 1, Map.of("max.message.bytes", "100"));
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        "target/producer.jar",
                        "--topic",
                        topic,
                        "--rate",
                        "50",
                        "--sensors",
                        "2",
                        "--seed",
                        "1",
                        "--log-readings")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment()
                .putAll(Map.of("PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers(), "PRODUCER_LOG_FORMAT", "json"));
        List<JsonNode> events = new ArrayList<>();
        Process process = builder.start();
        try (BufferedReader lines = process.errorReader(UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                events.add(new ObjectMapper().readTree(line));
            }
            assertThat(process.waitFor()).isEqualTo(1);
        } finally {
            process.destroyForcibly();
        }
        assertThat(events)
                .allSatisfy(event ->
                        assertThat(Instant.parse(event.get("time").asText())).isBefore(Instant.now()));
        assertThat(events)
                .extracting(event -> event.get("level").asText() + " "
                        + event.get("message").asText().split(" ")[0])
                .startsWith("INFO Sending")
                .contains("INFO Sensor1", "INFO Sensor2");
        assertThat(events.get(events.size() - 1).get("level").asText()).isEqualTo("ERROR");
        assertThat(events.get(events.size() - 1).get("message").asText()).contains(" readings failed, the first one: ");
    }

    private CompletableFuture<Integer> start(Main main, String... arguments) {
        return CompletableFuture.supplyAsync(
                () -> main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments));
    }

    private void await(String path, String answer) throws Exception {
        for (Instant deadline = Instant.now().plus(PATIENCE); !answer.equals(get(path)); ) {
            assertThat(Instant.now()).as("%s: %s", path, err.toString(UTF_8)).isBefore(deadline);
        }
    }

    private double metric(String series) throws Exception {
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(Double.NaN);
    }

    /** Status and body; an empty text as long as nobody listens. */
    private String get(String path) throws InterruptedException {
        try {
            HttpResponse<String> response =
                    client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        } catch (IOException e) {
            return "";
        }
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }
}
