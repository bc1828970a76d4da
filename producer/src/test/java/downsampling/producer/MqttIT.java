package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.broker.JarProcess;
import downsampling.service.LocalPort;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From an MQTT broker to Kafka; both of them, and the bridge between them, are the real ones. */
@BrokerTest
class MqttIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PASSWORD = "a secret that nobody prints";

    @TempDir
    private Path folder;

    private final Broker broker;
    /** For tests that neither kill it nor need other options; its messages are in memory. */
    private static JarProcess shared;

    private static int sharedPort;

    /** The first level of all topics of a test, and the client id of its bridges. */
    private final String root = "root-" + UUID.randomUUID();

    private int mqttPort = LocalPort.free();
    private final StringWriter out = new StringWriter();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream errBefore = System.err;
    private JarProcess mqtt;
    private String topic;

    MqttIT(Broker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void prepare() {
        System.setErr(new PrintStream(err, true, UTF_8));
        topic = broker.newTopic("mqtt", 3);
        mqtt = new JarProcess(JarProcess.ofModule("local-mqtt-broker"), folder.resolve("mqtt.log"));
    }

    @AfterEach
    void leaveNothingBehind() {
        mqtt.close();
        System.setErr(errBefore);
    }

    @ParameterizedTest
    @CsvSource({"5,0", "5,1", "5,2", "3.1.1,0", "3.1.1,1", "3.1.1,2"})
    void shouldPassOnWhatIsPublished(String version, int qos) throws Exception {
        useSharedMqtt();
        try (Bridge bridge = new Bridge("--mqtt-version=" + version, "--qos=" + qos, "--key=topic:2")) {
            bridge.awaitReady();
            long before = System.currentTimeMillis();
            publish(qos, root + "/a/temperature", "{\"ts\":1,\"value\":3}");
            publish(qos, root + "/a/temperature", " 21.5\n");
            publish(qos, root + "/a/temperature", "-3e2");
            publish(qos, root + "/a/temperature", "021.5");
            publish(qos, root + "/a/temperature", "nan");
            publish(qos, root + "/a/temperature", "");
            publish(qos, root, "on");
            publish(qos, "elsewhere/a", "9");

            Map<String, List<String>> values = new HashMap<>();
            broker.read(topic, 7)
                    .forEach(record -> values.computeIfAbsent(text(record.key()), key -> new ArrayList<>())
                            .add(text(record.value())));

            assertThat(values.get(null)).containsExactly("on");
            assertThat(values.get("a"))
                    .satisfiesExactly(
                            whole -> assertThat(whole).isEqualTo("{\"ts\":1,\"value\":3}"),
                            bare -> assertThat(bare).matches("\\{\"ts\":\\d+,\"value\":21.5}"),
                            bare -> assertThat(bare).matches("\\{\"ts\":\\d+,\"value\":-3e2}"),
                            noJson -> assertThat(noJson).isEqualTo("021.5"),
                            noJson -> assertThat(noJson).isEqualTo("nan"),
                            empty -> assertThat(empty).isEmpty());
            assertThat(Long.parseLong(values.get("a").get(1).replaceAll("\\{\"ts\":(\\d+),.*", "$1")))
                    .isBetween(before, System.currentTimeMillis());
            assertThat(broker.read(topic, 7))
                    .allSatisfy(
                            record -> assertThat(header(record, "mqtt.topic")).startsWith(root))
                    .allSatisfy(record ->
                            assertThat(header(record, "mqtt.retained")).isNull());
            assertThat(bridge.stop()).isZero();
            assertThat(out.toString())
                    .startsWith("sent 7, failed 0, ")
                    .contains("received 7, without a key 1, retained 0, dropped 0,");
        }
    }

    @ParameterizedTest
    @CsvSource({"5", "3.1.1"})
    void shouldGetWhatCameWhileItWasAway(String version) throws Exception {
        startMqtt();
        try (Bridge bridge = new Bridge("--mqtt-version=" + version)) {
            bridge.awaitReady();
            assertThat(bridge.stop()).isZero();
        }
        publish(1, root + "/a", "1");
        mqtt.kill(); // what the MQTT broker keeps, it keeps through a crash
        startMqtt();
        publish(1, root + "/a", "2");

        try (Bridge bridge = new Bridge("--mqtt-version=" + version)) {
            bridge.awaitReady();
            publish(1, root + "/a", "3");

            assertThat(broker.read(topic, 3))
                    .extracting(record -> text(record.value()).replaceAll(".*:", ""))
                    .containsExactly("1}", "2}", "3}");
        }
    }

    @Test
    void shouldPassOverOldMessagesUnlessTheyAreWanted() throws Exception {
        useSharedMqtt();
        publish(client -> client.publishWith()
                .topic(root + "/old")
                .retain(true)
                .payload("1".getBytes(UTF_8))
                .send());
        try (Bridge bridge = new Bridge()) {
            bridge.awaitReady();
            publish(1, root + "/new", "2");
            awaitRecords(1);
            assertThat(bridge.metric("downsampling_producer_mqtt_passed_over_total{reason=\"retained\"}"))
                    .isEqualTo(1);
            assertThat(bridge.metric("downsampling_producer_mqtt_events_total{event=\"without_a_key\"}"))
                    .isZero();
            assertThat(bridge.stop()).isZero();
        }
        assertThat(out.toString()).startsWith("sent 1, ").contains("retained 1,");
        assertThat(err.toString(UTF_8)).contains("Passed over a message on " + root + "/old, and will count others");

        try (Bridge bridge = new Bridge("--retained=send", "--mqtt-client-id=another-" + root)) {
            bridge.awaitReady();
            assertThat(broker.read(topic, 2))
                    .filteredOn(record -> "true".equals(header(record, "mqtt.retained")))
                    .extracting(record -> text(record.key()))
                    .containsExactly(root + "/old");
        }
    }

    @Test
    void shouldPassOverWhatOnlyAnEarlierRunHadAskedFor() throws Exception {
        useSharedMqtt();
        try (Bridge bridge = new Bridge("--mqtt-topics=other/#")) {
            bridge.awaitReady();
        }
        publish(1, "other/a", "1");
        try (Bridge bridge = new Bridge()) {
            bridge.awaitReady();
            publish(1, root + "/a", "2");
            awaitRecords(1);
            assertThat(bridge.stop()).isZero();
        }
        assertThat(out.toString()).contains("of another subscription 1,");
    }

    @Test
    void shouldDivideASharedSubscription() throws Exception {
        useSharedMqtt();
        try (Bridge one = new Bridge("--mqtt-topics=$share/all/" + root + "/#", "--mqtt-client-id=one-" + root);
                Bridge two = new Bridge("--mqtt-topics=$share/all/" + root + "/#", "--mqtt-client-id=two-" + root)) {
            one.awaitReady();
            two.awaitReady();
            for (int i = 0; i < 200; i++) {
                publish(1, root + "/" + i % 7, "" + i);
            }
            awaitRecords(200);
            assertThat(one.received()).isPositive();
            assertThat(two.received()).isPositive();
            assertThat(one.received() + two.received()).isEqualTo(200);
        }
        assertThat(broker.read(topic, 200)).hasSize(200);
    }

    @Test
    void shouldKeepTheMqttBrokerWaitingWhileKafkaIsSlow() throws Exception {
        useSharedMqtt();
        int kafkaPort = LocalPort.free();
        try (JarProcess kafka = new JarProcess(JarProcess.ofModule("local-broker"), folder.resolve("kafka.log"))) {
            kafka.start(List.of("--port=" + kafkaPort, "--data-dir=" + folder.resolve("kafka")));
            kafka.await(output -> output.contains("Kafka is ready"));
            try (Broker slow = Broker.at("127.0.0.1:" + kafkaPort);
                    Bridge bridge = new Bridge("--mqtt-in-flight=50", "--bootstrap-servers=127.0.0.1:" + kafkaPort)) {
                bridge.awaitReady();
                publish(1, root + "/a", "0");
                kafka.pause();
                for (int i = 1; i < 500; i++) {
                    publish(1, root + "/a", "" + i);
                }
                // This MQTT broker sends some, and more only when all of these are acknowledged.
                long received = bridge.received();
                assertThat(received).isLessThanOrEqualTo(50);
                Thread.sleep(1_000);
                assertThat(bridge.received()).isEqualTo(received);
                kafka.resume();
                double most = 0;
                for (Instant deadline = Instant.now().plus(PATIENCE); bridge.received() < 500; ) {
                    most = Math.max(most, bridge.metric("downsampling_producer_mqtt_in_flight"));
                    assertThat(Instant.now()).isBefore(deadline);
                }
                assertThat(most).isLessThanOrEqualTo(50);
                assertThat(slow.read(topic, 500))
                        .extracting(record -> text(record.value()).replaceAll(".*:(\\d+)}", "$1"))
                        .containsExactlyElementsOf(
                                IntStream.range(0, 500).mapToObj(i -> "" + i).toList());
                await(() -> bridge.metric("downsampling_producer_mqtt_in_flight") == 0);
            }
        }
    }

    @Test
    void shouldAcknowledgeNothingThatKafkaDidNotTake() throws Exception {
        useSharedMqtt();
        int kafkaPort = LocalPort.free();
        try (JarProcess kafka = new JarProcess(JarProcess.ofModule("local-broker"), folder.resolve("kafka.log"))) {
            kafka.start(List.of("--port=" + kafkaPort, "--data-dir=" + folder.resolve("kafka")));
            kafka.await(output -> output.contains("Kafka is ready"));
            try (Bridge bridge = new Bridge(
                    Map.of(
                            "KAFKA_DELIVERY_TIMEOUT_MS", "2000",
                            "KAFKA_REQUEST_TIMEOUT_MS", "1000",
                            // A client that knows no broker any more forgets the topic, and sending waits to learn of
                            // it.
                            "KAFKA_MAX_BLOCK_MS", "2000"),
                    "--bootstrap-servers=127.0.0.1:" + kafkaPort)) {
                bridge.awaitReady();
                publish(1, root + "/a", "1");
                await(() -> bridge.metric("downsampling_producer_readings_total{outcome=\"sent\"}") == 1);
                kafka.kill();
                publish(1, root + "/a", "2");

                assertThat(bridge.exitCode()).isEqualTo(1);
            }
        }
        assertThat(err.toString(UTF_8)).contains("producer: 1 readings failed, the first one: ");

        try (Bridge next = new Bridge()) {
            next.awaitReady();
            assertThat(broker.read(topic, 1))
                    .extracting(record -> text(record.value()).replaceAll(".*:", ""))
                    .containsExactly("2}");
        }
    }

    @Test
    void shouldNotBeHeldUpByAMessageThatKafkaNeverTakes() throws Exception {
        useSharedMqtt();
        try (Bridge bridge = new Bridge()) {
            bridge.awaitReady();
            publish(1, root + "/a", "x".repeat(2_000_000));
            publish(1, root + "/a", "2");
            awaitRecords(1);
            assertThat(bridge.stop()).isZero();
        }
        assertThat(out.toString()).startsWith("sent 1, failed 0, ").contains("too large 1");
        assertThat(err.toString(UTF_8)).contains("Passed over a message on " + root + "/a, and will count others: ");
    }

    @Test
    void shouldComeBackAfterTheMqttBroker() throws Exception {
        startMqtt();
        try (Bridge bridge = new Bridge()) {
            bridge.awaitReady();
            publish(1, root + "/a", "1");
            mqtt.kill();
            await(() -> bridge.get("/health/ready").equals("{\"state\":\"CONNECTING\"}"));
            assertThat(bridge.metric("downsampling_producer_mqtt_connected")).isZero();
            startMqtt();
            bridge.awaitReady();
            publish(1, root + "/a", "2");
            // The first may come again: its acknowledgement was on the way, maybe.
            await(() -> broker.read(topic, 2).stream()
                    .anyMatch(record -> text(record.value()).endsWith(":2}")));
            assertThat(bridge.stop()).isZero();
        }
        assertThat(err.toString(UTF_8))
                .containsSubsequence(
                        "Connected to the MQTT broker at 127.0.0.1:" + mqttPort,
                        "The connection to the MQTT broker at 127.0.0.1:" + mqttPort + " is lost; trying again.",
                        "Connected to the MQTT broker at 127.0.0.1:" + mqttPort);
    }

    /** With a session that the MQTT broker forgets, messages must still find their way. */
    @Test
    void shouldSubscribeAnewWhenTheMqttBrokerHasForgottenIt() throws Exception {
        mqtt.start(List.of("--port=" + mqttPort));
        mqtt.await(output -> output.contains("MQTT is ready"));
        try (Bridge bridge = new Bridge()) {
            bridge.awaitReady();
            mqtt.kill();
            await(() -> bridge.metric("downsampling_producer_mqtt_connected") == 0);
            mqtt.start(List.of("--port=" + mqttPort));
            mqtt.await(output -> output.contains("MQTT is ready"));
            bridge.awaitReady();
            publish(1, root + "/a", "2");
            awaitRecords(1);
        }
        assertThat(err.toString(UTF_8)).contains("; it has lost the session of " + root + ", and what came meanwhile");
    }

    @Test
    void shouldGiveWayToAnotherClientWithItsId() throws Exception {
        useSharedMqtt();
        try (Bridge first = new Bridge()) {
            first.awaitReady();
            try (Bridge second = new Bridge()) {
                assertThat(first.exitCode()).isEqualTo(1);
                second.awaitReady();
            }
        }
        assertThat(err.toString(UTF_8))
                .contains("producer: the MQTT broker at 127.0.0.1:" + mqttPort
                        + " has ended the connection: session taken over;"
                        + " another client has connected with the same --mqtt-client-id");
    }

    @ParameterizedTest
    @CsvSource({"5", "3.1.1"})
    void shouldEndInOneLineWhereItMayNot(String version) throws Exception {
        mqtt.start(
                List.of("--port=" + mqttPort, "--user=me", "--forbidden=" + root + "/secret/#"),
                Map.of("LOCAL_MQTT_BROKER_PASSWORD", PASSWORD));
        mqtt.await(output -> output.contains("MQTT is ready"));
        Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");

        try (Bridge bridge =
                new Bridge(Map.of("PRODUCER_MQTT_PASSWORD", "wrong"), "--mqtt-version=" + version, "--mqtt-user=me")) {
            assertThat(bridge.exitCode()).isEqualTo(1);
        }
        assertThat(lastLine())
                .startsWith("producer: the MQTT broker at 127.0.0.1:" + mqttPort + " refuses: ")
                .containsPattern("not authorized|bad user name or password");

        try (Bridge bridge = new Bridge(
                Map.of("PRODUCER_MQTT_PASSWORD", PASSWORD),
                "--mqtt-version=" + version,
                "--mqtt-user=me",
                "--mqtt-topics=" + root + "/secret/#")) {
            assertThat(bridge.exitCode()).isEqualTo(1);
        }
        assertThat(lastLine())
                .startsWith("producer: the MQTT broker at 127.0.0.1:" + mqttPort + " refuses --mqtt-topics=" + root
                        + "/secret/#: ");

        try (Bridge bridge =
                new Bridge("--mqtt-version=" + version, "--mqtt-user=me", "--mqtt-password-file=" + password)) {
            bridge.awaitReady();
        }
        assertThat(err.toString(UTF_8) + out).doesNotContain(PASSWORD);
    }

    @Test
    void shouldSpeakTlsAndWebSocket() throws Exception {
        int tlsPort = LocalPort.free();
        int webSocketPort = LocalPort.free();
        Path server = keyPair("server");
        Path client = keyPair("client");
        Path trusted = folder.resolve("trusted.p12");
        keytool(trusted, "-importcert", "-noprompt", "-alias", "client", "-file", pem("client"));
        mqtt.start(
                List.of(
                        "--port=" + mqttPort,
                        "--websocket-port=" + webSocketPort,
                        "--tls-port=" + tlsPort,
                        "--tls-keystore=" + server,
                        "--tls-truststore=" + trusted),
                Map.of("LOCAL_MQTT_BROKER_TLS_PASSWORD", "changeit"));
        mqtt.await(output -> output.contains("MQTT is ready"));
        String tls = "--mqtt-url=mqtts://localhost:" + tlsPort;

        try (Bridge bridge = new Bridge(
                tls,
                "--mqtt-ca-file=" + pem("server"),
                "--mqtt-cert-file=" + pem("client"),
                "--mqtt-key-file=" + privateKey(client))) {
            bridge.awaitReady();
            publish(1, root + "/a", "1");
            awaitRecords(1);
        }
        try (Bridge bridge = new Bridge(tls)) { // which Java does not trust
            assertThat(bridge.exitCode()).isEqualTo(1);
        }
        assertThat(lastLine())
                .startsWith("producer: no TLS connection to the MQTT broker at localhost:" + tlsPort + ": ");
        try (Bridge bridge = new Bridge("--mqtt-url=ws://127.0.0.1:" + webSocketPort, "--mqtt-client-id=web")) {
            bridge.awaitReady();
            publish(1, root + "/a", "2");
            awaitRecords(2);
        }
    }

    @Test
    void shouldWaitForTheMqttBrokerButNotForEver() throws Exception {
        try (Bridge bridge = new Bridge("--wait=2s")) {
            assertThat(bridge.exitCode()).isEqualTo(1);
        }
        assertThat(lastLine())
                .startsWith("producer: no connection to the MQTT broker at 127.0.0.1:" + mqttPort + " within 2s: ")
                .endsWith("Connection refused: /127.0.0.1:" + mqttPort);

        try (Bridge bridge = new Bridge()) {
            Thread.sleep(1_000);
            startMqtt();
            bridge.awaitReady();
        }
    }

    /** One run of the program in this JVM. */
    private final class Bridge implements AutoCloseable {
        private final Main main;
        private final int port = LocalPort.free();
        private final CompletableFuture<Integer> run;

        Bridge(String... arguments) {
            this(Map.of(), arguments);
        }

        Bridge(Map<String, String> environment, String... arguments) {
            Map<String, String> all = new HashMap<>(environment);
            all.put("PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers());
            main = new Main(all);
            String[] whole = Stream.concat(
                            Stream.of(
                                    "--source=mqtt",
                                    "--mqtt-url=mqtt://127.0.0.1:" + mqttPort,
                                    "--mqtt-client-id=" + root,
                                    "--topic=" + topic,
                                    "--http-port=" + port),
                            Stream.concat(
                                    Arrays.stream(arguments),
                                    Arrays.stream(arguments).anyMatch(each -> each.startsWith("--mqtt-topics="))
                                            ? Stream.empty()
                                            : Stream.of("--mqtt-topics=" + root + "/#")))
                    .toArray(String[]::new);
            run = CompletableFuture.supplyAsync(
                    () -> main.run(new PrintWriter(out, true), new PrintWriter(System.err, true), whole));
        }

        void awaitReady() throws Exception {
            await(() -> get("/health/ready").equals("{\"state\":\"SENDING\"}"));
        }

        String get(String path) throws Exception {
            try {
                return HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                        .build(),
                                BodyHandlers.ofString())
                        .body();
            } catch (ConnectException e) {
                assertThat(run).as(() -> err.toString(UTF_8)).isNotDone();
                return "";
            }
        }

        double metric(String name) throws Exception {
            return get("/metrics")
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                    .sum();
        }

        long received() throws Exception {
            return (long) metric("downsampling_producer_mqtt_messages_total");
        }

        int exitCode() throws Exception {
            return run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        int stop() throws Exception {
            main.stop();
            return exitCode();
        }

        @Override
        public void close() {
            main.stop();
            run.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        }
    }

    private void useSharedMqtt() throws Exception {
        if (shared == null) {
            sharedPort = mqttPort;
            shared = new JarProcess(
                    JarProcess.ofModule("local-mqtt-broker"), Path.of("target", "local-mqtt-broker-of-tests.log"));
            shared.start(List.of("--port=" + sharedPort));
            shared.await(output -> output.contains("MQTT is ready"));
        }
        mqttPort = sharedPort;
    }

    private void startMqtt() throws Exception {
        mqtt.start(List.of("--port=" + mqttPort, "--data-dir=" + folder.resolve("mqtt")));
        mqtt.await(output -> output.contains("MQTT is ready"));
    }

    private interface Publishing {
        void by(Mqtt5BlockingClient client);
    }

    private void publish(Publishing publishing) {
        Mqtt5BlockingClient client = MqttClient.builder()
                .serverHost("127.0.0.1")
                .serverPort(mqttPort)
                .useMqttVersion5()
                .buildBlocking();
        client.connect();
        publishing.by(client);
        client.disconnect();
    }

    private void publish(int qos, String to, String payload) {
        publish(client -> client.publishWith()
                .topic(to)
                .qos(MqttQos.fromCode(qos))
                .payload(payload.getBytes(UTF_8))
                .send());
    }

    private void awaitRecords(int count) {
        assertThat(broker.read(topic, count)).hasSize(count);
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        for (Instant deadline = Instant.now().plus(PATIENCE); !condition.call(); Thread.sleep(20)) {
            assertThat(Instant.now()).isBefore(deadline);
        }
    }

    private String lastLine() {
        String[] lines = err.toString(UTF_8).split("\n");
        return lines[lines.length - 1];
    }

    private Path keyPair(String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        keytool(
                store,
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                name.equals("client") ? "EC" : "RSA",
                "-dname",
                "CN=" + name,
                "-ext",
                "SAN=dns:localhost");
        keytool(store, "-exportcert", "-rfc", "-alias", name, "-file", pem(name));
        return store;
    }

    private String pem(String name) {
        return folder.resolve(name + ".pem").toString();
    }

    private Path privateKey(Path store) throws Exception {
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        byte[] key = keys.getKey("client", "changeit".toCharArray()).getEncoded();
        return Files.writeString(
                folder.resolve("client.key"),
                "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder().encodeToString(key)
                        + "\n-----END PRIVATE KEY-----\n");
    }

    private void keytool(Path store, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", "changeit", "-keystore", store.toString()));
        assertThat(new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start()
                        .waitFor())
                .as(() -> "keytool " + command)
                .isZero();
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? null : text(header.value());
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, UTF_8);
    }
}
