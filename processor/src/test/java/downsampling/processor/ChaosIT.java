package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.LocalKafka;
import downsampling.producer.source.SyntheticReading;
import downsampling.producer.source.SyntheticSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * 200 000 readings, some out of order, late, from the future or corrupt, while two instances of the processor are killed,
 * terminated and paused at random. In the end there is one summary for each sensor and window, and every reading is in it,
 * late or dead.
 *
 * <p>The short form has {@value #SHORT_EVENTS} events, about a minute, and runs with all other tests. The long form is
 * {@code ./mvnw verify -Pchaos}: 24 events and two restarts of the broker, once on event time alone, and once with partitions
 * that close when they are idle, RocksDB, several threads and standby replicas, once rekeyed, and twice with a stream time of each
 * sensor, rollups, corrections and silent sensors. System properties: {@code chaos.seed} for the
 * same readings and events again, {@code chaos.events}, {@code chaos.broker-restarts}, and {@code chaos.options} with the
 * options that the processors run with, a semicolon between two runs.
 *
 * <p>What has to come out is computed from what was sent, by the slowest and plainest means, and from the broker's offsets;
 * nothing of the processor is used for it.
 */
class ChaosIT {
    private static final int SHORT_EVENTS = 8;
    private static final String BY_EVENT_TIME_ALONE = "--idle-close=off";
    private static final int READINGS = 200_000;
    private static final int SENSORS = 20;
    private static final int PARTITIONS = 6;
    /** Event time is many times faster than the wall clock: 20 000 s of it, 2000 windows. */
    private static final double READINGS_PER_SECOND_OF_EVENT_TIME = 10;

    private static final int SENT_PER_SECOND = 10_000;
    private static final long WINDOW = 10_000;
    private static final long GRACE = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern READING = Pattern.compile("\\{\"ts\":\"([^\"]+)\",\"value\":(\\d+)}");
    private static final Pattern SUMMARY = Pattern.compile(
            "\\{\"time\":(\\d+),\"temperature\":\\{\"count\":(\\d+),\"min\":(\\d+),\"max\":(\\d+),\"mean\":([0-9.]+)}}");

    private static final Pattern STATUS =
            Pattern.compile("\\{\"sensor\":\"([^\"]+)\",\"status\":\"(silent|back)\",\"(?:since|after)\":\\d+}");

    /** What can happen to the two instances or to the broker. */
    private enum Event {
        KILL_ONE,
        KILL_BOTH,
        TERMINATE_ONE,
        PAUSE_ONE,
        /** For longer than the session timeout: the other takes its partitions, and it awakes as a zombie. */
        PAUSE_ONE_BEYOND_ITS_SESSION,
        PAUSE_BOTH_BEYOND_THEIR_SESSION,
        RESTART_BROKER
    }

    /** Partition and offset of a raw record. */
    private record Place(int partition, long offset) {}

    private record Window(String sensor, long start) {}

    private record Content(long count, double min, double max, double mean) {}

    @TempDir
    private Path dir;

    private final List<ProcessorProcess> instances = new ArrayList<>();
    private final Map<Place, SyntheticReading> sent = new ConcurrentHashMap<>();
    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private LocalKafka kafka;
    private Random random;
    private List<String> options;
    /** Then a reading is late by what has been read of all partitions, and passed on as it was written anew. */
    private boolean rekeyed;

    static List<String> options() {
        return List.of(System.getProperty("chaos.options", BY_EVENT_TIME_ALONE).split(";"));
    }

    @BeforeEach
    void startBroker() throws Exception {
        kafka = LocalKafka.start(0, dir.resolve("kafka"), Map.of());
        try (Broker broker = Broker.at(kafka.bootstrapServers())) {
            broker.createTopic("raw-temperature", PARTITIONS, Map.of());
        }
        Path logs = Files.createDirectories(Path.of("target", "chaos"));
        for (int i = 1; i <= 2; i++) {
            Path log = logs.resolve("processor-" + i + ".log");
            Files.deleteIfExists(log);
            instances.add(new ProcessorProcess(log));
        }
    }

    @AfterEach
    void leaveNothingBehind() {
        executor.shutdownNow();
        instances.forEach(ProcessorProcess::close);
        kafka.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("options")
    void shouldAccountForEveryReadingAndEmitEveryWindowOnce(String options) throws Exception {
        this.options = List.of(options.split(" "));
        long seed = Long.getLong("chaos.seed", System.nanoTime());
        random = new Random(seed);
        List<Event> events = events();
        System.out.println("Chaos with -Dchaos.seed=" + seed + ", " + options + ": " + events);

        try (Sender sender = new Sender(seed)) {
            instances.forEach(this::start);
            awaitAllProcessed(sender.send(READINGS / (events.size() + 1)).get());
            for (Event event : events) {
                Future<Long> sending = sender.send(READINGS / (events.size() + 1));
                Thread.sleep(random.nextInt(1000)); // so that the event comes while readings do
                happen(event);
                if (random.nextBoolean()) {
                    awaitAllProcessed(sending.get());
                } else if (random.nextBoolean()) {
                    audit(); // nothing is lost or twice at any time
                }
            }
            sender.send(READINGS).get();
        }
        awaitBothAtWork();
        instances.get(0).terminate();
        instances.get(1).terminate();
        boolean byEventTimeAlone = options.contains(BY_EVENT_TIME_ALONE);
        rekeyed = options.contains("--rekey");
        List<String> closing = new ArrayList<>(this.options);
        closing.removeIf(option -> option.startsWith("--idle-close"));
        closing.add("--idle-close=2s");
        this.options = closing;
        start(instances.get(0));
        awaitAllClosed();

        verify(byEventTimeAlone);
        instances.get(0).terminate();
    }

    /** At least one of each, in an order by the seed. */
    private List<Event> events() {
        List<Event> kinds = new ArrayList<>(List.of(Event.values()));
        kinds.remove(Event.RESTART_BROKER);
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < Integer.getInteger("chaos.events", SHORT_EVENTS); i++) {
            events.add(kinds.get(i % kinds.size()));
        }
        events.addAll(Collections.nCopies(Integer.getInteger("chaos.broker-restarts", 0), Event.RESTART_BROKER));
        Collections.shuffle(events, random);
        return events;
    }

    private void happen(Event event) throws Exception {
        int which = random.nextInt(2);
        ProcessorProcess one = instances.get(which);
        System.out.printf("%s %s %d%n", Instant.now(), event, which + 1);
        switch (event) {
            case KILL_ONE -> {
                one.kill();
                Thread.sleep(random.nextInt(3000));
                start(one);
            }
            case KILL_BOTH -> {
                for (ProcessorProcess instance : instances) {
                    instance.kill();
                }
                instances.forEach(this::start);
            }
            case TERMINATE_ONE -> {
                one.terminate();
                Thread.sleep(random.nextInt(3000));
                start(one);
            }
            case PAUSE_ONE -> {
                one.pause();
                Thread.sleep(random.nextInt(3000));
                one.resume();
            }
            case PAUSE_ONE_BEYOND_ITS_SESSION -> {
                one.pause();
                Thread.sleep(beyondSession());
                one.resume();
            }
            case PAUSE_BOTH_BEYOND_THEIR_SESSION -> {
                for (ProcessorProcess instance : instances) {
                    instance.pause();
                }
                Thread.sleep(beyondSession());
                one.resume();
                Thread.sleep(random.nextInt(1000));
                instances.get(1 - which).resume();
            }
            case RESTART_BROKER -> {
                int port = Integer.parseInt(kafka.bootstrapServers().replaceFirst(".*:", ""));
                kafka.close();
                Thread.sleep(random.nextInt(5000));
                kafka = LocalKafka.start(port, dir.resolve("kafka"), Map.of());
            }
        }
    }

    /** The session ends after 6 s, an open transaction is aborted after 10 s. */
    private int beyondSession() {
        return 7000 + random.nextInt(7000);
    }

    /** Sends readings in the background, and remembers where each of them went. */
    private final class Sender implements AutoCloseable {
        private final SyntheticSource source;
        private final KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "delivery.timeout.ms", (int) PATIENCE.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());

        Sender(long seed) {
            source = new SyntheticSource(new SyntheticSource.Recipe(
                    SENSORS,
                    READINGS,
                    Optional.of(READINGS_PER_SECOND_OF_EVENT_TIME),
                    seed,
                    Optional.of(Instant.parse("2024-02-28T22:00:00Z")),
                    new SyntheticSource.Shares(0.05, 0.01, 0.01, 0.02)));
        }

        /** @return how many have been written, once all of this part have */
        Future<Long> send(int count) {
            return executor.submit(() -> {
                List<Future<?>> results = new ArrayList<>();
                long begin = System.nanoTime();
                for (int i = 0; i < count && source.hasNext(); i++) {
                    while (System.nanoTime() - begin < i * 1_000_000_000L / SENT_PER_SECOND) {
                        LockSupport.parkNanos(1_000_000);
                    }
                    SyntheticReading message = source.next();
                    results.add(producer.send(
                            new ProducerRecord<>("raw-temperature", message.key(), message.value()), (metadata, e) -> {
                                if (e == null) {
                                    sent.put(new Place(metadata.partition(), metadata.offset()), message);
                                }
                            }));
                }
                for (Future<?> result : results) {
                    result.get();
                }
                return (long) sent.size();
            });
        }

        @Override
        public void close() {
            producer.close(Duration.ZERO);
        }
    }

    private void start(ProcessorProcess instance) {
        List<String> all = new ArrayList<>(options);
        all.add("--bootstrap-servers=" + kafka.bootstrapServers());
        all.add("--state-dir=" + dir.resolve("state-" + instances.indexOf(instance)));
        instance.start(all);
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    /** Whatever happened: in the end there is somebody who works. */
    private void awaitAllProcessed(long written) throws Exception {
        try (Admin admin = admin()) {
            for (Instant deadline = Instant.now().plus(PATIENCE); processed(admin) < written; Thread.sleep(200)) {
                instances.forEach(ProcessorProcess::assertAlive);
                assertThat(Instant.now())
                        .as("%d readings of %d are processed after %s", processed(admin), written, PATIENCE)
                        .isBefore(deadline);
            }
        }
    }

    /** Nobody is up and does nothing. */
    private void awaitBothAtWork() throws Exception {
        try (Admin admin = admin()) {
            for (Instant deadline = Instant.now().plus(PATIENCE); ; Thread.sleep(200)) {
                var members = admin.describeConsumerGroups(List.of("temperature-processor"))
                        .all()
                        .get()
                        .get("temperature-processor")
                        .members();
                // A member is a stream thread; what its client id begins with tells the instance.
                Map<String, Integer> partitions = members.stream()
                        .collect(Collectors.groupingBy(
                                member -> member.clientId().replaceFirst("-StreamThread-.*", ""),
                                Collectors.summingInt(member ->
                                        member.assignment().topicPartitions().size())));
                if (partitions.size() == 2 && !partitions.containsValue(0)) {
                    return;
                }
                instances.forEach(ProcessorProcess::assertAlive);
                assertThat(Instant.now())
                        .as("members of the group: %s", members)
                        .isBefore(deadline);
            }
        }
    }

    /** The raw topic has no markers of transactions, so the offset that is committed is the number of readings. */
    private static long processed(Admin admin) throws Exception {
        return admin
                .listConsumerGroupOffsets("temperature-processor")
                .partitionsToOffsetAndMetadata()
                .get()
                .entrySet()
                .stream()
                .filter(entry -> entry.getKey().topic().equals("raw-temperature"))
                .mapToLong(entry -> entry.getValue().offset())
                .sum();
    }

    /** As many readings as are neither late nor dead stand in summaries; that they are the right ones is seen later. */
    private void awaitAllClosed() throws Exception {
        for (Instant deadline = Instant.now().plus(PATIENCE); ; Thread.sleep(500)) {
            long late = read("late-temperature").size();
            long dead = read("dead-temperature").size();
            long counted = counted("agg-temperature", WINDOW);
            boolean rolledUp = true;
            for (long level : rollups()) {
                rolledUp &= counted(topic(level), level) == counted;
            }
            if (counted + late + dead >= READINGS && rolledUp) {
                return;
            }
            assertThat(Instant.now())
                    .as("%d counted + %d late + %d dead of %d after %s", counted, late, dead, READINGS, PATIENCE)
                    .isBefore(deadline);
        }
    }

    /** The lengths, in milliseconds, of the windows that are rolled up to: they are given in seconds. */
    private List<Long> rollups() {
        return options.stream()
                .filter(option -> option.startsWith("--rollups="))
                .flatMap(option ->
                        Stream.of(option.substring("--rollups=".length()).split(",")))
                .map(level -> Long.parseLong(level.replace("s", "")) * 1000)
                .toList();
    }

    private static String topic(long level) {
        return "agg-temperature-" + (level % 60_000 == 0 ? level / 60_000 + "m" : level / 1000 + "s");
    }

    private long counted(String topic, long size) {
        return summaries(topic, size).values().stream()
                .mapToLong(Content::count)
                .sum();
    }

    /** The last summary of each window. Those before it are its revisions 0, 1 and so on, without which there is but one. */
    private Map<Window, Content> summaries(String topic, long size) {
        Map<Window, Content> summaries = new HashMap<>();
        Map<Window, Long> revisions = new HashMap<>();
        List<String> twice = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> summary : read(topic)) {
            Window window = new Window(new String(summary.key(), UTF_8), number(summary, "window.start"));
            assertThat(number(summary, "window.end")).isEqualTo(window.start + size);
            summaries.put(window, content(summary));
            long revision = summary.headers().lastHeader("revision") == null ? 0 : number(summary, "revision");
            Long before = revisions.put(window, revision);
            if (revision != (before == null ? 0 : before + 1)) {
                twice.add(window + ": " + before + ", then " + revision);
            }
        }
        assertThat(twice).as("windows that came twice in " + topic).isEmpty();
        return summaries;
    }

    /** A sensor is silent, then back, and so on, and nothing of it comes twice. */
    private void verifyStatus() {
        Map<String, String> last = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : read("sensor-status")) {
            String sensor = new String(record.key(), UTF_8);
            Matcher status = STATUS.matcher(new String(record.value(), UTF_8));
            assertThat(status.matches()).as(new String(record.value(), UTF_8)).isTrue();
            assertThat(status.group(1)).isEqualTo(sensor);
            String before = last.put(sensor, status.group(2));
            boolean follows = status.group(2).equals("back") ? "silent".equals(before) : !"silent".equals(before);
            assertThat(follows).as(before + ", then " + status.group()).isTrue();
        }
        assertThat(last.values())
                .as("all have come to an end")
                .containsOnly("silent")
                .hasSize(SENSORS);
    }

    private void verify(boolean byEventTimeAlone) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> raw = read("raw-temperature");
        Map<Place, ConsumerRecord<byte[], byte[]>> late =
                places("late-temperature", "source.partition", "source.offset");
        Map<Place, ConsumerRecord<byte[], byte[]>> dead =
                places("dead-temperature", "__streams.errors.partition", "__streams.errors.offset");
        Map<Window, Content> summaries = summaries("agg-temperature", WINDOW);
        Map<Window, List<Integer>> values = new HashMap<>();
        Set<Place> lateByEventTime = new HashSet<>();
        boolean bySensor = options.contains("--stream-time=sensor");
        long lateness = options.contains("--allowed-lateness=5s") ? 5_000 : 0;
        Map<String, Long> streamTime = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : raw) {
            Place place = new Place(record.partition(), record.offset());
            if (dead.containsKey(place)) {
                assertSame(record, dead.get(place));
                continue;
            }
            Matcher reading = READING.matcher(new String(record.value(), UTF_8));
            assertThat(reading.matches()).as("%s is dead, or a reading", place).isTrue();
            long time = Instant.parse(reading.group(1)).toEpochMilli();
            long start = time / WINDOW * WINDOW;
            String clock = bySensor ? new String(record.key(), UTF_8) : "partition " + place.partition;
            long closedUpTo = Math.max(0, streamTime.getOrDefault(clock, 0L) - GRACE) / WINDOW * WINDOW;
            if (closedUpTo >= start + WINDOW + lateness) {
                lateByEventTime.add(place);
            }
            if (late.containsKey(place)) {
                if (rekeyed) {
                    assertThat(late.get(place).key()).isEqualTo(record.key());
                } else {
                    assertSame(record, late.get(place));
                }
            } else {
                streamTime.merge(clock, time, Math::max);
                values.computeIfAbsent(new Window(new String(record.key(), UTF_8), start), unknown -> new ArrayList<>())
                        .add(Integer.valueOf(reading.group(2)));
            }
        }

        long counted = summaries.values().stream().mapToLong(Content::count).sum();
        System.out.printf(
                "%d sent = %d in %d summaries + %d late (%d by event time) + %d dead%n",
                raw.size(), counted, summaries.size(), late.size(), lateByEventTime.size(), dead.size());
        assertThat(sent).as("sent").hasSize(READINGS);
        assertThat(raw).as("raw readings").hasSize(READINGS);
        assertThat(dead.keySet())
                .as("dead records")
                .isEqualTo(places(SyntheticReading.Kind.CORRUPT, SyntheticReading.Kind.FUTURE));
        if (!rekeyed) {
            assertThat(late.keySet()).as("late records").containsAll(lateByEventTime);
        }
        if (byEventTimeAlone) {
            assertThat(late.keySet()).as("late records, by event time alone").isEqualTo(lateByEventTime);
        }
        assertThat(differences(values, summaries)).as("differences").isEmpty();
        for (long level : rollups()) {
            Map<Window, List<Integer>> rolledUp = new HashMap<>();
            values.forEach((window, part) -> rolledUp.computeIfAbsent(
                            new Window(window.sensor, window.start / level * level), none -> new ArrayList<>())
                    .addAll(part));
            assertThat(differences(rolledUp, summaries(topic(level), level)))
                    .as("differences of " + topic(level))
                    .isEmpty();
        }
        if (options.contains("--silent-after=3s")) {
            verifyStatus();
        }
        assertThat(counted + late.size() + dead.size()).isEqualTo(READINGS);
        if (Boolean.getBoolean("noaudit")) {
            return;
        } // TMP
        assertThat(audit())
                .contains("\"balanced\" : true", "\"read\" : " + READINGS, "\"summarised\" : " + counted)
                .contains("\"late\" : " + late.size(), "\"dead\" : " + dead.size())
                .contains("\"open\" : 0", "\"notYet\" : 0", "\"summaries\" : " + summaries.size());
    }

    /** What {@code audit --json} says; it has to end with exit code 0. */
    private String audit() throws Exception {
        if (Boolean.getBoolean("noaudit")) {
            return "";
        } // TMP
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.addAll(List.of("audit", "--json", "--bootstrap-servers=" + kafka.bootstrapServers()));
        command.addAll(options);
        Process audit = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String account = new String(audit.getInputStream().readAllBytes(), UTF_8);
        assertThat(audit.waitFor())
                .as("exit code of the audit, which says %s", account)
                .isZero();
        return account;
    }

    private Set<Place> places(SyntheticReading.Kind... kinds) {
        Set<Place> places = new HashSet<>();
        sent.forEach((place, message) -> {
            if (List.of(kinds).contains(message.kind())) {
                places.add(place);
            }
        });
        return places;
    }

    /** What late or dead records name as their source, each but once. */
    private Map<Place, ConsumerRecord<byte[], byte[]>> places(String topic, String partition, String offset) {
        Map<Place, ConsumerRecord<byte[], byte[]>> places = new HashMap<>();
        List<Place> twice = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : read(topic)) {
            Place place = new Place((int) number(record, partition), number(record, offset));
            if (places.put(place, record) != null) {
                twice.add(place);
            }
        }
        assertThat(twice).as("twice in %s", topic).isEmpty();
        return places;
    }

    private static void assertSame(ConsumerRecord<byte[], byte[]> raw, ConsumerRecord<byte[], byte[]> passedOn) {
        assertThat(passedOn.key()).isEqualTo(raw.key());
        assertThat(passedOn.value()).isEqualTo(raw.value());
        assertThat(passedOn.timestamp()).isEqualTo(raw.timestamp());
    }

    private static List<String> differences(Map<Window, List<Integer>> values, Map<Window, Content> summaries) {
        List<String> differences = new ArrayList<>();
        Set<Window> windows = new HashSet<>(values.keySet());
        windows.addAll(summaries.keySet());
        for (Window window : windows) {
            Content expected = values.containsKey(window) ? content(values.get(window)) : null;
            Content found = summaries.get(window);
            if (!Objects.equals(expected, found)) {
                differences.add(window + ": expected " + expected + ", found " + found);
            }
        }
        return differences;
    }

    private static Content content(List<Integer> values) {
        var statistics = values.stream().mapToInt(Integer::intValue).summaryStatistics();
        return new Content(
                statistics.getCount(),
                statistics.getMin(),
                statistics.getMax(),
                (double) statistics.getSum() / statistics.getCount());
    }

    private static Content content(ConsumerRecord<byte[], byte[]> summary) {
        String json = new String(summary.value(), UTF_8);
        Matcher matcher = SUMMARY.matcher(json);
        assertThat(matcher.matches()).as(json).isTrue();
        assertThat(Long.parseLong(matcher.group(1))).isEqualTo(number(summary, "window.end"));
        return new Content(
                Long.parseLong(matcher.group(2)),
                Double.parseDouble(matcher.group(3)),
                Double.parseDouble(matcher.group(4)),
                Double.parseDouble(matcher.group(5)));
    }

    private static long number(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        assertThat(header).as(name).isNotNull();
        return Long.parseLong(new String(header.value(), UTF_8));
    }

    /** All that is committed in a topic by now. */
    private List<ConsumerRecord<byte[], byte[]>> read(String topic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }
}
