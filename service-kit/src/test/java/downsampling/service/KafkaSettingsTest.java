package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaSettingsTest {

    @TempDir
    private Path folder;

    @Test
    void shouldTakeTheOptionOverTheEnvironmentOverTheFileOverTheDefault() throws IOException {
        Path file = Files.writeString(folder.resolve("client.properties"), "bootstrap.servers=file:1\nlinger.ms=1\n");
        Map<String, String> environment = Map.of("KAFKA_BOOTSTRAP_SERVERS", "environment:1", "KAFKA_LINGER_MS", "2");

        assertThat(KafkaSettings.read(null, Map.of(), null, Set.of()))
                .containsOnly(Map.entry("bootstrap.servers", "localhost:19092"));
        assertThat(KafkaSettings.read(file, Map.of(), null, Set.of()))
                .containsEntry("bootstrap.servers", "file:1")
                .containsEntry("linger.ms", "1");
        assertThat(KafkaSettings.read(file, environment, null, Set.of()))
                .containsEntry("bootstrap.servers", "environment:1")
                .containsEntry("linger.ms", "2");
        assertThat(KafkaSettings.read(file, environment, "option:1", Set.of()))
                .containsEntry("bootstrap.servers", "option:1");
    }

    @Test
    void shouldTakeFromTheEnvironmentWhatIsAClientSettingOnly() {
        Map<String, String> environment = Map.of(
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_MECHANISM", "PLAIN",
                "KAFKA_HOME", "/opt/kafka",
                "KAFKA_HEAP_OPTS", "-Xmx1g",
                "SECURITY_PROTOCOL", "SSL");

        assertThat(KafkaSettings.read(null, environment, null, Set.of()))
                .containsOnly(
                        Map.entry("bootstrap.servers", "localhost:19092"),
                        Map.entry("security.protocol", "SASL_SSL"),
                        Map.entry("sasl.mechanism", "PLAIN"));
    }

    @Test
    void shouldGiveEachClientItsOwnSettingsWithThoseOfThatClientAloneOverThoseOfAll() {
        Map<String, String> settings = Map.of(
                "bootstrap.servers", "b:1",
                "linger.ms", "1",
                "max.poll.records", "2",
                "consumer.max.poll.records", "3",
                "main.consumer.max.poll.records", "4",
                "request.timeout.ms", "5",
                "admin.request.timeout.ms", "6",
                "my.plugin", "x");
        assertThat(KafkaSettings.forAdmin(settings))
                .containsOnly(
                        entry("bootstrap.servers", "b:1"), entry("request.timeout.ms", "6"), entry("my.plugin", "x"));
        assertThat(KafkaSettings.forConsumer(settings))
                .containsEntry("max.poll.records", "4")
                .containsEntry("request.timeout.ms", "5")
                .doesNotContainKeys("linger.ms", "consumer.max.poll.records");
        assertThat(KafkaSettings.forProducer(settings))
                .containsEntry("linger.ms", "1")
                .doesNotContainKey("max.poll.records");
    }

    @Test
    void shouldSayInALineThatAVariableIsNobodysSettingAndPassOverThoseOfOthers() {
        String said = said(() -> KafkaSettings.read(
                null,
                Map.ofEntries(
                        entry("KAFKA_COMPRESION_TYPE", "lz4"),
                        entry("KAFKA_HEAP_OPTS", "-Xmx1g"),
                        entry("KAFKA_OPTS", "x"),
                        entry("KAFKA_LOG4J_OPTS", "x"),
                        entry("KAFKA_JVM_PERFORMANCE_OPTS", "x"),
                        entry("KAFKA_JMX_PORT", "1"),
                        entry("KAFKA_CLUSTER_ID", "x"),
                        entry("KAFKA_CFG_NODE_ID", "1"),
                        entry("KAFKA_PORT", "tcp://10.0.0.1:9092"),
                        entry("KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1"),
                        entry("KAFKA_SERVICE_HOST", "10.0.0.1"),
                        entry("KAFKA_BROKERS", "b:1"),
                        entry("KAFKA_ADVERTISED_LISTENERS", "x")),
                null,
                Set.of()));
        assertThat(said).hasLineCount(1).contains("KAFKA_COMPRESION_TYPE in the environment: no client of Kafka");
    }

    @Test
    void shouldSayInALineThatNobodyKnowsASettingOfTheFile() throws IOException {
        Path file = Files.writeString(folder.resolve("client.properties"), "compresion.type=lz4\nacks=all\n");
        assertThat(said(() -> KafkaSettings.read(file, Map.of(), null, Set.of())))
                .hasLineCount(1)
                .contains("compresion.type of " + file + ": no client of Kafka knows that setting");
    }

    @Test
    void shouldSayInALineWhatCannotBeChanged() {
        Map<String, String> fixed = Map.of("acks", "all", "isolation.level", "--guarantee");
        String said = said(() -> assertThat(KafkaSettings.without(
                        Map.of("acks", "1", "consumer.isolation.level", "read_uncommitted", "linger.ms", "5"), fixed))
                .containsOnlyKeys("linger.ms"));
        assertThat(said)
                .hasLineCount(2)
                .contains("Kafka setting acks=1 is not used: it is always all")
                .contains(
                        "Kafka setting consumer.isolation.level=read_uncommitted is not used: the option --guarantee decides that");
        assertThat(said(() -> KafkaSettings.without(Map.of("acks", "all"), fixed)))
                .isEmpty();
    }

    /** What is logged meanwhile. */
    private static String said(Runnable what) {
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, UTF_8));
        try {
            what.run();
            return err.toString(UTF_8);
        } finally {
            System.setErr(before);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"b:1", "b:1,c:2", "b:1, c:2", "10.0.0.1:9092", "[::1]:9092", "SASL_SSL://b.example.org:9093"})
    void shouldTakeAddresses(String servers) {
        assertThat(KafkaSettings.read(null, Map.of(), servers, Set.of())).containsEntry("bootstrap.servers", servers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "b", "b:", ":1", "b:1,", "b:port", "http://b/:1"})
    void shouldRefuseWhatIsNoAddress(String servers) {
        assertThatThrownBy(() -> KafkaSettings.read(null, Map.of(), servers, Set.of()))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("--bootstrap-servers=" + servers + ": expected HOST:PORT");
    }
}
