package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.reading.SensorIdDeserializer;
import downsampling.processor.settings.Level;
import downsampling.processor.settings.Settings;
import downsampling.processor.window.OpenWindows.Sensor;
import downsampling.processor.window.OpenWindows.Window;
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
 * The tumbling windows {@code [start, end)} of one partition: adds readings to open windows, closes and emits windows once, passes
 * on as late what comes for a closed one, and as dead what is no reading.
 *
 * <p>One number decides: {@code closedUpTo} ({@link Timeline}), of the partition or, with {@code --stream-time=sensor}, of each sensor. A
 * window of whatever level is closed if it ends at or before it, open otherwise, and kept to be corrected as long as it ends less than
 * {@code --allowed-lateness} before. It only grows: when the newest reading is {@code grace} or more past the end of a window, or when
 * there was silence, and never beyond what has ended, grace included, on the wall clock ({@link StreamTime}). As it grows, windows are
 * emitted, and merged into those of the level above, and these are emitted, and so on.
 *
 * <p>The number stands in the same store as the windows ({@link Position}, {@link SensorState}), so one transaction moves the number,
 * the windows, what was emitted and the input offset, and after a crash all four are as they were at the same instant. That is why there
 * is one summary per sensor and window, ever.
 *
 * <p>With {@code --rekey} its partition is one of the topic that {@link RekeyProcessor} writes, and {@link SourceTimes} say how far
 * the partitions of the input have been read.
 *
 * <p>All times in milliseconds since the epoch. One instance per partition, used by one thread.
 */
final class WindowProcessor extends BatchProcessor {
    /** The nodes that this one forwards to, beside those of {@link SummaryOutput}: each the sink of a topic. */
    static final String LATE = "late";

    static final String DEAD = "dead";
    static final String STATUS = "sensor-status";

    /** Bytes of a partition's windows that are kept on the heap beside a state store on disk: 50 000 of the usual ones. */
    private static final int MOST_ON_HEAP = 10_000_000;

    /** Bytes of a window beside its summary. */
    private static final int WINDOW = 144;

    private static final Logger LOG = LoggerFactory.getLogger(WindowProcessor.class);

    /** How often to look whether the broker has answered what was asked at once. */
    private static final long ANSWER_MILLIS = 50;

    /** A rollup waits for a reading as long as a tenth of its window. */
    private static final int IDLE_PART = 10;

    /** Sensors are forgotten a hundredth of that time late. */
    private static final int FORGET_PART = 100;

    private final SummaryLayout layout;
    private final List<Level> levels;
    private final Level longest;
    private final long size;
    private final long grace;
    private final boolean closesIdle;
    private final long idleClose;
    private final boolean bySensor;
    private final boolean saysSilent;
    private final long forgetAfter;
    private final long silentAfter;
    /** For how long closed windows are kept. */
    private final long lateness;

    private final OpenWindows.Kind kind;
    private final ReadingReader reader;
    private final Reading reading;
    private final ReadingJson json;
    private final RecentWindows recentWindows;
    private final Metrics metrics;

    /** Of all sensors, or, where each has its own, what is closed for all of them. */
    private Timeline common;

    private Runnable removeGauges;
    private OpenWindows windows;
    private RecentWindows.Partition recent;
    private SummaryOutput output;
    private IdleWatch idle;
    private InputEnd.Watch inputEnd;
    /** Null where the partition is one of the input itself. */
    private @Nullable SourceTimes sources;

    /** By the time up to which must have been read what came in. */
    private Agenda due;
    /** By Kafka Streams' clock. */
    private Agenda looks;
    /** For how long closed windows may have been kept. */
    private long longestLateness;

    private long forgetNextAt;

    private int silentSensors;

    private @Nullable Cancellable lookTimer;
    private @Nullable Cancellable dueTimer;

