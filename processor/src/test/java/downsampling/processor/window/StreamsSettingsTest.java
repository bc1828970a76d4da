package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.settings.TopologyKind;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StreamsSettingsTest {
    @ParameterizedTest
    @EnumSource
    void shouldNotLetASettingFromOutsideBreakAPromise(TopologyKind topology) {
        Properties settings = streams(
                Map.of(
                        "bootstrap.servers", "a:1",
                        "processing.guarantee", "at_least_once",
                        "errors.dead.letter.queue.topic.name", "elsewhere",
                        "application.id", "other",
                        "consumer.session.timeout.ms", "12345"),
                "--topology=" + topology,
                "--application-id=test",
                "--dead-topic=dead");
        assertThat(settings)
                .containsEntry("processing.guarantee", "exactly_once_v2")
                .containsEntry("application.id", "test")
                .containsEntry("producer.compression.type", "gzip")
                .containsEntry("consumer.session.timeout.ms", "12345");
        if (topology == TopologyKind.DSL) { // the other one sends its dead letters itself
            assertThat(settings).containsEntry("errors.dead.letter.queue.topic.name", "dead");
        }
    }

    /** @param kafka settings that the user passes through, as variables of the environment */
    private static Properties streams(Map<String, String> kafka, String... options) {
        Map<String, String> environment = new TreeMap<>();
        kafka.forEach((name, value) ->
                environment.put("KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'), value));
        return StreamsSettings.of(ParsedSettings.of(environment, options), new Metrics(), topic -> TopicLimits.NONE);
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

    private static Map<String, Object> client(Properties settings, String client) {
        StreamsConfig config = new StreamsConfig(settings);
        return switch (client) {
            case "producer" -> config.getProducerConfigs("any");
            case "restore.consumer" -> config.getRestoreConsumerConfigs("any");
            default -> config.getMainConsumerConfigs("any", "any", 0);
        };
    }
}
