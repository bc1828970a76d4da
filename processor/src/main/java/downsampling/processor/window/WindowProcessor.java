package downsampling.processor.window;

import downsampling.processor.input.Batches;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.reading.SensorIdDeserializer;
import downsampling.processor.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tumbling window {@code [start, end)} of one partition: adds readings to open windows, closes and emits windows once,
 * passes on as late what comes for a closed one, and as dead what is no reading.
 *
 * <p>One number decides: {@code closedUpTo}. A window is closed if it ends at or before it, open otherwise. It only grows:
 * when {@link StreamTime} is {@code grace} or more past the end of a window, or when the partition is idle ({@link IdleWatch}),
 * and never beyond what has ended, grace included, on the wall clock. It stands in the same store as the open windows
 * ({@link Position}), so one transaction moves the number, the windows, what was emitted and the input offset, and after a crash
 * all four are as they were at the same instant. That is why there is one summary per sensor and window, ever.
 *
 * <p>Records come as bytes and are read here, not by Kafka Streams: what it makes of a record that cannot be deserialized
 * belongs to whichever transaction is open when the record is next in turn, and not to the one that moves past it.
 *
 * <p>All times in milliseconds since the epoch. One instance per partition, used by one thread.
 */
final class WindowProcessor implements Processor<byte[], List<ConsumerRecord<byte[], byte[]>>, byte[], byte[]> {
    /** The nodes that this one forwards to, each the sink of a topic. */
    static final String SUMMARIES = "summaries";

    static final String LATE = "late";
    static final String DEAD = "dead";

    /** Bytes of a partition's windows that are kept on the heap beside a state store on disk: 50 000 of the usual ones. */
    private static final int MOST_ON_HEAP = 10_000_000;

    /** Bytes of a window beside its summary. */
    private static final int WINDOW = 136;

    private static final Logger LOG = LoggerFactory.getLogger(WindowProcessor.class);

    /** How often to look whether the broker has answered what was asked at once. */
    private static final long ANSWER_MILLIS = 50;

    private final Settings settings;
    private final SummaryLayout layout;
    private final long size;
    private final long grace;
    private final String changelog;
    private final ReadingReader reader;
    private final Reading reading;
    private final LongSupplier wallClock;
    private final InputEnd.Watch inputEnd;
    private final InputConsumers input;
    private final KeptWindows keptWindows;
    private final Function<String, TopicLimits> limits;
    private final Metrics metrics;
    private final Faults faults;

    private ProcessorContext<byte[], byte[]> context;
    private int partition;
    /** The wall clock as of the call that Kafka Streams makes: nothing that one call does needs a later one. */
    private long now;

    private Runnable removeGauges;
    private KeyValueStore<Bytes, byte[]> store;
    private OpenWindows windows;
    private KeptWindows.Partition kept;
    private SummaryRecords summaries;
    private RejectedRecords rejected;

    /** What the store has of the three that follow. */
    private Position stored;

    private long closedUpTo;
    private StreamTime streamTime;
    private Progress progress;

    private CommitPace pace;
    private IdleWatch idle;
    // Timers are there only as long as they are needed: each call of a punctuator makes Kafka Streams commit.
    private @Nullable Cancellable commitTimer;
    private @Nullable Cancellable idleTimer;
    private @Nullable Cancellable dueTimer;

    WindowProcessor(
            Settings settings,
            ReadingReader reader,
            LongSupplier wallClock,
            InputEnd.Watch inputEnd,
            InputConsumers input,
            KeptWindows keptWindows,
            Function<String, TopicLimits> limits,
            Metrics metrics,
            Faults faults) {
        this.settings = settings;
        this.layout = SummaryLayout.of(settings);
        this.size = settings.windows().size().toMillis();
        this.grace = settings.windows().grace().toMillis();
        this.changelog = settings.changelog();
        this.reader = reader;
        this.reading = new Reading(settings.readings().fields().size());
        this.wallClock = wallClock;
        this.inputEnd = inputEnd;
        this.input = input;
        this.keptWindows = keptWindows;
        this.limits = limits;
        this.metrics = metrics;
        this.faults = faults;
    }

