package downsampling.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient.Mqtt5Publishes;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAckReasonCode;
import downsampling.service.LocalPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line: in this JVM where it ends by itself, otherwise the jar as people start it. */
class MainIT {
    private static final Path JAR = Path.of("target", "local-mqtt-broker.jar");
    private static final String HOST = "127.0.0.1";
    private static final Pattern READY = Pattern.compile(
            "MQTT is ready on 127\\.0\\.0\\.1:(\\d+)"
                    + "(?:, by TLS on 127\\.0\\.0\\.1:(\\d+))?(?:, by WebSocket on 127\\.0\\.0\\.1:(\\d+)/mqtt)?, data in (.+)");
    /** With a character that XML does not take as it is. */
    private static final String PASSWORD = "salt & <pepper";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path dir;

    private Process process;

    @AfterEach
    void endProcess() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void shouldExplainItself() {
        assertThat(run(Map.of(), "--help")).isZero();
        assertThat(out.toString())
                .contains("--port", "--data-dir", "--devices", "Exit codes")
                .doesNotContain("--password");
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --port 65536          | --port=65536: expected 0 to 65535
                    --websocket-port -1   | --websocket-port=-1: expected 0 to 65535
                    --port 2883 --websocket-port 2883 | --port=2883: expected a port for each listener, not one for two
                    --user pump           | LOCAL_MQTT_BROKER_PASSWORD: expected a value, since there is --user
                    --password secret     | --password: expected the password in LOCAL_MQTT_BROKER_PASSWORD, since others can see it here
                    --tls-port 0          | --tls-keystore: expected a value, since there is --tls-port
                    --tls-keystore a.p12  | --tls-port: expected a value, since there is --tls-keystore
                    --tls-truststore a.p12 | --tls-keystore: expected a file, since there is --tls-truststore
                    --devices -1          | --devices=-1: expected 0 or more
                    --rate 0              | --rate=0: expected a number above 0, 100000 at the most
                    --colour red          | Unknown options: '--colour', 'red'
                    """)
    void shouldRefuseWhatMakesNoSense(String arguments, String message) {
        assertThat(run(Map.of(), arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString().lines()).containsExactly("local-mqtt-broker: " + message);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void shouldFailInOneLineIfThePortIsInUse() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
            assertThat(run(Map.of(), "--port", "" + other.getLocalPort())).isEqualTo(1);
            assertThat(err.toString().lines())
                    .containsExactly("local-mqtt-broker: Port %d on 127.0.0.1 is in use: Address already in use"
                            .formatted(other.getLocalPort()));
        }
    }

    @Test
    void shouldFailInOneLineIfTheKeystoreCannotBeRead() throws Exception {
        Path store = dir.resolve("broker.p12");
        keytool("-genkeypair -alias broker -keyalg RSA -dname CN=broker -keystore " + store);

        assertThat(run(
                        Map.of("LOCAL_MQTT_BROKER_TLS_PASSWORD", "another"),
                        "--port=0",
                        "--tls-port=0",
                        "--tls-keystore=" + store))
                .isEqualTo(1);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .startsWith("local-mqtt-broker: " + store
                        + " cannot be read as PKCS #12 with LOCAL_MQTT_BROKER_TLS_PASSWORD: ");
    }

    @Test
    void shouldFailInOneLineIfTheFolderIsInUse() throws Exception {
        start(Map.of(), "--port=0", "--data-dir=" + dir.resolve("data"));

        assertThat(run(Map.of(), "--port=0", "--data-dir=" + dir.resolve("data")))
                .isEqualTo(1);
        assertThat(err.toString().lines())
                .containsExactly(
                        "local-mqtt-broker: Data folder " + dir.resolve("data") + " is in use by another broker");
    }

    @Test
    void shouldKeepSessionsAndMessagesThroughAKill() throws Exception {
        int port = LocalPort.free();
        String[] options = {"--port=" + port, "--data-dir=" + dir.resolve("data")};
        start(Map.of(), options);
        Mqtt5BlockingClient subscriber = client("subscriber").serverPort(port).buildBlocking();
        connectWithSession(subscriber);
        subscriber
                .subscribeWith()
                .topicFilter("kept/#")
                .qos(MqttQos.EXACTLY_ONCE)
                .send();
        subscriber.disconnect();
        Mqtt5AsyncClient publisher = client("publisher").serverPort(port).buildAsync();
        publisher.toBlocking().connect();
        List<CompletableFuture<?>> acknowledged = new ArrayList<>();
        List<String> sent =
                IntStream.range(0, 3_000).mapToObj(Integer::toString).toList();
        for (String text : sent) {
            acknowledged.add(publisher
                    .publishWith()
                    .topic("kept/" + text.length())
                    .qos(text.endsWith("0") ? MqttQos.EXACTLY_ONCE : MqttQos.AT_LEAST_ONCE)
                    .payload(text.getBytes(UTF_8))
                    .send());
        }
        CompletableFuture.allOf(acknowledged.toArray(new CompletableFuture<?>[0]))
                .get(60, TimeUnit.SECONDS);

        process.destroyForcibly().waitFor();
        start(Map.of(), options);

        try (Mqtt5Publishes publishes = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
            assertThat(connectWithSession(subscriber)).isTrue();
            List<String> received = new ArrayList<>();
            for (int i = 0; i < sent.size(); i++) {
                received.add(text(publishes.receive(30, TimeUnit.SECONDS).orElseThrow()));
            }
            assertThat(received).containsExactlyElementsOf(sent);
        }
        subscriber.disconnect();
    }

    @Test
    void shouldGiveAMessageAgainThatWasNotAcknowledgedBeforeAKill() throws Exception {
        int port = LocalPort.free();
        String[] options = {"--port=" + port, "--data-dir=" + dir.resolve("data")};
        start(Map.of(), options);
        Mqtt5BlockingClient subscriber = client("subscriber").serverPort(port).buildBlocking();
        try (Mqtt5Publishes publishes = subscriber.publishes(MqttGlobalPublishFilter.ALL, true)) {
            connectWithSession(subscriber);
            subscriber
                    .subscribeWith()
                    .topicFilter("kept")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send();
            subscriber.publish(Mqtt5Publish.builder()
                    .topic("kept")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload("once".getBytes(UTF_8))
                    .build());
            assertThat(text(publishes.receive(30, TimeUnit.SECONDS).orElseThrow()))
                    .isEqualTo("once");
            process.destroyForcibly().waitFor();
        }
        start(Map.of(), options);

        Mqtt5BlockingClient again = client("subscriber").serverPort(port).buildBlocking();
        try (Mqtt5Publishes publishes = again.publishes(MqttGlobalPublishFilter.ALL)) {
            assertThat(connectWithSession(again)).isTrue();
            assertThat(text(publishes.receive(30, TimeUnit.SECONDS).orElseThrow()))
                    .isEqualTo("once");
        }
        again.disconnect();
    }

    @Test
    void shouldLetInTheOneUserOnlyAndTellNobodyThePassword() throws Exception {
        Matcher ready = start(
                Map.of("LOCAL_MQTT_BROKER_PASSWORD", PASSWORD),
                "--port=0",
                "--user=pump",
                "--devices=1",
                "--forbidden=secret/#");
        int port = Integer.parseInt(ready.group(1));

        assertThatExceptionOfType(Mqtt5ConnAckException.class)
                .isThrownBy(() -> client("a").serverPort(port).buildBlocking().connect())
                .matches(e -> e.getMqttMessage().getReasonCode() == Mqtt5ConnAckReasonCode.NOT_AUTHORIZED);
        Mqtt3BlockingClient old = MqttClient.builder()
                .useMqttVersion3()
                .serverHost(HOST)
                .serverPort(port)
                .buildBlocking();
        assertThatExceptionOfType(Mqtt3ConnAckException.class)
                .isThrownBy(() -> old.connectWith()
                        .simpleAuth()
                        .username("pump")
                        .password("wrong".getBytes(UTF_8))
                        .applySimpleAuth()
                        .send())
                .matches(e -> e.getMqttMessage().getReturnCode() == Mqtt3ConnAckReturnCode.NOT_AUTHORIZED);
        Mqtt5BlockingClient client = client("b")
                .serverPort(port)
                .simpleAuth()
                .username("pump")
                .password(PASSWORD.getBytes(UTF_8))
                .applySimpleAuth()
                .buildBlocking();
        client.connect();
        assertThatExceptionOfType(Mqtt5SubAckException.class)
                .isThrownBy(() -> client.subscribeWith().topicFilter("secret/#").send())
                .matches(
                        e -> e.getMqttMessage().getReasonCodes().equals(List.of(Mqtt5SubAckReasonCode.NOT_AUTHORIZED)));
        try (Mqtt5Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith().topicFilter("sensors/#").send();
            assertThat(publishes.receive(30, TimeUnit.SECONDS)).isPresent();
        }
        client.disconnect();
        stopAndExpectNoWord();
    }

    @Test
    void shouldPublishReadingsOfEachDevice() throws Exception {
        int port = Integer.parseInt(
                start(Map.of(), "--port=0", "--devices=3", "--rate=100").group(1));
        Mqtt5BlockingClient client = client("a").serverPort(port).buildBlocking();
        client.connect();
        long begin = System.currentTimeMillis();
        try (Mqtt5Publishes publishes = client.publishes(MqttGlobalPublishFilter.ALL)) {
            client.subscribeWith()
                    .topicFilter("sensors/+/temperature")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send();
            Set<String> topics = new HashSet<>();
            Pattern payload = Pattern.compile("\\{\"ts\":(\\d{13}),\"value\":\\d{1,3}}");
            while (topics.size() < 3) {
                Mqtt5Publish reading = publishes.receive(30, TimeUnit.SECONDS).orElseThrow();
                topics.add(reading.getTopic().toString());
                assertThat(reading.getQos()).isEqualTo(MqttQos.AT_LEAST_ONCE);
                Matcher matcher = payload.matcher(text(reading));
                assertThat(matcher.matches()).as(text(reading)).isTrue();
                assertThat(Long.parseLong(matcher.group(1))).isBetween(begin - 10_000, System.currentTimeMillis());
            }
            assertThat(topics)
                    .containsExactlyInAnyOrder(
                            "sensors/Sensor1/temperature",
                            "sensors/Sensor2/temperature",
                            "sensors/Sensor3/temperature");
        }
        client.disconnect();
        stopAndExpectNoWord();
    }

    @Test
    void shouldSpeakTlsToClientsWithACertificateAndWebSocket() throws Exception {
        Path store = dir.resolve("broker.p12");
        Path clients = dir.resolve("clients.p12");
        Path own = dir.resolve("client.p12");
        Path trusted = dir.resolve("trusted.p12");
        keytool("-genkeypair -alias broker -keyalg RSA -dname CN=broker -ext san=ip:127.0.0.1 -keystore " + store);
        keytool("-genkeypair -alias client -keyalg RSA -dname CN=client -keystore " + own);
        copyCertificate("broker", store, trusted);
        copyCertificate("client", own, clients);
        Matcher ready = start(
                Map.of("LOCAL_MQTT_BROKER_TLS_PASSWORD", PASSWORD),
                "--port=0",
                "--websocket-port=0",
                "--tls-port=0",
                "--tls-keystore=" + store,
                "--tls-truststore=" + clients);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(load(trusted));
        KeyManagerFactory key = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        key.init(load(own), PASSWORD.toCharArray());

        int tlsPort = Integer.parseInt(ready.group(2));
        Mqtt5BlockingClient stranger = client("stranger")
                .serverPort(tlsPort)
                .sslConfig(
                        MqttClientSslConfig.builder().trustManagerFactory(trust).build())
                .buildBlocking();
        assertThatExceptionOfType(RuntimeException.class).isThrownBy(stranger::connect);
        Mqtt5BlockingClient known = client("known")
                .serverPort(tlsPort)
                .sslConfig(MqttClientSslConfig.builder()
                        .trustManagerFactory(trust)
                        .keyManagerFactory(key)
                        .build())
                .buildBlocking();
        known.connect();
        Mqtt5BlockingClient web = client("web")
                .serverPort(Integer.parseInt(ready.group(3)))
                .webSocketConfig()
                .serverPath("mqtt")
                .applyWebSocketConfig()
                .buildBlocking();
        web.connect();
        try (Mqtt5Publishes publishes = web.publishes(MqttGlobalPublishFilter.ALL)) {
            web.subscribeWith().topicFilter("a").send();
            known.publish(Mqtt5Publish.builder()
                    .topic("a")
                    .payload("b".getBytes(UTF_8))
                    .build());
            assertThat(text(publishes.receive(30, TimeUnit.SECONDS).orElseThrow()))
                    .isEqualTo("b");
        }
        known.disconnect();
        web.disconnect();
        stopAndExpectNoWord();
    }

    private static Mqtt5ClientBuilder client(String id) {
        return MqttClient.builder().useMqttVersion5().identifier(id).serverHost(HOST);
    }

    /** Connects without a clean start, with a session that stays, and returns whether there was one. */
    private static boolean connectWithSession(Mqtt5BlockingClient client) {
        return client.connectWith().cleanStart(false).noSessionExpiry().send().isSessionPresent();
    }

    private static String text(Mqtt5Publish message) {
        return new String(message.getPayloadAsBytes(), UTF_8);
    }

    private int run(Map<String, String> environment, String... arguments) {
        return Main.commandLine(environment)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(arguments);
    }

    /** Starts the jar, with a folder for temporary files of its own, and waits for its first line. */
    private Matcher start(Map<String, String> environment, String... arguments) throws IOException {
        assertThat(JAR).as("built by the phase package").exists();
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path temporary = Files.createDirectories(dir.resolve("tmp"));
        ProcessBuilder builder = new ProcessBuilder(
                java.toString(), "-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + temporary, "-jar", JAR.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().putAll(environment);
        process = builder.start();
        String line = process.inputReader().readLine();
        assertThat(line)
                .as(() -> process.errorReader().lines().toList().toString())
                .isNotNull();
        Matcher matcher = READY.matcher(line);
        assertThat(matcher.matches()).as(line).isTrue();
        return matcher;
    }

    /** Ends the process by SIGTERM: with exit code 0, and without having printed anything more. */
    private void stopAndExpectNoWord() throws InterruptedException {
        // The process's own destroy() would close its streams, too.
        process.toHandle().destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(process.inputReader().lines()).isEmpty();
        // JDK 24 and newer warn of what libraries do with sun.misc.Unsafe.
        assertThat(process.errorReader().lines()).allMatch(line -> line.startsWith("WARNING: "));
    }

    private static KeyStore load(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    private void copyCertificate(String alias, Path from, Path to) throws Exception {
        Path certificate = dir.resolve(alias + ".pem");
        keytool("-exportcert -alias %s -rfc -file %s -keystore %s".formatted(alias, certificate, from));
        keytool("-importcert -noprompt -alias %s -file %s -keystore %s".formatted(alias, certificate, to));
    }

    private static void keytool(String arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments.split(" ")));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
    }
}