    WindowProcessor(Settings settings, ReadingReader reader, Surroundings around, RecentWindows recentWindows) {
        super(settings, around, settings.windowedTopic(), settings.storeName(), DEAD);
        this.layout = SummaryLayout.of(settings);
        this.levels = settings.levels();
        this.longest = levels.get(levels.size() - 1);
        this.size = settings.windows().size().toMillis();
        this.grace = settings.windows().grace().toMillis();
        this.closesIdle = settings.windows().closesIdle();
        this.idleClose = settings.windows().idleClose().toMillis();
        this.bySensor = settings.sensors().ownTime();
        this.saysSilent = settings.sensors().saysSilent();
        this.forgetAfter = settings.sensors().forgetAfter().toMillis();
        this.silentAfter = settings.sensors().silentAfter().toMillis();
        this.lateness = settings.windows().allowedLateness().toMillis();
        this.kind = new OpenWindows.Kind(settings.windows().dedup(), bySensor, bySensor || saysSilent);
        this.reader = reader;
        this.reading = new Reading(settings.readings().fields().size());
        this.json = new ReadingJson(settings);
        this.recentWindows = recentWindows;
        this.metrics = around.metrics();
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        int mostOnHeap = settings.state().isInMemory() ? OpenWindows.ALL : MOST_ON_HEAP / (WINDOW + layout.heapBytes());
        common = new Timeline(stored.closedUpTo(), stored.newest(), now);
        common.goneUpTo = stored.goneUpTo();
        longestLateness = Math.max(lateness, stored.lateness());
        if (isKeptForLonger()) {
            common.keepForLonger(stored.lateness());
        }
        long keptFrom = common.keptFrom(lateness);
        windows = OpenWindows.of(store, layout, kind, mostOnHeap, slot -> end(slot) <= keptFrom);
        common.newest = Math.max(common.newest, windows.newest()); // which version 0.1 did not write
        due = new Agenda();
        looks = new Agenda();
        silentSensors = 0;
        windows.sensors().forEach(this::begin);
        if (!bySensor) {
            begin(common);
        }
        forgetNextAt = Position.NONE;
        recent = recentWindows.begin(partition, Math.max(0, common.closedUpTo), windows);
        output = new SummaryOutput(settings, around, levels, context, partition, recent);
        idle = new IdleWatch(settings.windows(), partition);
        sources = settings.readings().rekey()
                ? new SourceTimes(around.inputPartitions(), InputEnd.interval(settings.windows()))
                : null;
        inputEnd = sources == null ? around.inputEnd() : sources;
        StreamTime time = streamTime;
        OpenWindows of = windows;
        removeGauges = metrics.addGauges(partition, of::open, time::get, () -> silentSensors);
        lookTimer = cancel(lookTimer);
        dueTimer = cancel(dueTimer);
        setTimers();
    }

    private long end(long slot) {
        return levels.get(WindowKey.level(slot)).end(WindowKey.start(slot));
    }

    /** Whether closed windows are kept for longer than before this start. */
    private boolean isKeptForLonger() {
        return lateness > stored.lateness();
    }

    /** Goes on with a sensor that the store knows. */
    private void begin(Sensor sensor) {
        SensorState state = sensor.state;
        if (state == null) {
            return;
        }
        state.countedAt = now;
        state.heardAt = now;
        if (bySensor) {
            if (isKeptForLonger()) {
                state.keepForLonger(stored.lateness());
                windows.change(state.entry);
            }
            begin(state);
            if (windows.isAllOnHeap()) {
                levels.forEach(level -> windows.drop(windows.between(
                        sensor, level.number(), level.start(0), level.start(state.keptFrom(lateness)))));
            }
        }
        if (state.silent) {
            silentSensors++;
        } else if (saysSilent) {
            look(state, now + silentAfter);
        }
    }

    private void begin(Timeline timeline) {
        waitUntilPast(timeline);
        if (isOpen(longest, timeline)) {
            awaitSilence(timeline);
        }
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
        Timeline late = take(sensor, arrived);
        if (late != null) {
            passLate(record, arrived, late);
        }
    }

    private void processRekeyed(ConsumerRecord<byte[], byte[]> record, SourceTimes sources, long wallTime) {
        RekeyedReadings.Cursor readings =
                new RekeyedReadings.Cursor(record.value(), settings.topics().input(), layout, reading);
        while (readings.next()) {
            PrintedRows.reading(readings.sensor().get(), reading);
            Timeline late = take(readings.sensor(), readings.arrived());
            if (late != null) {
                passLate(readings.raw(json), readings.arrived(), late);
            }
        }
        streamTime.readUpTo(sources.readUpTo(readings.from(), readings.readUpTo(), now, wallTime));
        closeWhatIsPast(record.timestamp());
    }

