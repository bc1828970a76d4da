package downsampling.processor.settings;

import static java.util.Map.entry;
import static picocli.CommandLine.ScopeType.INHERIT;

import downsampling.service.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Which broker the processor talks to, and with which settings of Kafka's clients beside those that the promises rest on. */
@Command(optionListHeading = "%nThe broker:%n")
final class KafkaOptions {
    /** By name, the value that a setting always has, or the option that sets it. */
    private static final Map<String, String> FIXED = Map.ofEntries(
            entry(StreamsConfig.APPLICATION_ID_CONFIG, "--application-id"),
            entry(StreamsConfig.APPLICATION_SERVER_CONFIG, "--advertised-host"),
            entry(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "--commit-interval"),
            entry(StreamsConfig.NUM_STREAM_THREADS_CONFIG, "--threads"),
            entry(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, "--standby-replicas"),
            entry(StreamsConfig.STATE_DIR_CONFIG, "--state-dir"),
            entry(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, "--guarantee"),
            entry(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG, "--dead-topic"),
            entry(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, "the processor's own"),
            entry("default." + StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, "the processor's own"),
            entry(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, "the processor's own"),
            entry("default." + StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, "the processor's own"),
            entry(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, "the processor's own"),
            entry(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, "true"),
            entry(StreamsConfig.TOPIC_PREFIX + TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT),
            entry(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic"),
            entry(ConsumerConfig.GROUP_ID_CONFIG, "--application-id"),
            entry(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "--guarantee"),
            entry(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"),
            entry(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false"),
            entry(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false"),
            entry(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "--application-id"),
            entry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true"),
            entry(ProducerConfig.ACKS_CONFIG, "all"));

    @Option(
            names = "--bootstrap-servers",
            scope = INHERIT,
            paramLabel = "HOST:PORT,…",
            description = "brokers of Kafka or Redpanda (default: localhost:19092)")
    private String bootstrapServers;

    @Option(
            names = "--config",
            scope = INHERIT,
            paramLabel = "FILE",
            description = "properties file with settings for Kafka's clients")
    private Path config;

    @Option(
            names = "--wait",
            scope = INHERIT,
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "how long to wait for a broker that does not answer at start (default: ${DEFAULT-VALUE})")
    private Duration patience;

    /**
     * What the user passes through to Kafka Streams and its clients. A setting that cannot be changed is left out, and a line
     * says so.
     *
     * @param environment its {@code KAFKA_} variables are settings
     * @param http        where other instances reach this one
     */
    Map<String, String> settings(Map<String, String> environment, Optional<HttpSettings> http) {
        Set<String> names = new HashSet<>(StreamsConfig.configDef().names());
        names.addAll(FIXED.keySet());
        names.add(StreamsConfig.TOPIC_PREFIX);
        Map<String, String> settings =
                KafkaSettings.without(KafkaSettings.read(config, environment, bootstrapServers, names), FIXED);
        http.ifPresent(listening -> settings.put(StreamsConfig.APPLICATION_SERVER_CONFIG, listening.address()));
        return settings;
    }

    /** How long to wait for a broker that does not answer at the start. */
    Duration patience() {
        return patience;
    }
}
