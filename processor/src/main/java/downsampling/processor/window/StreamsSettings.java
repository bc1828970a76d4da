package downsampling.processor.window;

import static org.apache.kafka.streams.StreamsConfig.consumerPrefix;
import static org.apache.kafka.streams.StreamsConfig.producerPrefix;

import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Settings of Kafka Streams: what the promises rest on, what the user says, and defaults where the user says nothing. A default
 * for a client stands under its prefix, where it would win over the same setting without one; so there is none if the user
 * gave either form.
 */
public final class StreamsSettings {
    private static final int POLLED_RECORDS = 5000;
    /** A crashed instance is missed after this long, the shortest that Kafka and Redpanda accept by default. */
    private static final int SESSION_MILLIS = 6000;

    private static final int HEARTBEAT_MILLIS = 1500;

    private StreamsSettings() {}

    /**
     * The settings of Kafka Streams.
     *
     * @param metrics and {@code limits}: for {@link DeadLetters}, which Kafka Streams makes by its name
     */
    public static Properties of(Settings asked, Metrics metrics, Function<String, TopicLimits> limits) {
        Map<String, String> given = asked.kafka();
        Properties settings = new Properties();
        // The DSL has no way to ask for a commit; the other topology asks for each of them.
        Duration interval = asked.topology() == TopologyKind.DSL
                ? asked.processing().emitInterval()
                : asked.processing().catchUpInterval();
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 << 20);
        settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
        settings.put(BoundedRocksDb.BYTES, asked.state().memory());
        // With one input topic no partition ever waits for another; to ask costs a tenth of the time of a reading.
        settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
        // Each poll and each turn over the tasks has a price; spread over more readings it hardly shows.
        consumerDefault(settings, given, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLLED_RECORDS);
        consumerDefault(settings, given, ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MILLIS);
        long session = KafkaSettings.number(
                KafkaSettings.forConsumer(given), ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MILLIS);
        consumerDefault(settings, given, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int)
                Math.min(HEARTBEAT_MILLIS, Math.max(1, session / 4)));
        // As long as a commit may take: a transaction that a crash left open hides what comes after it.
        producerDefault(settings, given, ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int)
                interval.plusSeconds(6).toMillis());
        producerDefault(settings, given, ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10);
        // The one codec that every client reads without a further package; see docs/decisions/compression.md.
        producerDefault(settings, given, ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
        producerDefault(settings, given, ProducerConfig.COMPRESSION_GZIP_LEVEL_CONFIG, 1);
        producerDefault(settings, given, ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicLimits.MAX_RECORD_BYTES);
        long request = KafkaSettings.number(
                KafkaSettings.forProducer(given), ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicLimits.MAX_RECORD_BYTES);
        producerDefault(settings, given, ProducerConfig.BUFFER_MEMORY_CONFIG, 2 * request);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, POLLED_RECORDS);
        settings.putAll(given);
        if (asked.topology() == TopologyKind.EXACT) {
            bufferBatches(
                    settings,
                    KafkaSettings.number(
                            KafkaSettings.forConsumer(given), ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLLED_RECORDS));
        }
        settings.put(StreamsConfig.STATE_DIR_CONFIG, asked.state().dir());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, asked.processing().threads());
        settings.put(
                StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, asked.processing().standbyReplicas());
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, interval.toMillis());
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, asked.applicationId());
        // With another one Kafka Streams would not get its consumer from Clients.
        settings.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic");
        settings.put(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                asked.processing().guarantee().name().toLowerCase(Locale.ROOT));
        if (asked.topology() == TopologyKind.DSL) { // the other one knows its dead letters itself
            settings.put(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetters.class);
            settings.put(DeadLetters.METRICS, metrics);
            settings.put(DeadLetters.LIMITS, limits);
            settings.put(
                    StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG,
                    asked.topics().dead());
        }
        settings.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        return settings;
    }

    /** To Kafka Streams a batch is one record: so as many of them are buffered as make the records that are asked for. */
    private static void bufferBatches(Properties settings, long polledRecords) {
        String name = StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG;
        Map<String, Object> all = Map.of(name, settings.get(name));
        long records = KafkaSettings.number(all, name, -1);
        if (records >= 0) { // else it is left for Kafka to refuse
            settings.put(name, (int) Math.max(1, records / Math.max(1, polledRecords)));
        }
    }

    private static void consumerDefault(Properties settings, Map<String, String> given, String name, Object value) {
        if (!given.containsKey(name)) {
            settings.put(consumerPrefix(name), value);
        }
    }

    private static void producerDefault(Properties settings, Map<String, String> given, String name, Object value) {
        if (!given.containsKey(name)) {
            settings.put(producerPrefix(name), value);
        }
    }
}
