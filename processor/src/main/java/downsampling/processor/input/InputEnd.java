package downsampling.processor.input;

import static java.util.Objects.requireNonNull;

import downsampling.processor.settings.Settings;
import downsampling.processor.settings.WindowSettings;
import downsampling.service.DaemonThread;
import downsampling.service.Durations;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows up to when the partitions of the input topic have been read, and for how long that knowledge is without a gap.
 *
 * <p>"No reading came" is not what it seems while the broker is away, the network is cut, this process was paused, or the
 * readings are there but not read yet, or not to be read yet since their transaction is open. So the broker is asked, again and
 * again, for the end of the partition, after all that was written, and for the offset that the application has committed.
 * Once all before an end seen at time t has been processed, all that had been written by t is accounted for.
 *
 * <p>Asked by stream threads, answered from what one thread of its own last learned.
 */
public final class InputEnd implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InputEnd.class);

    /** How long a transaction may be open without a word, in milliseconds: longer than a program needs for its own. */
    private static final long LONG_TRANSACTION = 60_000;

    public interface Watch {
        /**
         * What is known of a partition, null where nothing is. Asking now and then keeps the partition watched.
         *
         * @param nextOffset all before it has been processed by whoever asks
         * @param atOnce     whether the broker is to be asked at once and not in its turn: the answer is there a little later
         */
        @Nullable
        Reached reached(int partition, long nextOffset, boolean atOnce);
    }

    /**
     * Times in milliseconds; the first two of a clock that is never set back, for how long something lasts.
     *
     * @param since      from when on the broker has answered every time
     * @param seenAt     all that was written up to then has been processed
     * @param readUpTo   the same, of the wall clock, since the epoch
     * @param nextOffset all before it had been processed by whoever had asked
     */
    public record Reached(long since, long seenAt, long readUpTo, long nextOffset) {}

    /** Who asks for a partition: when last, and what they had processed. */
    private record Asked(long at, long nextOffset) {}

    /** The end of a partition as seen at some time. */
    private record End(long offset, long seenAt, long readUpTo) {}

    /** Reads as the application does. */
    private final Consumer<byte[], byte[]> consumer;
    /** Sees what is written before it is committed. */
    private final Consumer<byte[], byte[]> all;

    private final String topic;
    private final LongSupplier steady;
    private final LongSupplier wallClock;
    private final Duration interval;
    /** Milliseconds between two answers beyond which there was none in between. */
    private final long longestGap;

    /** The partitions that somebody wants to know of. */
    private final Map<TopicPartition, Asked> asked = new ConcurrentHashMap<>();

    private final Map<Integer, Reached> reached = new ConcurrentHashMap<>();
    private final AtomicBoolean askingAtOnce = new AtomicBoolean();
    private final ScheduledExecutorService executor = DaemonThread.scheduler("input-end");

    // Of the executor's thread alone:
    private final Map<TopicPartition, End> awaited = new HashMap<>();
    private final Map<TopicPartition, Long> lastDone = new HashMap<>();
    /** Since when a transaction is open in a partition; negative once that has been reported. */
    private final Map<TopicPartition, Long> openSince = new HashMap<>();

    private long since;
    private long lastAnswer;
    private boolean answering = true;

    /**
     * @param consumer  with the application's group id, which it does not join, and its isolation level; closed with this
     * @param all       reads uncommitted; closed with this
     * @param steady    a clock that is never set back, in milliseconds
     * @param wallClock in epoch milliseconds
     */
    @SuppressWarnings("FutureReturnValueIgnored") // askBroker reports its own failures
    InputEnd(
            Settings settings,
            Consumer<byte[], byte[]> consumer,
            Consumer<byte[], byte[]> all,
            LongSupplier steady,
            LongSupplier wallClock) {
        this.consumer = consumer;
        this.all = all;
        this.topic = settings.topics().input();
        this.steady = steady;
        this.wallClock = wallClock;
        interval = interval(settings.windows());
        longestGap = 5 * interval.toMillis();
        executor.scheduleWithFixedDelay(this::askBroker, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * With consumers of its own.
     *
     * @param steady a clock that is never set back, in milliseconds
     */
    public static InputEnd open(Settings settings, LongSupplier steady) {
        return new InputEnd(
                settings,
                consumer(settings, settings.processing().isExactlyOnce()),
                consumer(settings, false),
                steady,
                System::currentTimeMillis);
    }

    private static Consumer<byte[], byte[]> consumer(Settings settings, boolean readsCommitted) {
        Map<String, Object> consumer = settings.consumer();
        consumer.put(ConsumerConfig.GROUP_ID_CONFIG, settings.applicationId());
        consumer.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        consumer.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, readsCommitted ? "read_committed" : "read_uncommitted");
        return new KafkaConsumer<>(consumer, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** How often the broker is asked: a tenth of the idle time, at most a second. */
    public static Duration interval(WindowSettings windows) {
        return Duration.ofMillis(
                windows.closesIdle() ? Math.min(1000, windows.idleClose().toMillis() / 10) : 1000);
    }

    /** See {@link Watch}. */
    public @Nullable Reached reached(int partition, long nextOffset, boolean atOnce) {
        asked.put(new TopicPartition(topic, partition), new Asked(steady.getAsLong(), nextOffset));
        if (atOnce && askingAtOnce.compareAndSet(false, true)) {
            executor.execute(() -> {
                askingAtOnce.set(false);
                askBroker();
            });
        }
        Reached known = reached.get(partition);
        // A task that starts anew after an aborted transaction has to process again what it had processed.
        return known == null || known.nextOffset > nextOffset ? null : known;
    }

    private void askBroker() {
        try {
            learn();
        } catch (WakeupException e) {
            LOG.debug("The consumer was closed while it asked the broker");
        } catch (RuntimeException e) { // an exception that leaves here would end the schedule without a word
            forget();
            if (answering) {
                LOG.warn("The broker does not report the end offsets of topic {}: {}", topic, e.getMessage());
            }
            answering = false;
        }
    }

    private void learn() {
        long now = steady.getAsLong();
        long wallTime = wallClock.getAsLong();
        asked.values().removeIf(by -> now - by.at > longestGap);
        Map<TopicPartition, Asked> partitions = Map.copyOf(asked);
        if (partitions.isEmpty()) {
            forget();
            return;
        }
        Duration timeout = Duration.ofMillis(longestGap);
        // Else the clients complain about partitions that are not their own, each time.
        consumer.assign(partitions.keySet());
        all.assign(partitions.keySet());
        Map<TopicPartition, Long> ends = all.endOffsets(partitions.keySet(), timeout);
        Map<TopicPartition, Long> readable = consumer.endOffsets(partitions.keySet(), timeout);
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions.keySet(), timeout);
        if (now - lastAnswer > longestGap) {
            forget();
            since = now;
        }
        lastAnswer = steady.getAsLong();
        if (!answering) {
            LOG.info("The broker answers again");
            answering = true;
        }
        partitions.forEach((partition, by) -> {
            End end = new End(requireNonNull(ends.get(partition)), now, wallTime);
            long readableUpTo = requireNonNull(readable.get(partition));
            OffsetAndMetadata offset = committed.get(partition);
            long done = Math.max(by.nextOffset, offset == null ? 0 : offset.offset());
            End awaitedEnd = awaited.getOrDefault(partition, end);
            Long before = lastDone.put(partition, done);
            watchTransaction(partition, done, readableUpTo, end);
            if (done >= end.offset) {
                reached(partition, end, by);
                awaited.remove(partition);
            } else if (done >= awaitedEnd.offset
                    || (before != null
                            && before == done
                            && readableUpTo >= awaitedEnd.offset
                            && nothingToRead(partition, done, awaitedEnd))) {
                reached(partition, awaitedEnd, by);
                awaited.put(partition, end);
            } else {
                awaited.put(partition, awaitedEnd);
            }
        });
        lastAnswer = steady.getAsLong(); // looking after the committed offset may have taken a while
    }

    private void reached(TopicPartition partition, End end, Asked by) {
        reached.put(partition.partition(), new Reached(since, end.seenAt, end.readUpTo, by.nextOffset));
    }

    /** Reports a transaction that holds up all that was written after it began. */
    private void watchTransaction(TopicPartition partition, long done, long readable, End end) {
        if (readable >= end.offset || done < readable) {
            Long before = openSince.remove(partition);
            if (before != null && before < 0) {
                LOG.info(
                        "Partition {} can be read on: the transaction at offset {} has ended",
                        partition.partition(),
                        done);
            }
            return;
        }
        long began = openSince.computeIfAbsent(partition, none -> end.seenAt);
        if (began >= 0 && end.seenAt - began >= LONG_TRANSACTION) {
            openSince.put(partition, -1L);
            LOG.warn(
                    "Partition {} cannot be read on: a transaction has been open at offset {} for more than {}, and {}"
                            + " offsets after it wait. If its producer is gone, the broker ends the transaction after"
                            + " transaction.timeout.ms",
                    partition.partition(),
                    readable,
                    Durations.format(Duration.ofMillis(LONG_TRANSACTION)),
                    end.offset - readable);
        }
    }

    /**
     * Whether only the markers of transactions, or records of aborted ones, stand between two offsets: nobody processes them.
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

    /** Has what is being asked given up, to be asked anew. */
    public void wakeUp() {
        consumer.wakeup();
        all.wakeup();
    }

    private void forget() {
        reached.clear();
        awaited.clear();
        lastDone.clear();
        lastAnswer = 0;
    }

    @Override
    public void close() {
        executor.shutdown();
        wakeUp();
        try {
            executor.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
        all.close();
    }
}
