package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.broker.JarProcess;
import downsampling.producer.source.SparkplugBytes;
import downsampling.service.LocalPort;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an edge node that speaks Sparkplug B to Kafka; what it says was written by another implementation. */
@BrokerTest
class SparkplugIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final List<String> BIRTHS = List.of(
            "Plant/Pi/Supply Voltage {\"ts\":1700000000000,\"value\":12.3}",
            "Plant/Pi/Oven/i8 {\"ts\":1700000000000,\"value\":-128}",
            "Plant/Pi/Oven/i16 {\"ts\":1700000000000,\"value\":-300}",
            "Plant/Pi/Oven/i32 {\"ts\":1700000000000,\"value\":-70000}",
            "Plant/Pi/Oven/i64 {\"ts\":1700000000000,\"value\":-9223372036854775808}",
            "Plant/Pi/Oven/u8 {\"ts\":1700000000000,\"value\":255}",
            "Plant/Pi/Oven/u16 {\"ts\":1700000000000,\"value\":65535}",
            "Plant/Pi/Oven/u32 {\"ts\":1700000000000,\"value\":4294967295}",
            "Plant/Pi/Oven/u64 {\"ts\":1700000000000,\"value\":18446744073709551615}",
            "Plant/Pi/Oven/f {\"ts\":1700000000000,\"value\":21.1}",
            "Plant/Pi/Oven/Gehäuse/Temperatur °C {\"ts\":1700000000000,\"value\":-0.1}");

    private static final List<String> DATA = List.of(
            "Plant/Pi/Oven/i8 {\"ts\":1700000000250,\"value\":-1}",
            "Plant/Pi/Oven/i64 {\"ts\":1700000000250,\"value\":-2,\"historical\":true}",
            "Plant/Pi/Oven/u64 {\"ts\":1700000000300,\"value\":9223372036854775808}",
            "Plant/Pi/Oven/Gehäuse/Temperatur °C {\"ts\":1700000000300,\"value\":1.0E300}");

    @TempDir
    private Path folder;

    private final Broker broker;
    private final int mqttPort = LocalPort.free();
    private final int httpPort = LocalPort.free();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private JarProcess mqtt;
    private Mqtt5AsyncClient edgeNode;
    private String topic;
    private Main bridge;
    private CompletableFuture<Integer> run;

    SparkplugIT(Broker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void prepare() throws Exception {
        topic = broker.newTopic("sparkplug", 1);
        mqtt = new JarProcess(JarProcess.ofModule("local-mqtt-broker"), folder.resolve("mqtt.log"));
        mqtt.start(List.of("--port=" + mqttPort, "--data-dir=" + folder.resolve("mqtt")));
        mqtt.await(output -> output.contains("MQTT is ready"));
        edgeNode = MqttClient.builder()
                .serverHost("127.0.0.1")
                .serverPort(mqttPort)
                .useMqttVersion5()
                .buildAsync();
        edgeNode.connect().join();
        edgeNode.subscribeWith()
                .topicFilter("spBv1.0/+/NCMD/+")
                .callback(command -> {
                    requests.add(command.getTopic() + " " + new String(command.getPayloadAsBytes(), UTF_8));
                    publishBirths();
                })
                .send()
                .join();
    }

    @AfterEach
    void leaveNothingBehind() {
        if (bridge != null) {
            bridge.stop();
            run.join();
        }
        edgeNode.disconnect().join();
        mqtt.close();
    }

    @Test
    void shouldMakeReadingsOfMetrics() throws Exception {
        startBridge();
        publishBirths();
        publish("DDATA/Pi/Oven", "python-ddata");
        publish("NDATA/Pi", "python-ndata");

        assertThat(records(16))
                .containsExactlyElementsOf(Stream.of(
                                BIRTHS, DATA, List.of("Plant/Pi/Supply Voltage {\"ts\":1700000000600,\"value\":12.25}"))
                        .flatMap(List::stream)
                        .toList());
        assertThat(broker.read(topic, 16))
                .allSatisfy(record -> assertThat(new String(
                                record.headers().lastHeader("mqtt.topic").value(), UTF_8))
                        .startsWith("spBv1.0/Plant/"));

        publish("NDEATH/Pi", "python-ndeath"); // of which there is nothing to send
        await(() -> metric("downsampling_producer_mqtt_events_total{event=\"deaths\"}") == 1);
        await(() -> metric("downsampling_producer_mqtt_in_flight") == 0);
        assertThat(metric("downsampling_producer_mqtt_events_total{event=\"births\"}"))
                .isEqualTo(2);
        stopBridge();
        assertThat(out.toString())
                .startsWith("sent 16, failed 0, ")
                .contains("received 5, births 2, deaths 1, late deaths 0, commands and states 0, rebirths requested 0,"
                        + " out of sequence 0, unnamed 0, unreadable 0, no numbers 9, retained 0,");
        assertThat(requests).isEmpty();
    }

    @Test
    void shouldAskForBirthsThatItHasNotSeen() throws Exception {
        startBridge();
        publishBirths();
        records(BIRTHS.size());
        stopBridge();
        assertThat(requests).isEmpty();
        publish("DDATA/Pi/Oven", "python-ddata"); // while the bridge is away
        startBridge();

        assertThat(requests.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .startsWith("spBv1.0/Plant/NCMD/Pi ")
                .contains("Node Control/Rebirth");
        records(2 * BIRTHS.size() + 1);
        publish("DDATA/Pi/Oven", "python-ddata");

        List<String> all = records(2 * BIRTHS.size() + 1 + DATA.size());
        String asItIs = "spBv1.0/Plant/DDATA/Pi/Oven " + new String(SparkplugBytes.foreign("python-ddata"), UTF_8);
        assertThat(all)
                .containsExactlyElementsOf(Stream.of(BIRTHS, List.of(asItIs), BIRTHS, DATA)
                        .flatMap(List::stream)
                        .toList());
        stopBridge();
        assertThat(out.toString())
                .contains("commands and states 1, rebirths requested 1, out of sequence 0, unnamed 1,");
        assertThat(requests).isEmpty();
    }

    private void startBridge() throws Exception {
        bridge = new Main(Map.of("PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers()));
        run = CompletableFuture.supplyAsync(() -> bridge.run(
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                "--source=mqtt",
                "--mqtt-url=mqtt://127.0.0.1:" + mqttPort,
                "--mqtt-topics=spBv1.0/#",
                "--payload=sparkplug",
                "--topic=" + topic,
                "--http-port=" + httpPort));
        await(() -> get("/health/ready").equals("{\"state\":\"SENDING\"}"));
    }

    private void stopBridge() throws Exception {
        bridge.stop();
        assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(err::toString)
                .isZero();
    }

    private void publishBirths() {
        publish("NBIRTH/Pi", "python-nbirth");
        publish("DBIRTH/Pi/Oven", "python-dbirth");
    }

    /** Publishes a payload of another implementation; the order is that of the calls. */
    @SuppressWarnings("FutureReturnValueIgnored") // what arrives is what the test looks at
    private void publish(String to, String payload) {
        edgeNode.publishWith()
                .topic("spBv1.0/Plant/" + to)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(SparkplugBytes.foreign(payload))
                .send();
    }

    private List<String> records(int count) {
        return broker.read(topic, count).stream()
                .map(record -> new String(record.key(), UTF_8) + " " + new String(record.value(), UTF_8))
                .toList();
    }

    private String get(String path) throws Exception {
        try {
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + path))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
        } catch (ConnectException e) {
            assertThat(run).as(err::toString).isNotDone();
            return "";
        }
    }

    private double metric(String name) throws Exception {
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .sum();
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        for (Instant deadline = Instant.now().plus(PATIENCE); !condition.call(); Thread.sleep(20)) {
            assertThat(Instant.now()).isBefore(deadline);
        }
    }
}
