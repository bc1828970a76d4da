package downsampling.page;

import downsampling.service.BrokerProbe;
import downsampling.service.ErrorLine;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the topics as any consumer would, {@code read_committed}, and puts what it reads on the {@link Board}. It is a
 * member of no group and commits no offsets, so nobody notices it. It begins shortly before the end of the topics, waits for
 * topics that do not exist yet, continues when a broker comes back, and passes over what it cannot keep up with. It ends when
 * the broker refuses its login, its rights or its version, since trying again does not mend that. It has a thread of its own.
 */
final class TopicReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);

    /** In records, over the partitions of a topic: when the reader is further behind, it passes over what it has not read. */
    static final long FURTHEST_BEHIND = 250_000;

    private static final Map<String, String> FIXED = Map.of(
            "isolation.level",
            "read_committed",
            "enable.auto.commit",
            "false",
            "auto.offset.reset",
            "earliest", // where it stood is gone: it was deleted, or the topic was made anew
            "allow.auto.create.topics",
            "false",
            "group.id",
            "none");

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);
    private static final Duration ANSWER = Duration.ofSeconds(3);

    private final Board board;
    private final Map<String, ShownTopic> topics;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread = new Thread(this::run, "topic-reader");
    private final CountDownLatch closing = new CountDownLatch(1);

    /** The offset of each partition from which on records came while this program was reading. */
    private final Map<TopicPartition, Long> liveFrom = new HashMap<>();

    private final CompletableFuture<String> refusal = new CompletableFuture<>();
    private final Map<String, Object> settings;

    /** Whether partitions have been looked for before. */
    private boolean looked;

    private @Nullable String trouble;

    /**
     * @param settings of a Kafka consumer
     * @throws KafkaException if the settings make no sense
     */
    TopicReader(Board board, ShownTopics topics, Map<String, String> settings) {
        this.board = board;
        this.topics = topics.byName();
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
                        endAsRefused(obstacle.get());
                        break;
                    }
                    lookForPartitions();
                    nextLook = System.nanoTime() + LOOK_INTERVAL.toNanos();
                }
                read();
            } catch (WakeupException | InterruptException e) {
                closing.countDown();
            } catch (TimeoutException e) {
                reportTrouble("The broker does not answer", e);
            } catch (InvalidConfigurationException e) {
                // The login, the rights or the version: it comes again however often one tries.
                endAsRefused(ErrorLine.of(e));
            } catch (RuntimeException e) {
                // Whatever it is, the page says so, and the reader tries again.
                reportTrouble("The topics cannot be read: " + e.getClass().getSimpleName(), e);
                pause(LOOK_INTERVAL);
            }
        }
        consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    }

    private void read() {
        if (consumer.assignment().isEmpty()) {
            pause(POLL);
            return;
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            board.add(get(topics, record.topic()), record, record.offset() >= get(liveFrom, partition));
        }
        passOverBacklog();
    }

    private void endAsRefused(String why) {
        board.setTrouble("The topics cannot be read: " + why);
        refusal.complete(why);
        closing.countDown();
    }

    /** Blocks until the broker refuses this reader, so that a person has to act, and says why in one line. */
    String awaitRefusal() throws InterruptedException {
        try {
            return refusal.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Shows it on the page, and logs it once: in a line what can be expected of a broker, anything else with its trace. */
    private void reportTrouble(String message, RuntimeException e) {
        if (message.equals(trouble)) {
            return;
        }
        if (e instanceof KafkaException) {
            LOG.warn("{}: {}", message, ErrorLine.of(e));
        } else {
            LOG.error("{}", message, e);
        }
        setTrouble(message);
    }

    private void setTrouble(@Nullable String message) {
        trouble = message;
        board.setTrouble(message);
    }

    /** Finds partitions that are new: at first all of them, later those of a topic that was made or extended. */
    private void lookForPartitions() {
        Map<String, List<PartitionInfo>> listed = consumer.listTopics(ANSWER);
        Set<TopicPartition> added = new HashSet<>();
        List<String> missing = new ArrayList<>();
        for (ShownTopic topic : topics.values()) {
            List<PartitionInfo> partitions = listed.getOrDefault(topic.name(), List.of());
            if (partitions.isEmpty() && topic.awaited()) {
                missing.add(topic.name());
            }
            partitions.forEach(p -> added.add(new TopicPartition(topic.name(), p.partition())));
        }
        added.removeAll(consumer.assignment());
        if (!added.isEmpty()) {
            beginReading(added);
        }
        looked = true;
        missing.sort(null);
        setTrouble(missing.isEmpty() ? null : "Waiting for topic " + String.join(", ", missing));
    }

    private void beginReading(Set<TopicPartition> added) {
        Set<TopicPartition> before = consumer.assignment();
        Set<TopicPartition> all = new HashSet<>(before);
        all.addAll(added);
        consumer.assign(all);
        try {
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(added, ANSWER);
            Map<TopicPartition, Long> ends = consumer.endOffsets(added, ANSWER);
            for (TopicPartition partition : added) {
                long partitions = added.stream()
                        .filter(other -> other.topic().equals(partition.topic()))
                        .count();
                long begin = get(begins, partition);
                long end = get(ends, partition);
                long history = history(get(topics, partition.topic()).role()) / partitions;
                // What is in a topic that did not exist at first has come since.
                consumer.seek(partition, looked ? begin : Math.max(begin, end - history));
                liveFrom.put(partition, looked ? begin : end);
            }
        } catch (KafkaException e) {
            consumer.assign(before); // the next look finds them again
            throw e;
        }
    }

    /** How many records before the end of a topic reading begins, over its partitions. */
    private static int history(TopicRole role) {
        return switch (role) {
            case READINGS -> 60_000;
            case SUMMARIES, ROLLUP, STATUS -> 30_000;
            case LATE, DEAD -> 100;
        };
    }

    private static <K, V> V get(Map<K, V> map, K key) {
        return Objects.requireNonNull(map.get(key), key::toString);
    }

    private void passOverBacklog() {
        for (ShownTopic topic : topics.values()) {
            Map<TopicPartition, Long> behind = new HashMap<>();
            for (TopicPartition partition : consumer.assignment()) {
                OptionalLong lag =
                        partition.topic().equals(topic.name()) ? consumer.currentLag(partition) : OptionalLong.empty();
                lag.ifPresent(records -> behind.put(partition, records));
            }
            long all = behind.values().stream().mapToLong(Long::longValue).sum();
            if (all > FURTHEST_BEHIND) {
                behind.forEach(
                        (partition, records) -> consumer.seek(partition, consumer.position(partition) + records));
                board.addSkipped(topic.role(), all);
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
