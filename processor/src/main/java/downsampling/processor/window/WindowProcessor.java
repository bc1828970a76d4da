package downsampling.processor.window;

import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.reading.SensorIdDeserializer;
import downsampling.processor.settings.Settings;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
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
 * <p>With {@code --rekey} its partition is one of the topic that {@link RekeyProcessor} writes, and {@link SourceTimes} say how far
 * the partitions of the input have been read.
 *
 * <p>All times in milliseconds since the epoch. One instance per partition, used by one thread.
 */
final class WindowProcessor extends BatchProcessor {
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

    private final SummaryLayout layout;
    private final long size;
    private final long grace;
    private final ReadingReader reader;
    private final Reading reading;
    private final ReadingJson json;
    private final KeptWindows keptWindows;
    private final Metrics metrics;

    private Runnable removeGauges;
    private OpenWindows windows;
    private KeptWindows.Partition kept;
    private SummaryRecords summaries;
    private IdleWatch idle;
    private InputEnd.Watch inputEnd;
    /** Null where the partition is one of the input itself. */
    private @Nullable SourceTimes sources;

    private @Nullable Cancellable idleTimer;
    private @Nullable Cancellable dueTimer;

    WindowProcessor(Settings settings, ReadingReader reader, Surroundings around, KeptWindows keptWindows) {
        super(settings, around, settings.windowedTopic(), settings.storeName(), DEAD);
        this.layout = SummaryLayout.of(settings);
        this.size = settings.windows().size().toMillis();
        this.grace = settings.windows().grace().toMillis();
        this.reader = reader;
        this.reading = new Reading(settings.readings().fields().size());
        this.json = new ReadingJson(settings);
        this.keptWindows = keptWindows;
        this.metrics = around.metrics();
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        int mostOnHeap = settings.state().isInMemory() ? OpenWindows.ALL : MOST_ON_HEAP / (WINDOW + layout.heapBytes());
        windows = OpenWindows.of(store, layout, settings.windows().dedup(), mostOnHeap, Math.max(0, closedUpTo));
        summaries = new SummaryRecords(partition);
        kept = keptWindows.begin(partition, Math.max(0, closedUpTo), windows);
        idle = new IdleWatch(settings.windows(), partition, now);
        sources = settings.readings().rekey()
                ? new SourceTimes(around.inputPartitions(), InputEnd.interval(settings.windows()))
                : null;
        inputEnd = sources == null ? around.inputEnd() : sources;
        StreamTime time = streamTime;
        removeGauges = metrics.addGauges(partition, () -> windows.open(), time::get);
        idleTimer = cancel(idleTimer);
        dueTimer = cancel(dueTimer);
        batchDone();
    }

    @Override
    void process(ConsumerRecord<byte[], byte[]> record, long arrived, long wallTime) {
        if (sources != null) {
            processRekeyed(record, sources, wallTime);
            return;
        }
        SensorId sensor;
        try {
            sensor = SensorIdDeserializer.require(record.key());
            reader.read(record.value(), record.timestamp(), wallTime, reading);
        } catch (RuntimeException e) {
            passDead(record, arrived, e);
            return;
        }
        PrintedRows.reading(record.key(), reading);
        long start = floor(reading.time());
        if (isClosed(start)) {
            passLate(record, arrived, start);
        } else if (count(sensor, start)) {
            streamTime.accept(reading.time(), arrived, now);
            closeWhatIsPast(arrived);
        }
    }

    private void processRekeyed(ConsumerRecord<byte[], byte[]> record, SourceTimes sources, long wallTime) {
        RekeyedReadings.Cursor readings =
                new RekeyedReadings.Cursor(record.value(), settings.topics().input(), layout, reading);
        while (readings.next()) {
            PrintedRows.reading(readings.sensor().get(), reading);
            long start = floor(reading.time());
            if (isClosed(start)) {
                passLate(readings.raw(json), readings.arrived(), start);
            } else if (count(readings.sensor(), start)) {
                streamTime.accept(reading.time());
            }
        }
        streamTime.readUpTo(sources.readUpTo(readings.from(), readings.readUpTo(), now, wallTime));
        closeWhatIsPast(record.timestamp());
    }

    /** Whether the window that starts then is closed: a reading for it is late, and nothing else makes it late. */
    private boolean isClosed(long start) {
        return start + size <= closedUpTo;
    }

    /** Counts the reading in its window, which is open; false if it is a duplicate, with which nothing else happens. */
    private boolean count(SensorId sensor, long start) {
        if (!windows.add(start, sensor, reading.time(), reading.values())) {
            metrics.duplicate();
            return false;
        }
        idle.reading(now);
        return true;
    }

    private void closeWhatIsPast(long arrived) {
        if (isPast(streamTime.get()) && closeUpTo(floor(streamTime.get() - grace), arrived) > 0) {
            metrics.emitted(arrived);
        }
    }

    @Override
    void batchDone() {
        watchIdle();
        watchDue();
    }

    @Override
    void writeState() {
        windows.write();
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
        TopicLimits outputLimits = around.limits().apply(settings.topics().output());
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

    private void passLate(ConsumerRecord<byte[], byte[]> record, long arrived, long start) {
        long end = start + size;
        metrics.late();
        idle.late(start, end, now);
        forward(
                rejected.late(record, arrived, start, end, closedUpTo - reading.time()),
                settings.topics().late(),
                LATE);
    }

    @Override
    public void close() {
        removeGauges.run();
        keptWindows.end(partition, kept);
    }

    private long floor(long time) {
        return time - Math.floorMod(time, size);
    }
}