    /**
     * Takes the reading to its window, by what that is: open, closed and kept, or gone.
     *
     * @return null, or how far windows are closed, if it is too late
     */
    private @Nullable Timeline take(SensorId id, long arrived) {
        long time = reading.time();
        long start = floor(time);
        Sensor sensor = windows.sensor(id);
        Timeline timeline = kind.states() ? timeline(sensor, arrived) : common;
        if (start + size > timeline.closedUpTo) {
            if (windows.add(start, sensor, time, reading.values()) == null) {
                metrics.duplicate();
            } else {
                counted(timeline, time, arrived);
            }
        } else if (start + size > timeline.keptFrom(lateness)) {
            correct(sensor, timeline, time);
        } else {
            return timeline;
        }
        return null;
    }

    /** How far the windows of a sensor are closed, where anything is known of sensors by themselves. */
    private Timeline timeline(Sensor sensor, long arrived) {
        SensorState state = windows.state(sensor, common, now);
        windows.change(state.entry);
        long heardOf = Math.min(arrived, now);
        if (saysSilent) {
            heard(state, heardOf);
        }
        state.arrived = Math.max(state.arrived, heardOf);
        if (!bySensor) {
            state.newest = Math.max(state.newest, reading.time()); // for as long is it known
            return common;
        }
        if (state.closedUpTo < common.closedUpTo) {
            closeUpTo(state, common.closedUpTo, arrived);
        }
        return state;
    }

    private void counted(Timeline timeline, long time, long arrived) {
        timeline.counted(time, now);
        awaitSilence(timeline);
        if (sources == null) {
            streamTime.accept(time, arrived, now);
        } else {
            streamTime.accept(time);
        }
        if (bySensor && streamTime.get() >= common.closedUpTo + size + forgetAfter) {
            common.closedUpTo = floor(streamTime.get() - forgetAfter);
        }
        waitUntilPast(timeline);
        if (sources == null) {
            closeWhatIsPast(arrived);
        }
    }

    /** Counts the reading in the window that is closed and kept, and in those of all levels that have this one in them. */
    private void correct(Sensor sensor, Timeline timeline, long time) {
        for (Level level : levels) {
            Window window;
            if (level.number() == 0) {
                window = windows.add(floor(time), sensor, time, reading.values());
                if (window == null) {
                    metrics.duplicate();
                    return;
                }
                metrics.corrected();
                timeline.newest = Math.max(timeline.newest, time);
            } else {
                window = windows.get(WindowKey.slot(level.number(), level.start(time)), sensor);
                window.summary().add(time, reading.values());
                windows.change(window);
            }
            if (level.end(time) > timeline.closedUpTo) {
                awaitSilence(timeline);
                return; // what is above it gets all of it when it closes
            }
            if (window.summary().readings() == 1) {
                window.revision = -1; // there was no record of it
            }
            output.revise(window);
        }
    }

    /** If windows have ended by the newest reading, these are to be closed once what came in by then has been read. */
    private void waitUntilPast(Timeline timeline) {
        long past = Math.max(0, timeline.closedUpTo) + size + grace;
        if (timeline.newest >= past && timeline.dueAt == Timeline.NEVER) {
            timeline.dueAt = past;
            due.add(past, timeline);
        }
    }

    private void closeWhatIsPast(long arrived) {
        while (due.isDue(streamTime.readUpTo())) {
            for (Timeline timeline : due.take(streamTime.readUpTo())) {
                if (timeline.dueAt != Timeline.NEVER) {
                    timeline.dueAt = Timeline.NEVER;
                    long time = Math.min(timeline.newest, streamTime.readUpTo());
                    if (closeUpTo(timeline, floor(time - grace), arrived) > 0) {
                        metrics.emitted(arrived);
                    }
                    waitUntilPast(timeline);
                }
            }
        }
    }

    @Override
    void batchDone() {
        forgetSensors();
        setTimers();
    }

    private void setTimers() {
        if (lookTimer == null && !looks.isEmpty()) {
            lookTimer = schedule(InputEnd.interval(settings.windows()), this::lookForSilence);
        }
        if (dueTimer == null && !due.isEmpty()) {
            long overdue = now - due.first();
            // Not over yet; or not known to be read up to then, which the broker may say in a moment, or not soon.
            long wait = overdue < 0 ? -overdue : Math.max(ANSWER_MILLIS, Math.min(overdue / 2, 1000));
            dueTimer = schedule(Duration.ofMillis(wait), this::closeWhatIsDue);
        }
    }

    @Override
    Position position(Position read) {
        return read.withWindows(common, lateness);
    }

    @Override
    void writeState() {
        output.writeRevised(now);
        windows.write();
    }

