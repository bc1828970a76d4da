package downsampling.processor;

import downsampling.service.Durations;
import downsampling.service.InvalidSettingException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;

/**
 * What the processor is told to do; checks itself.
 *
 * @param topology       which of the two topologies runs
 * @param applicationId  consumer group, prefix of the changelog topics and of transactional ids
 * @param inputTopic     raw readings
 * @param outputTopic    summaries
 * @param lateTopic      readings too late for their window
 * @param deadTopic      records that are no reading
 * @param window         size of the tumbling windows, at least 1 ms
 * @param grace          how long after its end, in event time, a window still takes readings
 * @param maxAhead       how far in the future an event time may lie
 * @param idleClose      after how long without a reading a partition's open windows close; zero: never
 * @param zone           of timestamps that name none
 * @param guarantee      what a crash may do to the results
 * @param stateStore     where open windows are kept beside their changelog
 * @param stateMemory    bytes that RocksDB may use in the whole process for block cache and write buffers
 * @param stateDir       folder for RocksDB's files
 * @param commitInterval how often state and progress are committed, 1 ms to 1 minute
 * @param threads        stream threads
 * @param standbyReplicas copies of the state kept warm on other instances
 * @param keepClosed     closed windows of each partition that can still be asked for
 * @param kafka          settings passed through to Kafka's clients, among them {@code bootstrap.servers}
 */
record Config(
        TopologyKind topology,
        String applicationId,
        String inputTopic,
        String outputTopic,
        String lateTopic,
        String deadTopic,
        Duration window,
        Duration grace,
        Duration maxAhead,
        Duration idleClose,
        ZoneId zone,
        Guarantee guarantee,
        StateStoreKind stateStore,
        long stateMemory,
        String stateDir,
        Duration commitInterval,
        int threads,
        int standbyReplicas,
        int keepClosed,
        Map<String, String> kafka) {

    private static final int LONGEST_NAME = 249;

    enum TopologyKind {
        EXACT("open-windows"),
        DSL("windows");

        /** What the name of its state store begins with. */
        final String store;

        TopologyKind(String store) {
            this.store = store;
        }
    }

    enum Guarantee {
        EXACTLY_ONCE_V2,
        AT_LEAST_ONCE
    }

    enum StateStoreKind {
        MEMORY,
        ROCKSDB
    }

    Config {
        // Long enough for a thousand years, short enough that no sum of times overflows.
        Duration longest = Duration.ofDays(365_000);
        requireBetween("--window", window, Duration.ofMillis(1), longest);
        requireBetween("--grace", grace, Duration.ZERO, longest);
        requireBetween("--max-ahead", maxAhead, Duration.ZERO, longest);
        requireBetween("--commit-interval", commitInterval, Duration.ofMillis(1), Duration.ofMinutes(1));
        require(
                idleClose.isZero()
                        || (idleClose.compareTo(Duration.ofSeconds(1)) >= 0 && idleClose.compareTo(longest) <= 0),
                "--idle-close",
                Durations.format(idleClose),
                "at least 1s, or off");
        require(threads >= 1 && threads <= 1000, "--threads", threads, "1 to 1000");
        require(standbyReplicas >= 0 && standbyReplicas <= 100, "--standby-replicas", standbyReplicas, "0 to 100");
        require(keepClosed >= 0 && keepClosed <= 1_000_000, "--keep-closed", keepClosed, "0 to 1000000");
        require(stateMemory >= 1 << 20, "--state-memory", stateMemory, "at least 1 MiB (1048576)");
        // It is the beginning of the names of topics, of which the longest that Kafka Streams may make are these.
        int longestId = LONGEST_NAME - ("-" + storeName(topology, window, grace) + "-changelog").length();
        require(
                isName(applicationId, longestId),
                "--application-id",
                applicationId,
                "1 to " + longestId + " of a to z, A to Z, 0 to 9, '.', '_' and '-'");
        requireTopic("--input-topic", inputTopic);
        requireTopic("--output-topic", outputTopic);
        requireTopic("--late-topic", lateTopic);
        requireTopic("--dead-topic", deadTopic);
        String[] topics = {inputTopic, outputTopic, lateTopic, deadTopic};
        String[] options = {"--input-topic", "--output-topic", "--late-topic", "--dead-topic"};
        for (int i = 0; i < topics.length; i++) {
            for (int j = 0; j < i; j++) {
                require(
                        !topics[i].equals(topics[j]),
                        options[i],
                        topics[i],
                        "another topic than that of " + options[j]);
            }
        }
        kafka = Map.copyOf(kafka);
    }

    /** How long the summary of a closed window may wait for its commit: not for the rest of a longer commit interval. */
    Duration emitInterval() {
        Duration soon = Duration.ofMillis(100);
        return commitInterval.compareTo(soon) < 0 ? commitInterval : soon;
    }

    /** How long progress may wait for its commit while readings are read that have waited themselves. */
    Duration catchUpInterval() {
        return commitInterval.multipliedBy(5);
    }

    boolean closesIdle() {
        return !idleClose.isZero();
    }

    /**
     * Name of the state store, with the settings in it that must not change beneath it. They are so in the name of its
     * changelog too: windows of different sizes never meet, and {@link Topics} sees before the start what state there is.
     */
    String storeName() {
        return storeName(topology, window, grace);
    }

    private static String storeName(TopologyKind topology, Duration window, Duration grace) {
        return topology.store + "-" + Durations.format(window) + "-" + Durations.format(grace);
    }

    private static void requireTopic(String option, String name) {
        require(
                isName(name, LONGEST_NAME),
                option,
                name,
                "a topic's name, 1 to " + LONGEST_NAME + " of a to z, A to Z, 0 to 9, '.', '_' and '-'");
    }

    /** What Kafka takes for the name of a topic, and what is safe as the name of a folder. */
    private static boolean isName(String text, int longest) {
        return text.length() <= longest && text.matches("[a-zA-Z0-9._-]+") && !text.equals(".") && !text.equals("..");
    }

    /** Name of the topic that holds the state. */
    String changelog() {
        return applicationId + "-" + storeName() + "-changelog";
    }

    private static void requireBetween(String name, Duration value, Duration least, Duration most) {
        require(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                name,
                Durations.format(value),
                Durations.format(least) + " to " + Durations.format(most));
    }

    private static void require(boolean condition, String name, Object value, String allowed) {
        if (!condition) {
            throw new InvalidSettingException(name, value, allowed);
        }
    }
}
