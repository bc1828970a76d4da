package downsampling.processor;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows up to when the partitions of the input topic have been read, and for how long that knowledge is without a gap.
 *
 * <p>"No reading came" is not what it seems while the broker is away, the network is cut, this process was paused, or the
 * readings are there but not read yet. So the broker is asked, again and again, for the end of the partition and for the
 * offset that the application has committed, which Kafka Streams moves on only behind readings that are processed. Once the
 * committed offset reaches an end seen at time t, all that had been written by t is accounted for.
 *
 * <p>Asked by stream threads, answered from what one thread of its own last learned.
 */
final class InputEnd implements IntFunction<InputEnd.Reached>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InputEnd.class);

    /**
     * Wall-clock times in epoch milliseconds.
     *
     * @param since    from when on the broker has answered every time
     * @param readUpTo all that was written up to then has been processed and committed
     */
    record Reached(long since, long readUpTo) {}

    /** The end of a partition as seen at some time. */
    private record End(long offset, long seenAt) {}

    private final Consumer<byte[], byte[]> consumer;
    private final String topic;
    private final LongSupplier clock;
    private final Duration interval;
    /** Milliseconds between two answers beyond which there was none in between. */
    private final long longestGap;

    /** The partitions that somebody wants to know of, and when they were last asked for. */
    private final Map<TopicPartition, Long> asked = new ConcurrentHashMap<>();

    private final Map<Integer, Reached> reached = new ConcurrentHashMap<>();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "input-end");
        thread.setDaemon(true);
        return thread;
    });

    // Of the executor's thread alone:
    private final Map<TopicPartition, End> awaited = new HashMap<>();
    private final Map<TopicPartition, Long> lastCommitted = new HashMap<>();
    private long since;
    private long lastAnswer;
    private boolean answering = true;

    /**
     * @param consumer with the application's group id, which it does not join, and its isolation level; closed with this
     * @param clock    the wall clock, in epoch milliseconds
     */
    InputEnd(Config config, Consumer<byte[], byte[]> consumer, LongSupplier clock) {
        this.consumer = consumer;
        this.topic = config.inputTopic();
        this.clock = clock;
        interval = interval(config);
        longestGap = 5 * interval.toMillis();
        executor.scheduleWithFixedDelay(this::askBroker, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How often the broker is asked: a tenth of the idle time, at most a second. */
    static Duration interval(Config config) {
        return Duration.ofMillis(Math.max(10, Math.min(1000, config.idleClose().toMillis() / 10)));
    }

    /** What is known of a partition, null where nothing is. Asking now and then keeps the partition watched. */
    @Override
    public Reached apply(int partition) {
        asked.put(new TopicPartition(topic, partition), clock.getAsLong());
        return reached.get(partition);
    }

    private void askBroker() {
        try {
            learn();
        } catch (WakeupException e) {
            LOG.debug("Closed while asking");
        } catch (RuntimeException e) { // an exception that leaves here would end the schedule without a word
            forget();
            if (answering) {
                LOG.warn("The broker does not say how far topic {} reaches: {}", topic, e.getMessage());
            }
            answering = false;
        }
    }

    private void learn() {
        long now = clock.getAsLong();
        asked.values().removeIf(askedAt -> now - askedAt > longestGap);
        Set<TopicPartition> partitions = Set.copyOf(asked.keySet());
        if (partitions.isEmpty()) {
            forget();
            return;
        }
        Duration timeout = Duration.ofMillis(longestGap);
        consumer.assign(partitions); // else the client complains about partitions that are not its own, each time
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, timeout);
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions, timeout);
        if (now - lastAnswer > longestGap || now < lastAnswer) {
            forget();
            since = now;
        }
        lastAnswer = clock.getAsLong();
        if (!answering) {
            LOG.info("The broker answers again");
            answering = true;
        }
        for (TopicPartition partition : partitions) {
            End end = new End(ends.get(partition), now);
            OffsetAndMetadata offset = committed.get(partition);
            long done = offset == null ? 0 : offset.offset();
            End awaitedEnd = awaited.getOrDefault(partition, end);
            Long before = lastCommitted.put(partition, done);
            if (done >= end.offset) {
                reached.put(partition.partition(), new Reached(since, end.seenAt));
                awaited.remove(partition);
            } else if (done >= awaitedEnd.offset
                    || (before != null && before == done && nothingToRead(partition, done, awaitedEnd))) {
                reached.put(partition.partition(), new Reached(since, awaitedEnd.seenAt));
                awaited.put(partition, end);
            } else {
                awaited.put(partition, awaitedEnd);
            }
        }
        lastAnswer = clock.getAsLong(); // looking behind the committed offset may have taken a while
    }

    /**
     * Whether only the markers of transactions, or records of aborted ones, stand between two offsets. After a restart they
     * can stay behind the committed offset until the next reading comes.
     */
    private boolean nothingToRead(TopicPartition partition, long from, End to) {
        consumer.assign(Set.of(partition));
        consumer.seek(partition, from);
        for (long before = -1;
                before < consumer.position(partition) && before < to.offset; ) { // one fetch after the other
            before = consumer.position(partition);
            if (!consumer.poll(interval).isEmpty()) {
                return false;
            }
        }
        return consumer.position(partition) >= to.offset;
    }

    private void forget() {
        reached.clear();
        awaited.clear();
        lastCommitted.clear();
        lastAnswer = 0;
    }

    @Override
    public void close() {
        executor.shutdown();
        consumer.wakeup();
        try {
            executor.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
    }
}
