package downsampling.processor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.IntFunction;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tumbling window {@code [start, end)} of one partition: adds readings to open windows, closes and emits windows once,
 * passes on as late what comes for a closed one, and as dead what is no reading.
 *
 * <p>One number decides: {@code closedUpTo}. A window is closed if it ends at or before it, open otherwise. It only grows:
 * when a reading is {@code grace} or more past the end of a window, or when the partition is idle. It stands in the same
 * store as the open windows, so one transaction moves the number, the windows, what was emitted and the input offset, and
 * after a crash all four are as they were at the same instant. That is why there is one summary per sensor and window, ever.
 *
 * <p>Records come as bytes and are read here, not by Kafka Streams: what it makes of a record that cannot be deserialized
 * belongs to whichever transaction is open when the record is next in turn, and not to the one that moves past it.
 *
 * <p>All times in milliseconds since the epoch. One instance per partition, used by one thread.
 */
final class WindowProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(WindowProcessor.class);

    /** Windows of a partition, of about 200 bytes each, that are kept on the heap beside a state store on disk. */
    static final int MOST_ON_HEAP = 50_000;

    /** Within how many milliseconds of each other partitions close their windows, where their readings come alike. */
    private static final int JOINED_MILLIS = 20;

    private final Config config;
    private final long size;
    private final long grace;
    private final Deserializer<Reading> readings;
    private final IntFunction<InputEnd.Reached> inputEnd;
    private final Metrics metrics;
    private final KeptWindows keptWindows;

    private ProcessorContext<byte[], byte[]> context;
    private int partition;
    private Runnable unwatch;
    private KeyValueStore<Bytes, byte[]> store;
    private OpenWindows windows;
    private KeptWindows.Partition kept;
    private RecordLimit lateLimit;
    private RecordLimit deadLimit;

    /** What the store has of the next four. */
    private Position stored;

    private long closedUpTo;
    /** Event time of the newest reading that was not late. */
    private long newestTime;

    private long newestTimestamp;
    private long nextOffset;
    /** What {@link #nextOffset} was when the store was last written. */
    private long writtenOffset;
    /** Whether records have been passed over, so that it is told once. */
    private boolean passingOver;
    /** Wall-clock time of the last reading that was not late. */
    private long lastReadingAt;
    /** Wall-clock time of the last commit. */
    private long committedAt;
    // Only as long as they are needed: to Kafka Streams each call of a punctuator is a reason for a commit.
    private Cancellable commitLater;
    private Cancellable idleWatch;
    /** Wall-clock time of {@link #commitLater}. */
    private long commitAt;

    WindowProcessor(
            Config config,
            Deserializer<Reading> readings,
            IntFunction<InputEnd.Reached> inputEnd,
            KeptWindows keptWindows,
            Metrics metrics) {
        this.config = config;
        this.size = config.window().toMillis();
        this.grace = config.grace().toMillis();
        this.readings = readings;
        this.inputEnd = inputEnd;
        this.metrics = metrics;
        this.keptWindows = keptWindows;
    }

    /** Also called on an instance that was in use, when its task is started anew from the changelog after a failure. */
    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        partition = context.taskId().partition();
        store = context.getStateStore(config.storeName());
        lateLimit = RecordLimit.of(context.appConfigs(), config.lateTopic());
        deadLimit = RecordLimit.of(context.appConfigs(), config.deadTopic());
        boolean inMemory = config.stateStore() == Config.StateStoreKind.MEMORY;
        windows = new OpenWindows(store, inMemory ? Integer.MAX_VALUE : MOST_ON_HEAP);
        stored = Position.of(store);
        closedUpTo = stored.closedUpTo();
        newestTime = stored.newest();
        newestTimestamp = stored.newestTimestamp();
        nextOffset = stored.nextOffset();
        writtenOffset = nextOffset;
        passingOver = false;
        kept = keptWindows.begin(partition, Math.max(0, closedUpTo));
        context.<BeforeCommit>getStateStore(BeforeCommit.NAME).run(this::write);
        lastReadingAt = context.currentSystemTimeMs();
        unwatch = metrics.watch(partition, () -> windows.open(), () -> newestTime);
        committedAt = lastReadingAt;
        commitLater = cancel(commitLater);
        idleWatch = cancel(idleWatch);
        watchIdle();
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (commitLater == null) {
            commitSoon(record.timestamp(), false);
        }
        long offset = context.recordMetadata().orElseThrow().offset();
        if (offset < nextOffset) {
            passOver(offset, record.timestamp());
            return;
        }
        nextOffset = offset + 1;
        newestTimestamp = Math.max(newestTimestamp, record.timestamp());
        Bytes sensor;
        Reading reading;
        try {
            sensor = SensorIdDeserializer.require(record.key());
            reading = readings.deserialize(config.inputTopic(), record.value());
        } catch (RuntimeException e) {
            // A NotAReadingException, as the deserializer promises; were it a fault of ours, it must not stop the
            // stream either.
            forwardDead(record, e);
            return;
        }
        Rows.reading(record.key(), reading);
        long start = floor(reading.time());
        if (start + size <= closedUpTo) {
            forwardLate(record, start, reading.time());
            return;
        }
        windows.add(start, sensor, reading.value());
        newestTime = Math.max(newestTime, reading.time());
        lastReadingAt = context.currentSystemTimeMs();
        watchIdle();
        if (reading.time() - grace >= closedUpTo + size // else no window can have come to its end
                && closeUpTo(floor(reading.time() - grace), record.timestamp()) > 0) {
            metrics.emitted(record.timestamp());
        }
    }

    /**
     * A record that was processed before, as the state says, though the offsets of the group do not: they were deleted, have
     * expired or were set back. To count it again would be wrong, and to call it late as well.
     *
     * @throws FailedException if it is newer than all that were processed, and so another record than the one that was
     */
    private void passOver(long offset, long timestamp) {
        if (timestamp > newestTimestamp) {
            throw new FailedException(String.format(
                    "Topic %s is not the one that the state of %s is from: all of partition %d up to offset %d was processed,"
                            + " but the record at offset %d is newer (%s); with the topic made anew, take another"
                            + " --application-id or reset this one",
                    config.inputTopic(),
                    config.applicationId(),
                    partition,
                    nextOffset - 1,
                    offset,
                    Instant.ofEpochMilli(timestamp)));
        }
        if (!passingOver) {
            passingOver = true;
            LOG.warn(
                    "Partition {} begins at offset {}, though all up to offset {} was processed: the offsets of group {}"
                            + " were lost or set back; what was processed before is passed over and not counted again",
                    partition,
                    offset,
                    nextOffset - 1,
                    config.applicationId());
        }
        metrics.repeated();
    }

    /** Brings to the store what is to be committed. */
    private void write() {
        windows.write();
        // Without transactions the state may outlive results that were on their way; those of the commit before were
        // not.
        boolean together = config.guarantee() == Config.Guarantee.EXACTLY_ONCE_V2;
        Position position = new Position(
                closedUpTo, newestTime, Position.NONE, newestTimestamp, together ? nextOffset : writtenOffset);
        if (!position.equals(stored)) {
            store.put(Position.KEY, position.toBytes());
            stored = position;
        }
        writtenOffset = nextOffset;
        committedAt = context.currentSystemTimeMs();
        commitLater = cancel(commitLater);
    }

    /**
     * Has what is done committed, soon where windows closed: not at once, since other partitions of this thread close theirs in
     * the same moment and would miss that commit, and not one by one when many windows close in a row. Where readings have been
     * waiting to be read, there are few commits and more readings.
     *
     * @param arrived when the reading arrived at the broker, in epoch milliseconds
     * @param closed whether it closed windows, so that there are summaries
     */
    private void commitSoon(long arrived, boolean closed) {
        long now = context.currentSystemTimeMs();
        long sinceLast = Math.max(0, now - committedAt); // a wall clock may be set back
        long wait = Math.max(JOINED_MILLIS, millisApart(config, now - arrived, closed) - sinceLast);
        if (commitLater == null || now + wait < commitAt) {
            commitAt = now + wait;
            cancel(commitLater);
            commitLater = context.schedule(
                    Duration.ofMillis(wait), PunctuationType.WALL_CLOCK_TIME, then -> context.commit());
        }
    }

    /**
     * How far apart commits are. A summary waits a tenth as long as its reading has waited, progress as long as that at most:
     * what is old already hardly gets older, whatever happens.
     *
     * @param age how long ago the reading arrived, in milliseconds
     */
    static long millisApart(Config config, long age, boolean closed) {
        return closed
                ? between(config.emitInterval(), age / 10, config.commitInterval())
                : between(config.commitInterval(), age, config.catchUpInterval());
    }

    private static long between(Duration least, long millis, Duration most) {
        return Math.max(least.toMillis(), Math.min(millis, most.toMillis()));
    }

    /**
     * Closes and emits the windows that end at or before a time.
     *
     * @param arrived when what closes them arrived at the broker
     * @return how many there were
     */
    private int closeUpTo(long time, long arrived) {
        if (time <= closedUpTo) {
            return 0;
        }
        kept.closing();
        List<OpenWindows.Window> closed = windows.take(Math.max(0, closedUpTo), Math.max(0, time));
        long readings = 0;
        for (OpenWindows.Window window : closed) {
            readings += window.summary().count();
            context.forward(
                    ClosedWindow.record(
                            window.sensor.get(), window.start, window.start + size, window.summary(), partition),
                    ExactTopology.SUMMARIES);
            metrics.sensors().seen(window.sensor, partition);
        }
        metrics.closed(closed.size(), readings);
        kept.closed(closed, size);
        closedUpTo = time;
        if (!closed.isEmpty()) {
            commitSoon(arrived, true);
        }
        return closed.size();
    }

    private boolean anyOpen() {
        return windows.any(Math.max(0, closedUpTo));
    }

    private void watchIdle() {
        if (idleWatch == null && config.closesIdle() && anyOpen()) {
            idleWatch = context.schedule(InputEnd.interval(config), PunctuationType.WALL_CLOCK_TIME, this::closeIfIdle);
        }
    }

    /**
     * Closes what is open once the partition has been idle: for all of {@code --idle-close} its broker has answered, it was
     * read to its end, and no reading for an open window came. Late readings are no sign of life, and {@link InputEnd} starts
     * counting anew after any doubt: a restart, a pause of this process, a broker that did not answer.
     */
    private void closeIfIdle(long now) {
        if (!anyOpen()) {
            idleWatch = cancel(idleWatch);
            return;
        }
        InputEnd.Reached reached = inputEnd.apply(partition);
        if (reached == null
                || reached.readUpTo() - Math.max(lastReadingAt, reached.since())
                        < config.idleClose().toMillis()) {
            return;
        }
        int closed = closeUpTo(windows.newest() + size, now);
        metrics.closedIdle();
        LOG.info(
                "Partition {} idle for {}: closed {} open windows, up to {}",
                partition,
                Durations.format(config.idleClose()),
                closed,
                Instant.ofEpochMilli(closedUpTo));
    }

    /** The raw record as it was, if it fits, and beside its own headers which window it missed, by how much, and where it stood. */
    private void forwardLate(Record<byte[], byte[]> record, long start, long time) {
        metrics.late();
        RecordMetadata source = context.recordMetadata().orElseThrow();
        Headers headers = new RecordHeaders()
                .add("late.window.start", ClosedWindow.text(start))
                .add("late.window.end", ClosedWindow.text(start + size))
                .add("late.by.ms", ClosedWindow.text(closedUpTo - time))
                .add("source.topic", ClosedWindow.text(source.topic()))
                .add("source.partition", ClosedWindow.text(source.partition()))
                .add("source.offset", ClosedWindow.text(source.offset()));
        forward(record, headers, lateLimit, ExactTopology.LATE);
    }

    /** The raw record as it was, if it fits, and beside its own headers those that Kafka's own dead letters have. */
    private void forwardDead(Record<byte[], byte[]> record, RuntimeException why) {
        metrics.dead(why);
        RecordMetadata source = context.recordMetadata().orElseThrow();
        Headers headers = new RecordHeaders()
                .add(
                        "__streams.errors.exception",
                        ClosedWindow.text(why.getClass().getName()))
                .add("__streams.errors.message", ClosedWindow.text("" + why.getMessage()))
                .add("__streams.errors.stacktrace", ClosedWindow.text(why.toString()))
                .add("__streams.errors.topic", ClosedWindow.text(source.topic()))
                .add("__streams.errors.partition", ClosedWindow.text(source.partition()))
                .add("__streams.errors.offset", ClosedWindow.text(source.offset()));
        forward(record, headers, deadLimit, ExactTopology.DEAD);
    }

    private void forward(Record<byte[], byte[]> record, Headers added, RecordLimit limit, String sink) {
        RecordLimit.Fitting fitting = limit.fit(record.key(), record.value(), record.headers(), added);
        if (fitting.isCut()) {
            metrics.cut();
        }
        context.forward(record.withKey(fitting.key()).withValue(fitting.value()).withHeaders(fitting.headers()), sink);
    }

    @Override
    public void close() {
        unwatch.run();
        keptWindows.end(partition, kept);
    }

    private static Cancellable cancel(Cancellable punctuation) {
        if (punctuation != null) {
            punctuation.cancel();
        }
        return null;
    }

    private long floor(long time) {
        return time - Math.floorMod(time, size);
    }
}
