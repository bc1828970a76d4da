package downsampling.processor.settings;

import downsampling.service.BrokerConnection;
import downsampling.service.Durations;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * All that the processor is asked to do.
 *
 * @param topology      which of the two topologies runs
 * @param applicationId consumer group, prefix of the changelog topics and of transactional ids
 * @param http          empty if HTTP is not asked for
 * @param kafka         settings passed through to Kafka's clients, among them {@code bootstrap.servers}
 * @param patience      how long to wait for a broker that does not answer at the start
 */
public record Settings(
        TopologyKind topology,
        String applicationId,
        TopicNames topics,
        ReadingSettings readings,
        WindowSettings windows,
        SummarySettings summaries,
        ProcessingSettings processing,
        StateSettings state,
        Optional<HttpSettings> http,
        Map<String, String> kafka,
        Duration patience) {
    /** What stands in the name of a state store whose readings have been rekeyed. */
    public static final String REKEYED = "-by-sensor";

    /** The name that Kafka Streams makes that of a repartition topic of. */
    public static final String REKEYED_TOPIC = "readings-by-sensor";

    /** Name of the state store that says how far the input has been rekeyed. */
    public static final String REKEY_STORE = "rekeyed-input";

    public Settings {
        Require.between("--wait", patience, Duration.ZERO, BrokerConnection.LONGEST_PATIENCE);
        // It is the beginning of the names of topics; this one is the longest that Kafka Streams may make of it.
        int longest = Require.LONGEST_NAME - ("-" + storeName(topology, readings, windows) + "-changelog").length();
        Require.name("--application-id", applicationId, longest, "");
        Require.that(
                topology != TopologyKind.DSL || readings.time().isPresent(),
                "--time-field",
                ReadingSettings.RECORD_TIMESTAMP,
                "a member of the message with --topology=dsl");
        Require.that(topology != TopologyKind.DSL || !windows.dedup(), "--dedup", true, "false with --topology=dsl");
        Require.that(
                topology != TopologyKind.DSL || !readings.rekey(),
                readings.each().isPresent() ? "--each" : readings.sensor().isPresent() ? "--sensor-field" : "--rekey",
                readings.each().or(readings::sensor).map(MessagePath::text).orElse("true"),
                "not to be given with --topology=dsl");
        kafka = Map.copyOf(kafka);
    }

    /**
     * Name of the state store, with the settings in it that must not change beneath it. They are in the name of its changelog
     * with that: windows of different sizes never meet, and a look at the topics shows before the start what state there is.
     */
    public String storeName() {
        return storeName(topology, readings, windows);
    }

    private static String storeName(TopologyKind topology, ReadingSettings readings, WindowSettings windows) {
        return topology.storePrefix() + (readings.rekey() ? REKEYED : "") + "-" + Durations.format(windows.size()) + "-"
                + Durations.format(windows.grace());
    }

    /** Name of the topic that holds the state. */
    public String changelog() {
        return changelog(storeName());
    }

    private String changelog(String store) {
        return applicationId + "-" + store + "-changelog";
    }

    /** The topic whose partitions have windows: that of the input, or the one in which readings have been rekeyed. */
    public String windowedTopic() {
        return readings.rekey() ? applicationId + "-" + REKEYED_TOPIC + "-repartition" : topics.input();
    }

    /** The topics that belong to the application itself. */
    public List<String> internalTopics() {
        return readings.rekey() ? List.of(changelog(), changelog(REKEY_STORE), windowedTopic()) : List.of(changelog());
    }

    /** Settings for a plain consumer of the same cluster. */
    public Map<String, Object> consumer() {
        Map<String, Object> consumer = KafkaSettings.forConsumer(kafka);
        // A topic that was deleted must not come back, with one partition, because somebody asked for it.
        consumer.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return consumer;
    }
}
