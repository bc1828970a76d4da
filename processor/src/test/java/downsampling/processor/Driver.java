package downsampling.processor;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

/** One of the two topologies without a broker, and a wall clock that only tests move. */
final class Driver implements AutoCloseable {
    static final Instant NOW = Instant.parse("2025-01-01T12:01:00Z");

    /** What is known of the input's end: set by the test, nothing at first. */
    InputEnd.Reached reached;

    /** What each topic takes. */
    Limits limits = Limits.NONE;

    final Metrics metrics = new Metrics();

    private final Config config;
    private final TopologyTestDriver driver;
    private final TestInputTopic<byte[], byte[]> input;
    private final TestOutputTopic<String, String> summaries;
    private final TestOutputTopic<byte[], byte[]> late;
    private final TestOutputTopic<byte[], byte[]> dead;
    private Instant wallClock = NOW;

    Driver(Config config) {
        this.config = config;
        ReadingDeserializer readings =
                new ReadingDeserializer(config.zone(), config.maxAhead(), () -> wallClock.toEpochMilli());
        InputEnd.Watch inputEnd = (partition, nextOffset, atOnce) -> reached;
        Topology topology = config.topology() == Config.TopologyKind.DSL
                ? DslTopology.build(config, readings, metrics, topic -> limits)
                : ExactTopology.build(
                        config,
                        readings,
                        inputEnd,
                        new KeptWindows(0),
                        new InputConsumers(config, metrics),
                        metrics,
                        topic -> limits);
        driver = new TopologyTestDriver(topology, Service.settings(config, metrics, topic -> limits), NOW);
        input = driver.createInputTopic(config.inputTopic(), new ByteArraySerializer(), new ByteArraySerializer());
        summaries = driver.createOutputTopic(config.outputTopic(), new StringDeserializer(), new StringDeserializer());
        late = driver.createOutputTopic(config.lateTopic(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        dead = driver.createOutputTopic(config.deadTopic(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Window 10 s, grace 1 s, the last windows left open unless the wall clock is moved. */
    static Config config(Config.TopologyKind topology) {
        return config(topology, Duration.ofSeconds(10), Duration.ofSeconds(1), ZoneOffset.UTC);
    }

    /** At least once, since under exactly-once TopologyTestDriver loses dead letters before it looks for output (Kafka 4.3.1). */
    static Config config(Config.TopologyKind topology, Duration window, Duration grace, ZoneId zone) {
        return new Config(
                topology,
                "test",
                "raw",
                "agg",
                "late",
                "dead",
                window,
                grace,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                zone,
                Config.Guarantee.AT_LEAST_ONCE,
                Config.StateStoreKind.MEMORY,
                1 << 20,
                "target/state",
                Duration.ofSeconds(1),
                1,
                0,
                0,
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1"));
    }

    void send(String sensor, String time, Object value) {
        sendRaw(sensor.getBytes(), ("{\"ts\":\"" + time + "\",\"value\":" + value + "}").getBytes());
    }

    void send(String sensor, long time, Object value) {
        sendRaw(sensor.getBytes(), ("{\"ts\":" + time + ",\"value\":" + value + "}").getBytes());
    }

    void sendRaw(byte[] key, byte[] value) {
        sendRaw(key, value, wallClock);
    }

    /** @param timestamp of the record */
    void sendRaw(byte[] key, byte[] value, Instant timestamp) {
        input.pipeInput(new TestRecord<>(key, value, new RecordHeaders().add("uuid", new byte[] {7}), timestamp));
    }

    /** Reads a reading now that came in some time ago. */
    void send(String sensor, Instant time, Object value, Instant arrived) {
        sendRaw(sensor.getBytes(), ("{\"ts\":\"" + time + "\",\"value\":" + value + "}").getBytes(), arrived);
    }

    Instant now() {
        return wallClock;
    }

    /** What the consumer puts in the place of deleted records, the first of which had the given offset. */
    void sendDeleted(long first) {
        Headers headers = InputConsumers.deleted(new TopicPartition(config.inputTopic(), 0), first, first + 1)
                .headers();
        input.pipeInput(new TestRecord<>(null, InputConsumers.DELETED, headers, wallClock));
    }

    void advanceWallClock(Duration by) {
        wallClock = wallClock.plus(by);
        driver.advanceWallClockTime(by);
    }

    /** The wall clock goes on while the broker confirms, second by second, that there is nothing left to read. */
    void idleFor(Duration time) {
        long since = reached == null ? wallClock.toEpochMilli() : reached.since();
        for (long second = 0; second < time.toSeconds(); second++) {
            reached = readUpTo(since, wallClock.plusSeconds(1));
            advanceWallClock(Duration.ofSeconds(1));
        }
    }

    /** The broker has answered since a time in epoch milliseconds, and all that was written up to another one is read. */
    static InputEnd.Reached readUpTo(long since, Instant upTo) {
        return new InputEnd.Reached(since, upTo.toEpochMilli(), upTo.toEpochMilli(), 0);
    }

    /** Summaries since the last call. */
    List<TestRecord<String, String>> summaries() {
        return summaries.readRecordsToList();
    }

    /** The same as {@code sensor json}. */
    List<String> rows() {
        return summaries().stream().map(r -> r.key() + " " + r.value()).toList();
    }

    List<TestRecord<byte[], byte[]>> late() {
        return late.readRecordsToList();
    }

    List<TestRecord<byte[], byte[]>> dead() {
        return dead.readRecordsToList();
    }

    long openWindows() {
        try (var all = driver.getKeyValueStore(config.storeName()).all()) {
            long entries = 0;
            for (; all.hasNext(); all.next()) {
                entries++;
            }
            return entries - 1; // the position
        }
    }

    double dropped() {
        return driver.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("dropped-records-total"))
                .map(Metric::metricValue)
                .mapToDouble(value -> (Double) value)
                .sum();
    }

    static String header(Headers headers, String name) {
        return headers.lastHeader(name) == null
                ? null
                : new String(headers.lastHeader(name).value());
    }

    @Override
    public void close() {
        driver.close();
    }
}
