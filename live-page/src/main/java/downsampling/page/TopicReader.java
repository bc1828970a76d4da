package downsampling.page;

import downsampling.page.Board.Stream;
import downsampling.service.BrokerProbe;
import downsampling.service.ErrorLine;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the four topics as any consumer would, {@code read_committed}, and puts what it reads on the {@link Board}. It is a
 * member of no group and commits no offsets, so nobody notices it. It begins shortly before the end, waits for topics that do
 * not exist yet, goes on when a broker comes back, and passes over what it cannot keep up with. It ends when it is refused, by
 * its login, its rights or its version: that is not mended by trying again. A thread of its own.
 */
final class TopicReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);

    /** How many records further than this behind, over the partitions of a topic, are passed over. */
    static final long FURTHEST_BEHIND = 250_000;

    /** Records before the end to begin with, over the partitions of a topic. */
    private static final Map<Stream, Integer> HISTORY =
            Map.of(Stream.READINGS, 60_000, Stream.SUMMARIES, 30_000, Stream.LATE, 100, Stream.DEAD, 100);

    private static final Map<String, String> FIXED = Map.of(
            "isolation.level",
            "read_committed",
            "enable.auto.commit",
            "false",
            "auto.offset.reset",
            "earliest", // where it stood is gone: deleted, or the topic was made anew
            "allow.auto.create.topics",
            "false",
            "group.id",
            "none");

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);
    private static final Duration ANSWER = Duration.ofSeconds(3);

    private final Board board;
    private final Map<String, Stream> topics;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread = new Thread(this::run, "topic-reader");
    private final CountDownLatch closing = new CountDownLatch(1);

    /** Offsets at which the records begin that came while this program was reading. */
    private final Map<TopicPartition, Long> liveFrom = new HashMap<>();

    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private final Map<String, Object> settings;

    private boolean looked;

    /**
     * @param settings of a Kafka consumer
     * @throws KafkaException if the settings make no sense
     */
    TopicReader(Board board, Map<String, Stream> topics, Map<String, String> settings) {
        this.board = board;
        this.topics = topics;
        Map<String, Object> all = KafkaSettings.forConsumer(KafkaSettings.without(settings, FIXED));
        all.putIfAbsent("client.id", "live-page");
        all.putIfAbsent("max.poll.records", 5_000);
        all.putIfAbsent("fetch.max.bytes", 8 << 20);
        all.putAll(FIXED);
        all.remove("group.id");
        this.settings = all;
        consumer = new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    void start() {
        thread.start();
    }

    private void run() {
        long nextLook = System.nanoTime();
        while (closing.getCount() > 0) {
            try {
                if (System.nanoTime() - nextLook >= 0) {
                    Optional<String> obstacle = looked ? Optional.empty() : BrokerProbe.obstacle(settings, false);
                    if (obstacle.isPresent()) {
                        fail(obstacle.get());
                        break;
                    }
                    look();
                    nextLook = System.nanoTime() + LOOK_INTERVAL.toNanos();
                }
                if (consumer.assignment().isEmpty()) {
                    pause(POLL);
                } else {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                        board.add(topics.get(record.topic()), record, record.offset() >= liveFrom.get(partition));
                    }
                    passOverBacklog();
                }
            } catch (WakeupException | InterruptException e) {
                closing.countDown();
            } catch (TimeoutException e) {
                trouble("The broker does not answer", e);
            } catch (
                    InvalidConfigurationException
                            e) { // of logins, rights and versions: it comes again however often one tries
                fail(ErrorLine.of(e));
                break;
            } catch (
                    RuntimeException
                            e) { // KafkaException above all; whatever it is, the page is to say so and go on trying
                trouble("The topics cannot be read: " + e.getClass().getSimpleName(), e);
                pause(LOOK_INTERVAL);
            }
        }
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    }

    private void fail(String why) {
        board.trouble("The topics cannot be read: " + why);
        failure.complete(why);
    }

    /** Blocks until a person has to act before anything can be read, and tells what, in one line. */
    String awaitFailure() throws InterruptedException {
        try {
            return failure.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private void trouble(String message, RuntimeException e) {
        if (!message.equals(board.trouble())) {
            LOG.warn("{}: {}", message, ErrorLine.of(e));
            board.trouble(message);
        }
    }

    /** Looks for partitions that are new: of a topic that was made or extended, and at first all of them. */
    private void look() {
        Map<String, List<PartitionInfo>> listed = consumer.listTopics(ANSWER);
        Set<TopicPartition> added = new HashSet<>();
        List<String> missing = new ArrayList<>();
        topics.forEach((topic, stream) -> {
            List<PartitionInfo> partitions = listed.getOrDefault(topic, List.of());
            if (partitions.isEmpty()) {
                missing.add(topic);
            }
            partitions.forEach(p -> added.add(new TopicPartition(topic, p.partition())));
        });
        added.removeAll(consumer.assignment());
        if (!added.isEmpty()) {
            begin(added);
        }
        looked = true;
        missing.sort(null);
        board.trouble(missing.isEmpty() ? null : "Waiting for topic " + String.join(", ", missing));
    }

    private void begin(Set<TopicPartition> added) {
        Set<TopicPartition> before = consumer.assignment();
        Set<TopicPartition> all = new HashSet<>(before);
        all.addAll(added);
        consumer.assign(all);
        try {
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(added, ANSWER);
            Map<TopicPartition, Long> ends = consumer.endOffsets(added, ANSWER);
            Map<String, Long> partitions = new HashMap<>();
            added.forEach(p -> partitions.merge(p.topic(), 1L, Long::sum));
            for (TopicPartition partition : added) {
                long begin = begins.get(partition);
                long history = HISTORY.get(topics.get(partition.topic())) / partitions.get(partition.topic());
                // What is in a topic that was not there at first has come since.
                consumer.seek(partition, looked ? begin : Math.max(begin, ends.get(partition) - history));
                liveFrom.put(partition, looked ? begin : ends.get(partition));
            }
        } catch (KafkaException e) {
            consumer.assign(before); // for the next look
            throw e;
        }
    }

    private void passOverBacklog() {
        for (Map.Entry<String, Stream> topic : topics.entrySet()) {
            Map<TopicPartition, Long> behind = new HashMap<>();
            for (TopicPartition partition : consumer.assignment()) {
                OptionalLong lag = partition.topic().equals(topic.getKey())
                        ? consumer.currentLag(partition)
                        : OptionalLong.empty();
                lag.ifPresent(records -> behind.put(partition, records));
            }
            long all = behind.values().stream().mapToLong(Long::longValue).sum();
            if (all > FURTHEST_BEHIND) {
                behind.forEach(
                        (partition, records) -> consumer.seek(partition, consumer.position(partition) + records));
                board.skipped(topic.getValue(), all);
            }
        }
    }

    private void pause(Duration time) {
        try {
            closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            closing.countDown();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        if (thread.getState() == Thread.State.NEW) {
            consumer.close();
            return;
        }
        consumer.wakeup();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
