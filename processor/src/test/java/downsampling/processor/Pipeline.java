package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.processor.settings.NewTopics;
import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.settings.ProcessingSettings;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.StateSettings;
import downsampling.processor.settings.TopologyKind;
import downsampling.processor.window.TopicLimits;
import downsampling.service.Durations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;

/**
 * Topics of its own and the instances of the processor that work on them: what a test sends readings into and reads
 * summaries out of. The fields are the processor's options, to be changed before {@link #start}; idle close is off, so that a
 * test alone says which windows close.
 */
final class Pipeline implements AutoCloseable {
    /** Where tests begin in event time: the start of a window of any usual size. */
    static final long T0 = Instant.parse("2025-01-01T12:00:00Z").toEpochMilli();

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    final String raw;
    final String aggregated;
    final String late;
    final String dead;
    String applicationId;

    TopologyKind topology = TopologyKind.EXACT;
    Duration window = Duration.ofSeconds(10);
    Duration grace = Duration.ofSeconds(1);
    Duration idleClose = Duration.ZERO;
    String fields = "temperature=value";
    String statistics = "count,min,max,mean";
    boolean dedup = false;
    /** Further options, as on the command line. */
    List<String> more = List.of();

    ProcessingSettings.Guarantee guarantee = ProcessingSettings.Guarantee.EXACTLY_ONCE_V2;
    StateSettings.Store stateStore = StateSettings.Store.MEMORY;
    Path stateDir;
    int threads = 1;
    int standbyReplicas = 0;
    /** Null if it does not listen. */
    Integer httpPort;

    int keepClosed = 1000;
    final Map<String, String> kafka = new HashMap<>();

    private final Broker broker;
    private final Admin admin;
    private final Producer<byte[], byte[]> producer;
    private volatile Exception failure;
    private final List<Service> services = new ArrayList<>();
    private final List<Path> folders = new ArrayList<>();

    Pipeline(Broker broker, int partitions) {
        this(broker, broker.newTopic("raw", partitions));
    }

    Pipeline(Broker broker, String raw) {
        this.broker = broker;
        this.raw = raw;
        aggregated = raw.replaceFirst("^raw", "agg");
        late = raw.replaceFirst("^raw", "late");
        dead = raw.replaceFirst("^raw", "dead");
        applicationId = raw.replaceFirst("^raw", "processor");
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        broker.bootstrapServers(),
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        TopicLimits.MAX_RECORD_BYTES),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** Starts an instance in this JVM; returns at once. */
    Service start() {
        Service service = Service.start(settings(), new NewTopics(1, (short) -1, Optional.empty()));
        services.add(service);
        return service;
    }

    /** Starts an instance and waits until it has partitions to work on. */
    Service startAndAwaitWork() {
        Service service = start();
        await("an instance has work", () -> hasWork(service));
        return service;
    }

    static boolean hasWork(Service service) {
        return service.state() == KafkaStreams.State.RUNNING
                && service.streams().metadataForLocalThreads().stream()
                        .anyMatch(thread -> !thread.activeTasks().isEmpty());
    }

    Settings settings() {
        Map<String, String> environment = new HashMap<>();
        kafka.forEach((name, value) ->
                environment.put("KAFKA_" + name.toUpperCase(Locale.ROOT).replace('.', '_'), value));
        List<String> options = options(
                "--guarantee=" + guarantee,
                "--state-store=" + stateStore,
                "--state-memory=" + (16 << 20),
                "--commit-interval=100ms",
                "--threads=" + threads,
                "--standby-replicas=" + standbyReplicas,
                "--wait=30s");
        if (stateDir != null) {
            options.add("--state-dir=" + stateDir);
        }
        if (httpPort != null) {
            options.addAll(List.of("--http-port=" + httpPort, "--keep-closed=" + keepClosed));
        }
        return ParsedSettings.of(environment, options.toArray(String[]::new));
    }

    /** The same as {@link #settings} for the command line, but for what only running needs. */
    List<String> options(String... more) {
        List<String> options = new ArrayList<>(List.of("--bootstrap-servers", broker.bootstrapServers()));
        options.addAll(List.of("--application-id", applicationId, "--topology", topology.name()));
        options.addAll(List.of("--input-topic", raw, "--output-topic", aggregated));
        options.addAll(List.of("--late-topic", late, "--dead-topic", dead));
        options.addAll(List.of("--window", Durations.format(window), "--grace", Durations.format(grace)));
        options.addAll(List.of("--fields", fields, "--statistics", statistics, "--dedup=" + dedup));
        options.addAll(List.of("--idle-close", idleClose.isZero() ? "off" : Durations.format(idleClose)));
        options.addAll(List.of("--state-dir", newFolder().toString()));
        options.addAll(this.more);
        options.addAll(List.of(more));
        return options;
    }

    /** The exit code of the audit of what there is. */
    int audit() {
        List<String> options = new ArrayList<>(List.of("audit"));
        options.addAll(options());
        return Main.run(Map.of(), options.toArray(String[]::new));
    }