    /**
     * Closes and emits the windows of all levels that end at or before a time, and drops those that are not kept any longer.
     *
     * @param arrived when what closes them arrived at the broker
     * @return how many there were that readings are counted in
     */
    private int closeUpTo(Timeline timeline, long time, long arrived) {
        if (time <= timeline.closedUpTo) {
            return 0;
        }
        Sensor sensor = null;
        if (timeline instanceof SensorState state) {
            sensor = windows.sensor(state.entry.sensorId());
            windows.change(state.entry);
        }
        long from = Math.max(0, timeline.closedUpTo);
        long to = Math.max(0, time);
        timeline.closedUpTo = time;
        timeline.closedBySilenceFrom = Position.NONE;
        recent.closing();
        int closed = 0;
        int written = 0;
        for (Level level : levels) {
            List<Window> ended = between(sensor, level, from, to);
            output.closed(level, ended, now);
            written += ended.size();
            if (level.number() == 0) {
                closed = ended.size();
                countClosed(ended);
                recent.closed(ended, size, lateness > 0);
            } else {
                metrics.closedRollups(ended.size());
            }
            if (level != longest) {
                merge(ended, levels.get(level.number() + 1));
            }
            if (longestLateness == 0) {
                windows.drop(ended);
            } else {
                List<Window> gone = between(
                        sensor, level, Math.max(0, from - longestLateness), Math.max(0, timeline.keptFrom(lateness)));
                gone.forEach(window -> output.writeRevised(window, now));
                windows.drop(gone);
            }
        }
        windows.forgetOldSensors(closed, from);
        recent.closed();
        if (written > 0) {
            commitSoon(arrived, true);
        }
        return closed;
    }

    /** The windows of a level that end after a time and at or before another one. */
    private List<Window> between(@Nullable Sensor sensor, Level level, long from, long to) {
        long first = level.start(from);
        long end = level.start(to);
        if (sensor != null) {
            windows.fetch(sensor, level, first, end);
        }
        return windows.between(sensor, level.number(), first, end);
    }

    private void merge(List<Window> ended, Level above) {
        for (Window part : ended) {
            Window whole = windows.get(
                    WindowKey.slot(above.number(), above.start(part.start())), windows.sensor(part.sensorId()));
            whole.summary().merge(part.summary());
            windows.change(whole);
        }
    }

    private void countClosed(List<Window> closed) {
        long readings = 0;
        int incomplete = 0;
        for (Window window : closed) {
            readings += window.summary().readings();
            incomplete += window.summary().isIncomplete() ? 1 : 0;
        }
        metrics.closed(closed.size(), readings);
        if (incomplete > 0) {
            metrics.incomplete(incomplete);
            LOG.warn(
                    "{} summaries of partition {} have null for what was not asked for when their window was begun",
                    incomplete,
                    partition);
        }
    }

    /** For how long there has to be silence until a level's windows close. */
    private long idleClose(Level level) {
        return level.number() == 0 ? idleClose : Math.max(idleClose, level.length() / IDLE_PART);
    }

    /** Whether a level's window with the newest reading is open: that is the last one to be. */
    private static boolean isOpen(Level level, Timeline timeline) {
        return timeline.newest != Position.NONE && level.end(timeline.newest) > timeline.closedUpTo;
    }

    /** Sees to it that a timeline is looked at by then. */
    private void look(Timeline timeline, long at) {
        if (at < timeline.lookAt) {
            timeline.lookAt = at;
            looks.add(at, timeline);
        }
    }

    /** Something of it is open, which silence would close. */
    private void awaitSilence(Timeline timeline) {
        if (closesIdle) {
            look(timeline, now + idleClose);
        }
    }

    private void lookForSilence(long now) {
        this.now = now;
        if (looks.isEmpty()) {
            lookTimer = cancel(lookTimer);
            return;
        }
        InputEnd.Reached reached = inputEnd.reached(partition, progress.nextOffset(), false);
        for (Timeline timeline : looks.take(now)) {
            if (timeline.lookAt <= now) { // else it has been looked at meanwhile, or forgotten
                timeline.lookAt = Timeline.NEVER;
                look(timeline, reached == null ? now + 1 : closeOrSaySilent(timeline, reached));
            }
        }
        setTimers();
    }

