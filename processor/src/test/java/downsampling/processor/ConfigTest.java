package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import downsampling.service.Durations;
import downsampling.service.KafkaSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    @ParameterizedTest
    @CsvSource({"250ms, PT0.25S", "10s, PT10S", "5m, PT5M", "1h, PT1H", "7d, PT168H", "0s, PT0S", "off, PT0S"})
    void shouldReadDurations(String text, Duration duration) {
        assertThat(new Durations().convert(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "s", "-1s", "1.5s", "10 s", "PT10S", "1w", "9999999999999s"})
    void shouldRefuseWhatIsNoDuration(String text) {
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new Durations().convert(text));
    }

    @ParameterizedTest
    @CsvSource({"PT0.25S, 250ms", "PT10S, 10s", "PT1M30S, 90s", "PT48H, 2d", "PT0S, 0s"})
    void shouldWriteDurationsAsTheyAreRead(Duration duration, String text) {
        assertThat(Durations.format(duration)).isEqualTo(text);
        assertThat(new Durations().convert(text)).isEqualTo(duration);
    }

    @Test
    void shouldPassOnSettingsFromFileAndEnvironmentTheSecondOverTheFirst(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("client.properties"), "security.protocol=SSL\nclient.id = me\n");
        Map<String, String> environment = Map.of(
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_JAAS_CONFIG", "secret;",
                "KAFKA_PRODUCER_LINGER_MS", "5",
                "KAFKA_MAIN_CONSUMER_MAX_POLL_RECORDS", "7",
                "KAFKA_HEAP_OPTS", "-Xmx1g",
                "KAFKA_HOME", "/opt/kafka",
                "HOME", "/root");
        assertThat(KafkaSettings.read(file, environment, "b:1", StreamsSettings.NAMES))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "bootstrap.servers", "b:1",
                        "security.protocol", "SASL_SSL",
                        "client.id", "me",
                        "sasl.jaas.config", "secret;",
                        "producer.linger.ms", "5",
                        "main.consumer.max.poll.records", "7"));
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotLetASettingFromOutsideBreakAPromise(Config.TopologyKind topology) {
        Config config = Driver.config(topology);
        Config tampered = new Config(
                config.topology(),
                config.applicationId(),
                config.inputTopic(),
                config.outputTopic(),
                config.lateTopic(),
                config.deadTopic(),
                config.window(),
                config.grace(),
                config.maxAhead(),
                config.idleClose(),
                config.zone(),
                Config.Guarantee.EXACTLY_ONCE_V2,
                config.stateStore(),
                config.stateMemory(),
                config.stateDir(),
                config.commitInterval(),
                config.threads(),
                config.standbyReplicas(),
                0,
                Map.of(
                        "bootstrap.servers", "a:1",
                        "processing.guarantee", "at_least_once",
                        "errors.dead.letter.queue.topic.name", "elsewhere",
                        "application.id", "other",
                        "consumer.session.timeout.ms", "12345"));
        Properties settings = Service.settings(tampered, new Metrics(), topic -> Limits.NONE);
        assertThat(settings)
                .containsEntry("processing.guarantee", "exactly_once_v2")
                .containsEntry("application.id", "test")
                .containsEntry("producer.compression.type", "gzip")
                .containsEntry("consumer.session.timeout.ms", "12345");
        if (topology == Config.TopologyKind.DSL) { // the other one sends its dead letters itself
            assertThat(settings).containsEntry("errors.dead.letter.queue.topic.name", "dead");
        }
    }

    private static Properties streams(Map<String, String> kafka) {
        Config config = Driver.config(Config.TopologyKind.EXACT);
        return StreamsSettings.of(
                new Config(
                        config.topology(),
                        config.applicationId(),
                        config.inputTopic(),
                        config.outputTopic(),
                        config.lateTopic(),
                        config.deadTopic(),
                        config.window(),
                        config.grace(),
                        config.maxAhead(),
                        config.idleClose(),
                        config.zone(),
                        config.guarantee(),
                        config.stateStore(),
                        config.stateMemory(),
                        config.stateDir(),
                        config.commitInterval(),
                        config.threads(),
                        config.standbyReplicas(),
                        0,
                        StreamsSettings.withoutFixed(kafka)),
                new Metrics(),
                topic -> Limits.NONE);
    }

    /** As Kafka Streams gives them to its clients, whichever form the user wrote. */
    @ParameterizedTest
    @CsvSource({
        "compression.type, gzip, producer",
        "producer.compression.type, gzip, producer",
        "batch.size, 77, producer",
        "producer.batch.size, 77, producer",
        "max.request.size, 2000000, producer",
        "buffer.memory, 70000000, producer",
        "transaction.timeout.ms, 12345, producer",
        "linger.ms, 7, producer",
        "session.timeout.ms, 20000, main.consumer",
        "consumer.session.timeout.ms, 20000, main.consumer",
        "main.consumer.session.timeout.ms, 20000, main.consumer",
        "heartbeat.interval.ms, 999, main.consumer",
        "max.poll.records, 77, main.consumer",
        "consumer.max.poll.records, 77, main.consumer",
        "main.consumer.max.poll.records, 77, main.consumer",
        "max.poll.records, 77, restore.consumer",
        "restore.consumer.max.poll.records, 77, restore.consumer",
    })
    void shouldTakeWhatTheUserSaysOverADefaultInWhateverForm(String name, String value, String client) {
        Map<String, Object> given = client(streams(Map.of("bootstrap.servers", "a:1", name, value)), client);

        assertThat(given.get(name.substring(name.indexOf("consumer.") < 0 ? 0 : name.indexOf("consumer.") + 9)
                        .replace("producer.", "")))
                .hasToString(value);
    }

    @Test
    void shouldHaveDefaultsWhereTheUserSaysNothing() {
        Properties settings = streams(Map.of("bootstrap.servers", "a:1"));

        assertThat(client(settings, "main.consumer"))
                .containsEntry("max.poll.records", 5000)
                .containsEntry("session.timeout.ms", 6000)
                .containsEntry("heartbeat.interval.ms", 1500);
        assertThat(client(settings, "producer")).containsEntry("batch.size", 128 << 10);
    }

    @Test
    void shouldKeepTheHeartbeatWithinAShorterSession() {
        Map<String, Object> consumer =
                client(streams(Map.of("bootstrap.servers", "a:1", "session.timeout.ms", "2000")), "main.consumer");
        assertThat(consumer.get("heartbeat.interval.ms")).hasToString("500");
    }

    @ParameterizedTest
    @CsvSource({
        "isolation.level, read_uncommitted",
        "consumer.isolation.level, read_uncommitted",
        "main.consumer.isolation.level, read_uncommitted",
        "auto.offset.reset, latest",
        "consumer.auto.offset.reset, latest",
        "enable.auto.commit, true",
        "allow.auto.create.topics, true",
        "main.consumer.allow.auto.create.topics, true",
        "group.id, mine",
        "acks, 0",
        "producer.acks, 0",
        "enable.idempotence, false",
        "producer.enable.idempotence, false",
        "transactional.id, mine",
        "processing.guarantee, at_least_once",
        "group.protocol, streams",
        "production.exception.handler, x.Y",
        "default.production.exception.handler, x.Y",
        "processing.exception.handler, x.Y",
        "deserialization.exception.handler, x.Y",
        "commit.interval.ms, 60000",
        "topic.cleanup.policy, delete",
    })
    void shouldNotTakeWhatThePromisesRestOn(String name, String value) {
        assertThat(StreamsSettings.withoutFixed(Map.of("bootstrap.servers", "a:1", name, value)))
                .containsOnlyKeys("bootstrap.servers");
    }

    private static Map<String, Object> client(Properties settings, String client) {
        StreamsConfig config = new StreamsConfig(settings);
        return switch (client) {
            case "producer" -> config.getProducerConfigs("any");
            case "restore.consumer" -> config.getRestoreConsumerConfigs("any");
            default -> config.getMainConsumerConfigs("any", "any", 0);
        };
    }

    @Test
    void shouldReplaceStreamThreadsAFewTimesOnly() {
        Service.Restarts restarts = new Service.Restarts();
        for (int i = 0; i < Service.Restarts.MOST; i++) {
            assertThat(restarts.allowed(i)).isTrue();
        }
        assertThat(restarts.allowed(100)).isFalse();
        assertThat(restarts.allowed(Service.Restarts.PERIOD.toNanos() + 1)).isTrue();
    }
}
