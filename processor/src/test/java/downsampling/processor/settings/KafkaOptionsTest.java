package downsampling.processor.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KafkaOptionsTest {
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
        assertThat(ParsedSettings.of(environment, "--config=" + file, "--bootstrap-servers=b:1")
                        .kafka())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "bootstrap.servers", "b:1",
                        "security.protocol", "SASL_SSL",
                        "client.id", "me",
                        "sasl.jaas.config", "secret;",
                        "producer.linger.ms", "5",
                        "main.consumer.max.poll.records", "7"));
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
        assertThat(ParsedSettings.of(
                                Map.of("KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'), value))
                        .kafka())
                .containsOnlyKeys("bootstrap.servers");
    }
}
