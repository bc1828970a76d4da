package downsampling.processor;

import downsampling.service.Durations;
import downsampling.service.FailedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
 * when {@link StreamTime} is {@code grace} or more past the end of a window, or when the partition is idle, and never beyond
 * what has ended, grace included, on the wall clock. It stands in the same store as the open windows ({@link Position}), so one
 * transaction moves the number, the windows, what was emitted and the input offset, and after a crash all four are as they were
 * at the same instant. That is why there is one summary per sensor and window, ever.
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

    /** How often to look whether the broker has answered what was asked at once, in milliseconds. */
    private static final long ANSWER = 50;

    /** How seldom to tell that readings come late for windows that silence closed, in milliseconds. */
    private static final long TOLD = 600_000;

    private final Config config;
    private final long size;
    private final long grace;
    private final Deserializer<Reading> readings;
    private final InputEnd.Watch inputEnd;
    private final Metrics metrics;
    private final KeptWindows keptWindows;
    private final InputConsumers input;

    private ProcessorContext<byte[], byte[]> context;
    private int partition;
    private Runnable unwatch;
    private KeyValueStore<Bytes, byte[]> store;
    private OpenWindows windows;
    private KeptWindows.Partition kept;
    private RecordLimit lateLimit;
    private RecordLimit deadLimit;
    private InputConsumers.Place place;

    /** What the store has of what follows. */
    private Position stored;

    private long closedUpTo;
    private StreamTime streamTime;
    private long newestTimestamp;
    private long nextOffset;
    /** What {@link #nextOffset} was when the store was last written. */
    private long writtenOffset;
    /** Whether records have been passed over, so that it is told once. */
    private boolean passingOver;

    private CommitPace pace;
    /** When the last reading came that was not late. This and {@link #pace} go by Kafka Streams' clock, which is never set back. */
    private long lastReadingAt;
    /** Silence has closed windows that ended after the first and up to the second. */
    private long silentFrom;

    private long silentTo;
    private long silenceToldAt;
    // Only as long as they are needed: to Kafka Streams each call of a punctuator is a reason for a commit.
    private Cancellable commitLater;
    private Cancellable idleWatch;
    private Cancellable dueWatch;

    WindowProcessor(
            Config config,
            Deserializer<Reading> readings,
            InputEnd.Watch inputEnd,
            KeptWindows keptWindows,
            InputConsumers input,
            Metrics metrics) {
        this.config = config;
        this.size = config.window().toMillis();
        this.grace = config.grace().toMillis();
        this.readings = readings;
        this.inputEnd = inputEnd;
        this.metrics = metrics;
        this.keptWindows = keptWindows;
        this.input = input;
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
        streamTime = new StreamTime(config.maxAhead().toMillis(), stored.newest(), stored.readUpTo());
        newestTimestamp = stored.newestTimestamp();
        nextOffset = stored.nextOffset();
        writtenOffset = nextOffset;
        passingOver = false;
        silentTo = Position.NONE;
        silenceToldAt = Position.NONE;
        place = input.resume(partition, together() ? nextOffset : -1);
        kept = keptWindows.begin(partition, Math.max(0, closedUpTo));
        context.<BeforeCommit>getStateStore(BeforeCommit.NAME).run(this::write);
        lastReadingAt = context.currentSystemTimeMs();
        pace = new CommitPace(config, lastReadingAt);
        StreamTime time = streamTime;
        unwatch = metrics.watch(partition, () -> windows.open(), time::get);
        commitLater = cancel(commitLater);
        idleWatch = cancel(idleWatch);
        dueWatch = cancel(dueWatch);
        watchIdle();
        watchDue();
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (!pace.isDue()) {
            commitSoon(record.timestamp(), false);
        }
        long offset = context.recordMetadata().orElseThrow().offset();
        if (record.value() == InputConsumers.DELETED) {
            tellDeleted(record, offset);
            return;
        }
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
        lastReadingAt = context.currentSystemTimeMs();
        streamTime.accept(reading.time(), record.timestamp(), lastReadingAt);
        watchIdle();
        if (isPast(streamTime.get()) && closeUpTo(floor(streamTime.get() - grace), record.timestamp()) > 0) {
            metrics.emitted(record.timestamp());
        }
        if (dueWatch == null && isPast(streamTime.newest())) {
            watchDue();
        }
    }

    /** Whether windows that may be open have ended by a time, grace included. */
    private boolean isPast(long time) {
        return time >= closedUpTo + size + grace;
    }

    /**
     * A record that was processed before, as the state says, though the offsets of the group do not: they were deleted, have
     * expired or were set back. To count it again would be wrong, and to call it late as well.
     *
     * @throws FailedException if it is newer than all that were processed, and so another record than the one that was
     */
    private void passOver(long offset, long timestamp) {
        if (timestamp > newestTimestamp) {
            throw input.anotherTopic(
                    partition,
                    String.format(
                            "all before offset %d was processed, but the record at offset %d is newer (%s)",
                            nextOffset, offset, Instant.ofEpochMilli(timestamp)));
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

    /** Records are gone that nobody has read, up to an offset; that is told in the transaction that moves past them. */
    private void tellDeleted(Record<byte[], byte[]> record, long last) {
        long first = Math.max(nextOffset, InputConsumers.firstDeleted(record.headers()));
        if (first > last) {
            return;
        }
        nextOffset = last + 1;
        metrics.deletedUnread(last + 1 - first);
        DeletedInput deleted = new DeletedInput(config.inputTopic(), partition, first, last);
        LOG.warn("{}", deleted);
        context.forward(new Record<>(null, null, record.timestamp(), deleted.headers()), ExactTopology.DEAD);
    }

    /** Whether state, results and input offsets are committed in one. */
    private boolean together() {
        return config.guarantee() == Config.Guarantee.EXACTLY_ONCE_V2;
    }

    /** Brings to the store what is to be committed. */
    private void write() {
        windows.write();
        // Without transactions the state may outlive results that were on their way; those of the commit before were
        // not.
        nextOffset = place.next(nextOffset);
        Position position = new Position(
                closedUpTo,
                streamTime.newest(),
                streamTime.readUpTo(),
                newestTimestamp,
                together() ? nextOffset : writtenOffset);
        if (!position.equals(stored)) {
            store.put(Position.KEY, position.toBytes());
            stored = position;
        }
        writtenOffset = nextOffset;
        pace.committed(context.currentSystemTimeMs());
        commitLater = cancel(commitLater);
    }

    /** @param arrived when the reading arrived at the broker that is to be committed, or the summaries of what it closed */
    private void commitSoon(long arrived, boolean closed) {
        long wait = pace.done(arrived, closed, context.currentSystemTimeMs());
        if (wait >= 0) {
            cancel(commitLater);
            commitLater = context.schedule(
                    Duration.ofMillis(wait), PunctuationType.WALL_CLOCK_TIME, then -> context.commit());
        }
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
     * Closes what has ended once the partition has been idle: for all of {@code --idle-close} its broker has answered, it was
     * read to its end, and no reading for an open window came. Late readings are no sign of life, and {@link InputEnd} starts
     * counting anew after any doubt: a restart, a pause of this process, a broker that did not answer.
     */
    private void closeIfIdle(long now) {
        if (!anyOpen()) {
            idleWatch = cancel(idleWatch);
            return;
        }
        InputEnd.Reached reached = inputEnd.reached(partition, nextOffset, false);
        if (reached == null
                || reached.seenAt() - Math.max(lastReadingAt, reached.since())
                        < config.idleClose().toMillis()) {
            return;
        }
        long before = closedUpTo;
        int closed = closeUpTo(Math.min(floor(reached.readUpTo() - grace), windows.newest() + size), now);
        if (closed > 0) {
            metrics.closedIdle();
            silentFrom = before;
            silentTo = closedUpTo;
            LOG.info(
                    "Partition {} has been idle for {}: closed {} open windows, up to {}",
                    partition,
                    Durations.format(config.idleClose()),
                    closed,
                    Instant.ofEpochMilli(closedUpTo));
        }
    }

    /**
     * Sees to it that windows which a reading ahead of the wall clock would have closed are closed when they are over, without
     * another reading.
     */
    private void watchDue() {
        if (dueWatch == null && closedUpTo > Position.NONE && isPast(streamTime.newest())) {
            long overdue = context.currentSystemTimeMs() - (closedUpTo + size + grace);
            // Not over yet; or not known to be read up to then, which the broker may tell in a moment, or not soon.
            long wait = overdue < 0 ? -overdue : Math.max(ANSWER, Math.min(overdue / 2, 1000));
            dueWatch = context.schedule(Duration.ofMillis(wait), PunctuationType.WALL_CLOCK_TIME, this::closeIfDue);
        }
    }

    private void closeIfDue(long now) {
        dueWatch = cancel(dueWatch);
        if (isPast(streamTime.newest()) && now >= closedUpTo + size + grace) {
            InputEnd.Reached reached = inputEnd.reached(partition, nextOffset, true);
            if (reached != null) {
                streamTime.readUpTo(reached.readUpTo());
            }
            if (isPast(streamTime.get())) {
                closeUpTo(floor(streamTime.get() - grace), now);
            }
        }
        watchDue();
    }

    /** The raw record as it was, if it fits, and beside its own headers which window it missed, by how much, and where it stood. */
    private void forwardLate(Record<byte[], byte[]> record, long start, long time) {
        metrics.late();
        if (start + size <= silentTo && start + size > silentFrom) {
            tellOfSilence(start);
        }
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

    private void tellOfSilence(long start) {
        long now = context.currentSystemTimeMs();
        if (silenceToldAt == Position.NONE || now - silenceToldAt >= TOLD) {
            silenceToldAt = now;
            LOG.warn(
                    "Partition {}: readings come late for windows that silence closed, such as the one from {} on; --idle-close"
                            + " ({}) has to be longer than the longest pause between two uploads",
                    partition,
                    Instant.ofEpochMilli(start),
                    Durations.format(config.idleClose()));
        }
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