    /**
     * Closes windows of a timeline after silence, and says of a sensor that it is silent: if for long enough the broker has answered,
     * the partition was read to its end, and no reading came. What is late or comes again is no sign of life of an open window;
     * {@link InputEnd} starts counting anew after any doubt: a restart, a pause of this process, a broker that did not answer.
     *
     * @return when to look again
     */
    private long closeOrSaySilent(Timeline timeline, InputEnd.Reached reached) {
        long next = Timeline.NEVER;
        if (closesIdle && (bySensor || timeline == common)) {
            long silence = reached.seenAt() - Math.max(timeline.countedAt, reached.since());
            for (Level level : levels) {
                if (isOpen(level, timeline) && silence >= idleClose(level)) {
                    closeAfterSilence(timeline, level, reached);
                }
                if (isOpen(level, timeline)) {
                    next = Math.min(next, now + Math.max(1, idleClose(level) - silence));
                }
            }
        }
        if (saysSilent && timeline instanceof SensorState state && !state.silent) {
            long silence = reached.seenAt() - Math.max(state.heardAt, reached.since());
            if (silence >= silentAfter) {
                state.silent = true;
                silentSensors++;
                windows.change(state.entry);
                forwardStatus(SensorStatus.silent(
                        state.entry.sensorId().get(), state.arrived, state.arrived + silentAfter, partition));
            } else {
                next = Math.min(next, now + Math.max(1, silentAfter - silence));
            }
        }
        return next;
    }

    private void closeAfterSilence(Timeline timeline, Level level, InputEnd.Reached reached) {
        long before = timeline.closedUpTo;
        long to = Math.min(level.start(reached.readUpTo() - grace), level.end(timeline.newest));
        int closed = closeUpTo(timeline, to, now);
        if (timeline.closedUpTo > before) {
            timeline.closedBySilenceFrom = before;
        }
        if (closed > 0) {
            metrics.closedIdle();
            idle.closed(timeline, closed);
        }
    }

    /** A reading of a sensor has come, whatever becomes of it. */
    private void heard(SensorState state, long arrived) {
        if (state.silent) {
            state.silent = false;
            silentSensors--;
            forwardStatus(SensorStatus.back(
                    state.entry.sensorId().get(), Math.max(0, arrived - state.arrived), arrived, partition));
        }
        state.heardAt = now;
        look(state, now + silentAfter);
    }

    private void forwardStatus(Record<byte[], byte[]> record) {
        forward(record, settings.topics().status(), STATUS);
        commitSoon(now, true);
    }

    /**
     * Closes windows that readings ahead of the wall clock would have closed, when they are over, without another reading.
     */
    private void closeWhatIsDue(long now) {
        this.now = now;
        dueTimer = cancel(dueTimer);
        if (due.isDue(now)) {
            InputEnd.Reached reached = inputEnd.reached(partition, progress.nextOffset(), true);
            if (reached != null) {
                streamTime.readUpTo(reached.readUpTo());
            }
            closeWhatIsPast(now);
        }
        setTimers();
    }

    /** Forgets sensors that are too far behind the newest reading of the partition; looks at all of them, so not often. */
    private void forgetSensors() {
        if (!kind.states() || streamTime.get() == Position.NONE) {
            return;
        }
        long horizon = floor(streamTime.get() - forgetAfter);
        if (horizon < forgetNextAt) {
            return;
        }
        forgetNextAt = horizon + forgetAfter / FORGET_PART;
        for (Sensor sensor : windows.sensors()) {
            SensorState state = sensor.state;
            if (state == null) {
                continue;
            }
            if (bySensor) {
                closeUpTo(state, horizon, now);
            }
            boolean behind = bySensor
                    ? state.newest == Position.NONE || longest.end(state.newest) <= state.keptFrom(lateness)
                    : state.newest < horizon;
            if (behind && state.newest < horizon) {
                silentSensors -= state.silent ? 1 : 0;
                state.lookAt = Timeline.NEVER;
                state.dueAt = Timeline.NEVER;
                windows.forget(sensor);
            }
        }
    }

    private void passLate(ConsumerRecord<byte[], byte[]> record, long arrived, Timeline timeline) {
        long start = floor(reading.time());
        long end = start + size;
        metrics.late();
        idle.late(timeline, start, end, now);
        long by = timeline.keptFrom(lateness) - reading.time();
        forward(
                rejected.late(record, arrived, start, end, by),
                settings.topics().late(),
                LATE);
    }

    @Override
    public void close() {
        removeGauges.run();
        recentWindows.end(partition, requireNonNull(recent));
    }

    private long floor(long time) {
        return time - Math.floorMod(time, size);
    }
}
