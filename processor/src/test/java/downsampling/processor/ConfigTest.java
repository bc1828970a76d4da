package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ConfigTest {
    @ParameterizedTest
    @CsvSource({"250ms, PT0.25S", "10s, PT10S", "5m, PT5M", "1h, PT1H", "7d, PT168H", "0s, PT0S", "off, PT0S"})
    void shouldReadDurations(String text, Duration duration) {
        assertThat(new Durations().convert(text)).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "s", "-1s", "1.5s", "10 s", "PT10S", "1w", "9999999999999s"})
    void shouldRefuseWhatIsNoDuration(String text) {
        assertThatExceptionOfType(TypeConversionException.class).isThrownBy(() -> new Durations().convert(text));
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
        assertThat(KafkaSettings.read(file, environment))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
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
