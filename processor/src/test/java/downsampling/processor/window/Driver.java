package downsampling.processor.window;

import downsampling.processor.input.Batches;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.Durations;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;

/** One of the two topologies without a broker, and a wall clock that only tests move. */
public final class Driver implements AutoCloseable {
    static final Instant NOW = Instant.parse("2025-01-01T12:01:00Z");

    /** What is known of the input's end: set by the test, nothing at first. */
    InputEnd.Reached reached;

    /** What each topic accepts. */
    TopicLimits limits = TopicLimits.NONE;

    final Metrics metrics = new Metrics();

    private final Settings config;
    private final TopologyTestDriver driver;
    private final TestInputTopic<byte[], byte[]> input;
    private final TestOutputTopic<String, String> summaries;
    private final TestOutputTopic<byte[], byte[]> late;
    private final TestOutputTopic<byte[], byte[]> dead;
    private final List<TestOutputTopic<String, String>> rollups;
    private final TestOutputTopic<String, String> statuses;
    private Instant wallClock = NOW;
    private long nextOffset;

    public Driver(Settings config) {
        this(config, () -> new ReadingReader(config.readings()));
    }

    /** @param readers makes a reader for each task */
    Driver(Settings config, Supplier<ReadingReader> readers) {
        this.config = config;
        LongSupplier clock = () -> wallClock.toEpochMilli();
        InputEnd.Watch inputEnd = (partition, nextOffset, atOnce) -> reached;
        Topology topology = config.topology() == TopologyKind.DSL
                ? DslTopology.build(config, readers, clock, metrics, topic -> limits)
                : ExactTopology.build(
                        config,
                        readers,
                        new Surroundings(
                                clock,
                                new InputConsumers(config, metrics::deletedUnread),
                                1,
                                inputEnd,
                                topic -> limits,
                                metrics,
                                new Faults(metrics),
                                () -> {}),
                        new RecentWindows(0));
        driver = new TopologyTestDriver(topology, StreamsSettings.of(config, metrics, topic -> limits), NOW);
        input = driver.createInputTopic(config.topics().input(), new ByteArraySerializer(), new ByteArraySerializer());
        summaries =
                driver.createOutputTopic(config.topics().output(), new StringDeserializer(), new StringDeserializer());
        late = driver.createOutputTopic(
                config.topics().late(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        dead = driver.createOutputTopic(
                config.topics().dead(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        rollups = config.levels().stream()
                .skip(1)
                .map(level -> driver.createOutputTopic(
                        config.topics().output(level), new StringDeserializer(), new StringDeserializer()))
                .toList();
        statuses =
                driver.createOutputTopic(config.topics().status(), new StringDeserializer(), new StringDeserializer());
    }

    static Settings config(TopologyKind topology, Duration window, Duration grace, ZoneId zone, String... more) {
        return config(
                topology,
                Stream.concat(
                                Stream.of(
                                        "--window=" + Durations.format(window),
                                        "--grace=" + Durations.format(grace),
                                        "--zone=" + zone),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    /**
     * Window 10 s, grace 1 s, the last windows left open unless the wall clock is moved. At least once, since under exactly-once
     * TopologyTestDriver loses dead letters before it looks for output (Kafka 4.3.1).
     */
    public static Settings config(TopologyKind topology, String... options) {
        List<String> commandLine = new ArrayList<>(List.of(
                "--topology=" + topology,
                "--application-id=test",
                "--input-topic=raw",
                "--output-topic=agg",
                "--late-topic=late",
                "--dead-topic=dead",
                "--guarantee=at_least_once",
                "--state-dir=target/state",
                "--bootstrap-servers=none:1"));
        commandLine.addAll(List.of(options));
        return ParsedSettings.of(commandLine.toArray(String[]::new));
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
        send(record(key, value, timestamp));
    }

    /** What stands next in the input. */
    ConsumerRecord<byte[], byte[]> record(byte[] key, byte[] value, Instant timestamp) {
        return new ConsumerRecord<>(
                config.topics().input(),
                0,
                nextOffset++,
                timestamp.toEpochMilli(),
                TimestampType.CREATE_TIME,
                0,
                0,
                key,
                value,
                new RecordHeaders().add("uuid", new byte[] {7}),
                Optional.empty());
    }

    /** As the consumer hands it over: to the exact topology in a batch, here of one. */
    private void send(ConsumerRecord<byte[], byte[]> record) {
        nextOffset = record.offset() + 1;
        if (config.topology() == TopologyKind.EXACT) {
            send(List.of(record));
        } else {
            handOver(record);
        }
    }

    /** To the exact topology, in one transaction. */
    public void send(List<ConsumerRecord<byte[], byte[]>> batch) {
        nextOffset = batch.get(batch.size() - 1).offset() + 1;
        handOver(Batches.carrier(batch));
    }

    private void handOver(ConsumerRecord<byte[], byte[]> record) {
        input.pipeInput(new TestRecord<>(record.key(), record.value(), null, Instant.ofEpochMilli(record.timestamp())) {
            @Override
            public Headers headers() { // TestRecord has a copy
                return record.headers();
            }
        });
    }

    /** Reads a reading now that came in some time ago. */
    void send(String sensor, Instant time, Object value, Instant arrived) {
        sendRaw(sensor.getBytes(), ("{\"ts\":\"" + time + "\",\"value\":" + value + "}").getBytes(), arrived);
    }

    public Instant now() {
        return wallClock;
    }

    /** What the consumer puts in the place of deleted records, the first of which had the given offset. */
    void sendDeleted(long first) {
        send(InputConsumers.deleted(new TopicPartition(config.topics().input(), 0), first, nextOffset + 1));
    }

    public void advanceWallClock(Duration by) {
        wallClock = wallClock.plus(by);
        driver.advanceWallClockTime(by);
    }

    /** The wall clock goes on while the broker confirms, second by second, that there is nothing left to read. */
    public void idleFor(Duration time) {
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

    /** What was written to a topic since the last call. */
    public List<TestRecord<byte[], byte[]>> read(String topic) {
        return driver.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .readRecordsToList();
    }

    /** Summaries since the last call. */
    List<TestRecord<String, String>> summaries() {
        return summaries.readRecordsToList();
    }

    /** Those of a level since the last call. */
    List<TestRecord<String, String>> summaries(int level) {
        return level == 0 ? summaries() : rollups.get(level - 1).readRecordsToList();
    }

    /** What was said of silent sensors since the last call. */
    List<TestRecord<String, String>> statuses() {
        return statuses.readRecordsToList();
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

    long storedRecords() {
        try (var all = driver.getKeyValueStore(config.storeName()).all()) {
            long entries = 0;
            for (; all.hasNext(); all.next()) {
                entries++;
            }
            return entries - 2; // the layout and the position
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
