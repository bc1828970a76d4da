package downsampling.processor.settings;

import downsampling.service.BrokerConnection;
import downsampling.service.Durations;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
        SensorSettings sensors,
        RollupSettings rollups,
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

    /** What stands in the name of a state store whose sensors have a stream time of their own. */
    public static final String SENSOR_TIME = "-sensor-time";

    /** What stands in the name of a state store before the calendar of its rollups. */
    public static final String CALENDAR = "-in-";

    public Settings {
        Require.between("--wait", patience, Duration.ZERO, BrokerConnection.LONGEST_PATIENCE);
        // It is the beginning of the names of topics; this one is the longest that Kafka Streams may make of it.
        String store = storeName(topology, readings, windows, sensors, rollups);
        int longest = Require.LONGEST_NAME - ("-" + store + "-changelog").length();
        Require.name("--application-id", applicationId, longest, "");
        if (topology == TopologyKind.DSL) {
            refuse(readings.time().isEmpty(), "--time-field", ReadingSettings.RECORD_TIMESTAMP);
            refuse(windows.dedup(), "--dedup", true);
            refuse(
                    readings.rekey(),
                    readings.each().isPresent()
                            ? "--each"
                            : readings.sensor().isPresent() ? "--sensor-field" : "--rekey",
                    readings.each().or(readings::sensor).map(MessagePath::text).orElse("true"));
            refuse(sensors.ownTime(), "--stream-time", sensors.streamTimeName());
            refuse(sensors.saysSilent(), "--silent-after", Durations.format(sensors.silentAfter()));
            refuse(!rollups.names().isEmpty(), "--rollups", String.join(",", rollups.names()));
            refuse(
                    !windows.allowedLateness().isZero(),
                    "--allowed-lateness",
                    Durations.format(windows.allowedLateness()));
        }
        List<String> topicsOfLevels = new ArrayList<>();
        for (Level level : rollups.levels(windows.size())) {
            topicsOfLevels.add(topics.output(level));
        }
        for (String topic : List.of(topics.input(), topics.late(), topics.dead(), topics.status())) {
            Require.that(
                    !topicsOfLevels.contains(topic),
                    "--rollups",
                    String.join(",", rollups.names()),
                    "other topics than " + topic);
        }
        kafka = Map.copyOf(kafka);
    }

    /** What the textbook topology has no words for. */
    private static void refuse(boolean asked, String option, Object value) {
        Require.that(!asked, option, value, "not to be given with --topology=dsl");
    }

    /** The windows that readings are counted in, then those that they are rolled up to, each a multiple of the one before it. */
    public List<Level> levels() {
        return rollups.levels(windows.size());
    }

    /** The topics that results are written to. */
    public List<String> results() {
        return Stream.of(
                        levels().stream().map(topics::output),
                        Stream.of(topics.late(), topics.dead()),
                        Stream.of(topics.status()).filter(status -> sensors.saysSilent()))
                .flatMap(names -> names)
                .toList();
    }

    /**
     * Name of the state store, with the settings in it that must not change beneath it. They are in the name of its changelog
     * with that: windows of different sizes never meet, and a look at the topics shows before the start what state there is.
     */
    public String storeName() {
        return storeName(topology, readings, windows, sensors, rollups);
    }

    private static String storeName(
            TopologyKind topology,
            ReadingSettings readings,
            WindowSettings windows,
            SensorSettings sensors,
            RollupSettings rollups) {
        String levels = rollups.levels(windows.size()).stream()
                .skip(1)
                .map(level -> "-" + level.name())
                .collect(Collectors.joining());
        boolean local = !levels.isEmpty() && !rollups.calendar().equals(ZoneOffset.UTC);
        return topology.storePrefix()
                + (readings.rekey() ? REKEYED : "")
                + "-" + Durations.format(windows.size())
                + "-" + Durations.format(windows.grace())
                + (sensors.ownTime() ? SENSOR_TIME : "")
                + levels
                + (local ? CALENDAR + rollups.calendar().getId().replaceAll("[^a-zA-Z0-9_-]", ".") : "");
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