    /** Also called on an instance that was in use, when its task is started anew from the changelog after a failure. */
    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        partition = context.taskId().partition();
        now = context.currentSystemTimeMs();
        store = context.getStateStore(settings.storeName());
        stored = Position.of(store);
        closedUpTo = stored.closedUpTo();
        int mostOnHeap = settings.state().isInMemory() ? OpenWindows.ALL : MOST_ON_HEAP / (WINDOW + layout.heapBytes());
        windows = OpenWindows.of(store, layout, mostOnHeap, Math.max(0, closedUpTo));
        streamTime = new StreamTime(settings.readings().maxAhead().toMillis(), stored.newest(), stored.readUpTo());
        progress = new Progress(settings, partition, input, stored);
        summaries = new SummaryRecords(partition);
        rejected = new RejectedRecords(settings.topics(), limits, metrics);
        kept = keptWindows.begin(partition, Math.max(0, closedUpTo), windows);
        context.<BeforeCommit>getStateStore(BeforeCommit.NAME).action(this::write);
        pace = new CommitPace(settings.processing(), now);
        idle = new IdleWatch(settings.windows(), partition, now);
        StreamTime time = streamTime;
        removeGauges = metrics.addGauges(partition, () -> windows.open(), time::get);
        commitTimer = cancel(commitTimer);
        idleTimer = cancel(idleTimer);
        dueTimer = cancel(dueTimer);
        watchIdle();
        watchDue();
    }

    /** Processes a batch, see {@link Batches}: commits fall between batches. */
    @Override
    public void process(Record<byte[], List<ConsumerRecord<byte[], byte[]>>> batch) {
        now = context.currentSystemTimeMs();
        long wallTime = wallClock.getAsLong();
        TopicLimits changelogLimits = limits.apply(changelog);
        for (ConsumerRecord<byte[], byte[]> record : batch.value()) {
            process(record, changelogLimits.timestamp(record.timestamp(), now), wallTime);
        }
        watchIdle();
        watchDue();
    }

    /**
     * Processes a record of a batch.
     *
     * @param arrived  the timestamp of the record, or the nearest that the changelog accepts
     * @param wallTime the wall clock as of the batch, which {@link #now} may be ahead of, when that was set back
     */
    private void process(ConsumerRecord<byte[], byte[]> record, long arrived, long wallTime) {
        if (!pace.isDue()) {
            commitSoon(arrived, false);
        }
        if (record.value() == InputConsumers.DELETED) {
            passDeleted(record, arrived);
            return;
        }
        if (!progress.accept(record.offset(), arrived)) {
            metrics.repeated();
            return;
        }
        SensorId sensor;
        try {
            sensor = SensorIdDeserializer.require(record.key());
            reader.read(record.value(), record.timestamp(), wallTime, reading);
        } catch (RuntimeException e) { // a NotAReadingException; a fault of ours must not stop the stream either
            faults.dead(record.topic(), partition, record.offset(), e);
            forward(rejected.dead(record, arrived, e), settings.topics().dead(), DEAD);
            return;
        }
        PrintedRows.reading(record.key(), reading);
        long start = floor(reading.time());
        if (start + size <= closedUpTo) {
            passLate(record, arrived, start, reading.time());
            return;
        }
        windows.add(start, sensor, reading.time(), reading.values());
        idle.reading(now);
        streamTime.accept(reading.time(), arrived, now);
        if (isPast(streamTime.get()) && closeUpTo(floor(streamTime.get() - grace), arrived) > 0) {
            metrics.emitted(arrived);
        }
    }

    /** Whether windows that may be open have ended by a time, grace included. */
    private boolean isPast(long time) {
        return time >= closedUpTo + size + grace;
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
        TopicLimits outputLimits = limits.apply(settings.topics().output());
        long readings = 0;
        int incomplete = 0;
        for (OpenWindows.Window window : closed) {
            readings += window.summary().readings();
            incomplete += window.summary().isIncomplete() ? 1 : 0;
            Record<byte[], byte[]> summary =
                    summaries.of(window.sensor().get(), window.start, window.start + size, window.summary());
            context.forward(outputLimits.fit(summary, now), SUMMARIES);
            metrics.sensors().seen(window.sensor(), partition);
        }
        metrics.closed(closed.size(), readings);
        if (incomplete > 0) {
            metrics.incomplete(incomplete);
            LOG.warn(
                    "{} summaries of partition {} have null for what was not asked for when their window was begun",
                    incomplete,
                    partition);
        }
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
        if (idleTimer == null && settings.windows().closesIdle() && anyOpen()) {
            idleTimer = schedule(idle.interval(), this::closeIfIdle);
        }
    }

    private void closeIfIdle(long now) {
        this.now = now;
        if (!anyOpen()) {
            idleTimer = cancel(idleTimer);
            return;
        }
        InputEnd.Reached reached = inputEnd.reached(partition, progress.nextOffset(), false);
        if (reached != null && idle.isIdle(reached)) {
            long before = closedUpTo;
            int closed = closeUpTo(Math.min(floor(reached.readUpTo() - grace), windows.newest() + size), now);
            if (closed > 0) {
                metrics.closedIdle();
                idle.closed(closed, before, closedUpTo);
            }
        }
    }

    /**
     * Sees to it that windows which a reading ahead of the wall clock would have closed are closed when they are over, without
     * another reading.
     */
    private void watchDue() {
        if (dueTimer == null && closedUpTo > Position.NONE && isPast(streamTime.newest())) {
            long overdue = now - (closedUpTo + size + grace);
            // Not over yet; or not known to be read up to then, which the broker may say in a moment, or not soon.
            long wait = overdue < 0 ? -overdue : Math.max(ANSWER_MILLIS, Math.min(overdue / 2, 1000));
            dueTimer = schedule(Duration.ofMillis(wait), this::closeIfDue);
        }
    }

    private void closeIfDue(long now) {
        this.now = now;
        dueTimer = cancel(dueTimer);
        if (isPast(streamTime.newest()) && now >= closedUpTo + size + grace) {
            InputEnd.Reached reached = inputEnd.reached(partition, progress.nextOffset(), true);
            if (reached != null) {
                streamTime.readUpTo(reached.readUpTo());
            }
            if (isPast(streamTime.get())) {
                closeUpTo(floor(streamTime.get() - grace), now);
            }
        }
        watchDue();
    }

    private void passLate(ConsumerRecord<byte[], byte[]> record, long arrived, long start, long time) {
        long end = start + size;
        metrics.late();
        idle.late(start, end, now);
        forward(
                rejected.late(record, arrived, start, end, closedUpTo - time),
                settings.topics().late(),
                LATE);
    }

    /** Records are gone that nobody has read, up to an offset; that is reported in the transaction that moves past them. */
    private void passDeleted(ConsumerRecord<byte[], byte[]> record, long arrived) {
        progress.acceptDeleted(record.headers(), record.offset()).ifPresent(deleted -> {
            metrics.deletedUnread(deleted.count());
            LOG.warn("{}", deleted);
            forward(rejected.deleted(deleted, arrived), settings.topics().dead(), DEAD);
        });
    }

    private void forward(Record<byte[], byte[]> record, String topic, String sink) {
        context.forward(limits.apply(topic).fit(record, now), sink);
    }

    /** Brings to the store what is to be committed. */
    private void write() {
        now = context.currentSystemTimeMs();
        windows.write();
        Position position = progress.committing(closedUpTo, streamTime);
        position.write(store, stored);
        stored = position;
        pace.committed(now);
        commitTimer = cancel(commitTimer);
    }

    /** @param arrived when the reading arrived at the broker that is to be committed, or the summaries of what it closed */
    private void commitSoon(long arrived, boolean closed) {
        long wait = pace.done(arrived, closed, now);
        if (wait >= 0) {
            cancel(commitTimer);
            commitTimer = schedule(Duration.ofMillis(wait), then -> context.commit());
        }
    }

    @Override
    public void close() {
        removeGauges.run();
        keptWindows.end(partition, kept);
    }

    private Cancellable schedule(Duration interval, Punctuator action) {
        return context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, action);
    }

    private static @Nullable Cancellable cancel(@Nullable Cancellable timer) {
        if (timer != null) {
            timer.cancel();
        }
        return null;
    }

    private long floor(long time) {
        return time - Math.floorMod(time, size);
    }
}