    /** A folder that goes away with this pipeline. */
    Path newFolder() {
        try {
            Path folder = Files.createTempDirectory("processor-it-");
            folders.add(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a reading as a plain producer would, with now as the record's timestamp. */
    void send(int partition, String sensor, long time, double value) {
        send(partition, sensor, json(time, value));
    }

    void send(int partition, String sensor, String value) {
        send(new ProducerRecord<>(raw, partition, sensor.getBytes(UTF_8), value.getBytes(UTF_8)));
    }

    void send(ProducerRecord<byte[], byte[]> record) {
        producer.send(record, (metadata, e) -> {
            if (e != null) {
                failure = e;
            }
        });
    }

    /** Whether the broker has taken a reading. */
    boolean sent(int partition, String sensor, long time, double value) throws InterruptedException {
        try {
            producer.send(new ProducerRecord<>(
                            raw,
                            partition,
                            sensor.getBytes(UTF_8),
                            json(time, value).getBytes(UTF_8)))
                    .get();
            return true;
        } catch (ExecutionException e) {
            return false;
        }
    }

    /** Sends a reading so far ahead that it closes all that is open in its partition before a time. */
    void closeWindowsBefore(int partition, long time) {
        send(partition, "closer", time + grace.toMillis(), 0);
    }

    static String json(long time, double value) {
        return "{\"ts\":\"" + Instant.ofEpochMilli(time) + "\",\"value\":" + value + "}";
    }

    void flush() {
        producer.flush();
        assertThat(failure).as("why a reading could not be sent").isNull();
    }

    /** Waits until all that was sent has been processed and committed. */
    void awaitAllRead() {
        flush();
        await("all is read and committed", () -> committed().equals(ends()));
    }

    Map<TopicPartition, Long> ends() throws Exception {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        admin.describeTopics(List.of(raw))
                .allTopicNames()
                .get()
                .get(raw)
                .partitions()
                .forEach(partition -> asked.put(new TopicPartition(raw, partition.partition()), OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        Map<TopicPartition, ListOffsetsResultInfo> answer =
                admin.listOffsets(asked).all().get();
        answer.forEach((partition, info) -> {
            if (info.offset() > 0) {
                ends.put(partition, info.offset());
            }
        });
        return ends;
    }

    Map<TopicPartition, Long> committed() throws Exception {
        Map<TopicPartition, OffsetAndMetadata> answer = admin.listConsumerGroupOffsets(applicationId)
                .partitionsToOffsetAndMetadata()
                .get();
        Map<TopicPartition, Long> committed = new HashMap<>();
        answer.forEach((partition, offset) -> {
            if (offset != null && offset.offset() > 0) {
                committed.put(partition, offset.offset());
            }
        });
        return committed;
    }

    /** At least so many summaries, and all there are, without those of {@link #closeWindowsBefore}, in a fixed order. */
    List<Window> windows(int count) {
        return summaries(count).stream()
                .map(Window::of)
                .filter(window -> !window.sensor().equals("closer"))
                .sorted(Window.ORDER)
                .toList();
    }

    /** At least so many summaries, as they were written. */
    List<ConsumerRecord<byte[], byte[]>> summaries(int count) {
        flush();
        return broker.read(aggregated, count);
    }

    List<ConsumerRecord<byte[], byte[]>> late(int count) {
        flush();
        return broker.read(late, count);
    }

    List<ConsumerRecord<byte[], byte[]>> dead(int count) {
        flush();
        return broker.read(dead, count);
    }

    /** Text of a header that must be there. */
    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        assertThat(header).as("header " + name).isNotNull();
        return new String(header.value(), UTF_8);
    }

    /** Of a summary: 0 if it is the first of its window. */
    static int revision(ConsumerRecord<byte[], byte[]> summary) {
        return summary.headers().lastHeader("revision") == null ? 0 : Integer.parseInt(header(summary, "revision"));
    }

    /** What Kafka Streams itself dropped: never anything. */
    static double dropped(Service service) {
        return service.streams().metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("dropped-records-total"))
                .mapToDouble(metric -> (Double) metric.metricValue())
                .sum();
    }

    /** Stops an instance in good order. */
    void stop(Service service) {
        service.close();
        services.remove(service);
    }

    /** Polls until a condition holds, for a minute at most. */
    static void await(String what, Callable<Boolean> condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            while (!condition.call()) {
                assertThat(System.nanoTime()).as("still waiting: " + what).isLessThan(deadline);
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("while waiting: " + what, e);
        }
    }

    Admin admin() {
        return admin;
    }

    void deleteTopic(String topic) throws ExecutionException, InterruptedException {
        admin.deleteTopics(List.of(topic)).all().get();
    }

    @Override
    public void close() {
        services.forEach(Service::close);
        producer.close();
        admin.close();
        folders.forEach(Pipeline::deleteTree);
    }

    private static void deleteTree(Path folder) {
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
