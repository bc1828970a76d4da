package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import downsampling.processor.reading.SensorId;
import downsampling.processor.settings.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The windows of one partition that are open, or closed and to be kept. While readings come they are objects on the heap;
 * {@link #write} brings those that have changed to the logged store, once per commit and not once per reading. What is known of
 * sensors ({@link SensorState}) stands beside them, all of it on the heap.
 *
 * <p>The store holds all of them as of the last commit, as {@link StoredWindows} says: in memory the heap holds all of them,
 * too; beside a store on disk it holds those touched lately, no more than are allowed beyond a commit. One instance per
 * partition, used by one thread, but for what any thread may call.
 *
 * <p>A window is named by its slot, see {@link WindowKey}: its start, for those that readings are counted in.
 */
final class OpenWindows {
    /** For {@code mostOnHeap}: all of them. */
    static final int ALL = Integer.MAX_VALUE;

    private static final long NONE = Long.MIN_VALUE;
    private static final Timeline NOTHING_CLOSED = new Timeline(NONE, NONE, 0);

    /** So many readings that are to be known again take as much heap as a window. */
    private static final int READINGS_OF_A_WINDOW = 5;

    private final KeyValueStore<Bytes, byte[]> store;
    private final SummaryLayout layout;
    private final Kind kind;
    private final StoredWindows stored;
    /** That, if it has all windows in a log. */
    private final @Nullable WindowLog log;

    private final StoredReadings readings;
    private final LongPredicate isGone;

    private final int mostOnHeap;
    /** Those that have a window on the heap, or had one lately: then the next one needs no new entry; and those with a state. */
    private final Map<SensorId, Sensor> sensors = new ConcurrentHashMap<>();
    /**
     * On the heap, by slot; those of one slot in the order in which they opened. Not used where sensors close their windows by
     * themselves.
     */
    private final TreeMap<Long, List<Window>> bySlot = new TreeMap<>();

    /** The slot that was asked for last, and its windows; windows mostly open by time. */
    private long lastSlot = NONE;

    private List<Window> last = new ArrayList<>();
    private final List<StateEntry> changed = new ArrayList<>();
    /** Keys in the store of what is written anew in another form. */
    private final List<Bytes> outdated = new ArrayList<>();

    private int onHeap;
    /** How many readings of theirs are to be known again. */
    private long readingsOnHeap;
    /** In the store, on the heap or both. */
    private long open;
    /** No window with a later start is in the store without being on the heap: new ones need not be looked up there. */
    private long storeOnlyUpTo = NONE;
    /** Start of the newest window there was, or {@link #NONE}. */
    private long newest = NONE;

    /**
     * What is to be known.
     *
     * @param dedup   whether a reading that comes again counts once; of windows that were begun without it, those readings are
     *     known that come from now on
     * @param bySensor whether sensors close their windows by themselves
     * @param states  whether anything is known of sensors by themselves
     */
    record Kind(boolean dedup, boolean bySensor, boolean states) {}

    private OpenWindows(
            KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, Kind kind, int mostOnHeap, LongPredicate isGone) {
        this.store = store;
        this.layout = layout;
        this.kind = kind;
        this.mostOnHeap = mostOnHeap;
        this.isGone = isGone;
        log = mostOnHeap == ALL ? new WindowLog(store) : null;
        stored = log == null ? new WindowTable(store) : log;
        readings = new StoredReadings(store, layout, log != null, log != null && !kind.bySensor);
    }

    /**
     * The windows that a store has.
     *
     * @param layout     of the summaries
     * @param mostOnHeap how many windows may stay on the heap beyond a {@link #write}, or {@link #ALL}
     * @param isGone     whether the windows of a slot are neither open nor kept, whatever sensor they are of
     */
    static OpenWindows of(
            KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, Kind kind, int mostOnHeap, LongPredicate isGone) {
        OpenWindows windows = new OpenWindows(store, layout, kind, mostOnHeap, isGone);
        windows.stored.load(windows);
        long records = windows.readings.load(windows, isGone, kind.dedup);
        if (windows.log == null) {
            windows.open = Math.max(0, windows.open - records); // they were taken for windows
        }
        return windows;
    }

    /** The store has windows that are not on the heap, none of which starts later than this. */
    void storeOnly(long upTo) {
        storeOnlyUpTo = Math.max(storeOnlyUpTo, upTo);
        newest = Math.max(newest, upTo);
    }

    /** How many windows the store has that are not on the heap. */
    void inStore(long count) {
        open += count;
    }

    /**
     * Puts on the heap what was written.
     *
     * @return null if that is nothing any more
     */
    @Nullable
    StateEntry put(long slot, SensorId id, byte[] value) {
        if (slot == WindowKey.SENSOR) {
            if (!kind.states) {
                return null;
            }
            SensorState state = state(sensor(id), NOTHING_CLOSED, 0);
            state.read(value);
            state.storeOnlyUpTo = state.newest;
            return state.entry;
        }
        if (isGone.test(slot)) {
            return null;
        }
        Sensor sensor = sensor(id);
        Window window = sensor.window(slot);
        if (window == null) {
            window = open(slot, sensor, null);
        }
        window.read(value);
        return window;
    }

    /** Puts on the heap what is to be written in another form than it was. */
    void rewrite(long slot, SensorId sensor, byte[] value) {
        StateEntry entry = put(slot, sensor, value);
        if (entry != null) {
            change(entry);
        }
    }

    /**
     * Adds readings that the store has to those of a window, if the store has that, too.
     *
     * @param areWritten whether the store has them in the form in which it is to have them
     */
    void load(long start, SensorId id, Consumer<SeenReadings> reader, boolean areWritten) {
        Window window = find(start, sensor(id));
        SeenReadings seen = window == null ? new SeenReadings(layout.fields().size()) : window.seen();
        int before = seen.size();
        reader.accept(seen);
        if (window != null) {
            readingsOnHeap += seen.size() - before;
            if (!areWritten) {
                change(window);
            }
        }
    }

    /** The store has a record that is to be deleted when all is written that stood in it. */
    void outdated(Bytes key) {
        outdated.add(key);
    }

    /** How many windows there are: what RocksDB guesses it had at the start is in it. Any thread may ask, and get what was. */
    long open() {
        return open;
    }

    /**
     * Adds a reading to the window of a sensor, which is made if there is none.
     *
     * @param time   in epoch milliseconds
     * @param values as {@link Summary#add} takes them
     * @return the window; null, and nothing has happened, if it is a duplicate and such count once
     */
    @Nullable
    Window add(long start, Sensor sensor, long time, double[] values) {
        Window window = get(start, sensor);
        if (window.seen != null) {
            if (!window.seen.add(time, values)) {
                return null;
            }
            readingsOnHeap++;
        }
        window.summary.add(time, values);
        change(window);
        return window;
    }

    /** A window, which is made if there is none. */
    Window get(long slot, Sensor sensor) {
        Window window = find(slot, sensor);
        return window == null ? open(slot, sensor, null) : window;
    }

    /** A window that there is, which then is on the heap. */
    private @Nullable Window find(long slot, Sensor sensor) {
        Window window = sensor.window(slot);
        if (window == null && WindowKey.start(slot) <= storeOnlyUpTo) {
            byte[] found = stored.find(slot, sensor.id);
            return found == null ? null : open(slot, sensor, found);
        }
        return window;
    }

    Sensor sensor(SensorId id) {
        Sensor sensor = sensors.get(id);
        if (sensor == null) {
            sensor = new Sensor(id);
            sensors.put(id, sensor);
        }
        return sensor;
    }

    /** @param found what the store alone has of it */
    private Window open(long slot, Sensor sensor, byte @Nullable [] found) {
        boolean counts = WindowKey.level(slot) == 0;
        SeenReadings seen =
                kind.dedup && counts ? new SeenReadings(layout.fields().size()) : null;
        Window window = new Window(slot, sensor, layout.empty(), seen);
        window.onHeap = true;
        if (found == null) {
            open++;
        } else {
            window.read(found);
            window.chunk = WindowTable.IN_TABLE;
            if (seen != null) {
                readings.find(slot, sensor.id, seen);
                readingsOnHeap += seen.size();
            }
        }
        sensor.add(window);
        if (!kind.bySensor) {
            if (slot != lastSlot) {
                lastSlot = slot;
                last = bySlot.computeIfAbsent(slot, none -> new ArrayList<>(last.size()));
            }
            last.add(window);
        }
        if (counts) {
            newest = Math.max(newest, slot);
        }
        onHeap++;
        return window;
    }

    /** There is something new to be written. */
    void change(StateEntry entry) {
        if (!entry.changed) {
            entry.changed = true;
            changed.add(entry);
        }
    }

    /** Start of the newest window there was; the smallest long if there was none. */
    long newest() {
        return newest;
    }

    /**
     * The windows of a level that start in {@code [from, to)}, by start.
     *
     * @param sensor whose; null for all sensors
     */
    List<Window> between(@Nullable Sensor sensor, int level, long from, long to) {
        long fromSlot = WindowKey.slot(level, from);
        long toSlot = WindowKey.slot(level, to);
        List<Window> found = new ArrayList<>();
        if (sensor == null) {
            addStoreOnly(fromSlot, toSlot, found);
            boolean fromBoth = !found.isEmpty();
            bySlot.subMap(fromSlot, toSlot).values().forEach(found::addAll);
            if (fromBoth) {
                found.sort(Comparator.comparingLong(window -> window.slot));
            }
        } else {
            sensor.between(fromSlot, toSlot, found);
        }
        return found;
    }

    private void addStoreOnly(long from, long to, List<Window> found) {
        if (WindowKey.start(from) <= storeOnlyUpTo) {
            stored.read(from, to, (slot, id, value) -> {
                Sensor sensor = sensors.get(id);
                if (sensor == null || sensor.window(slot) == null) {
                    Window window = new Window(slot, sensor == null ? new Sensor(id) : sensor, layout.empty(), null);
                    window.read(value);
                    window.chunk = WindowTable.IN_TABLE;
                    found.add(window);
                }
            });
        }
    }

    /** Brings those windows of a sensor with a state to the heap that are in the store alone. */
    void fetch(Sensor sensor, Level level, long from, long to) {
        long last = sensor.state == null ? NONE : sensor.state.storeOnlyUpTo;
        for (long start = from; start < to && start <= last; start = level.end(start)) {
            find(WindowKey.slot(level.number(), start), sensor);
        }
    }

    /** Takes out windows that {@link #between} gave: all of their slots, unless they are of one sensor. */
    void drop(List<Window> windows) {
        for (Window window : windows) {
            if (window.onHeap) {
                window.sensor.remove(window);
                onHeap--;
                readingsOnHeap -= window.seen == null ? 0 : window.seen.size();
            }
            window.changed = false; // it may stand among the changed ones still, and is not to be written any more
            if (window.chunk != 0) {
                stored.remove(window);
            }
        }
        if (!kind.bySensor) {
            lastSlot = NONE;
            windows.forEach(window -> bySlot.remove(window.slot));
        }
        open -= windows.size();
        if (kind.dedup) {
            forgetReadings(windows);
        }
    }

    private void forgetReadings(List<Window> windows) {
        if (kind.bySensor) {
            windows.forEach(window -> readings.keys(window.slot, window.sensor.id, this::outdated));
        } else {
            windows.stream()
                    .mapToLong(window -> window.slot)
                    .filter(slot -> WindowKey.level(slot) == 0)
                    .distinct()
                    .forEach(start -> readings.keys(start, start + 1, this::outdated));
        }
    }

    /** Forgets sensors without a window, where there are many. */
    void forgetOldSensors(int dropped, long before) {
        if (!kind.states && sensors.size() > 2 * (dropped + onHeap)) {
            sensors.values().removeIf(sensor -> sensor.isEmpty() && sensor.lastStart < before);
        }
    }

    /**
     * What is known of a sensor by itself, which is made if there is nothing yet.
     *
     * @param common how far windows are closed for a sensor of which nothing is known
     */
    SensorState state(Sensor sensor, Timeline common, long now) {
        SensorState state = sensor.state;
        if (state == null) {
            state = new SensorState(sensor.id, common, now);
            sensor.state = state;
        }
        return state;
    }

    /** Forgets what is known of a sensor. */
    void forget(Sensor sensor) {
        SensorState state = sensor.state;
        if (state != null) {
            state.entry.changed = false;
            if (state.entry.chunk != 0) {
                stored.remove(state.entry);
            }
            sensor.state = null;
        }
        if (sensor.isEmpty()) {
            sensors.remove(sensor.id);
        }
    }

    /** Those that are known. Any thread may ask. */
    Collection<Sensor> sensors() {
        return sensors.values();
    }

    /** Writes what has changed since the last time to the store. */
    void write() {
        changed.removeIf(entry -> !entry.changed);
        stored.write(changed);
        outdated.forEach(store::delete);
        outdated.clear();
        if (kind.dedup) {
            // Last: without transactions, a crash that comes in between has a reading counted twice, and not forgotten.
            readings.write(changed);
        }
        changed.forEach(entry -> entry.changed = false);
        changed.clear();
        if (onHeap + readingsOnHeap / READINGS_OF_A_WINDOW > mostOnHeap && log == null) {
            if (kind.states) {
                sensors.values().removeIf(sensor -> {
                    sensor.clear();
                    return sensor.state == null;
                });
            } else {
                sensors.clear();
            }
            bySlot.clear();
            lastSlot = NONE;
            onHeap = 0;
            readingsOnHeap = 0;
            storeOnlyUpTo = newest;
        }
    }

    /** Whether all windows are on the heap, and the next ones may be asked. Any thread may. */
    boolean isAllOnHeap() {
        return log != null;
    }

    /** The windows of a sensor that readings are counted in, as they were last written. Any thread may ask. */
    void written(SensorId id, BiConsumer<Long, Summary> visitor) {
        Sensor sensor = sensors.get(id);
        for (Window window = sensor == null ? null : sensor.newest; window != null; window = window.older) {
            byte[] written = requireNonNull(log).written(window);
            if (written != null) {
                visitor.accept(window.slot, Window.summary(written, layout));
            }
        }
    }

    /** The sensors with a window that was written. Any thread may ask. */
    void written(Consumer<Bytes> visitor) {
        for (Sensor sensor : sensors.values()) {
            for (Window window = sensor.newest; window != null; window = window.older) {
                if (window.written != 0) {
                    visitor.accept(sensor.id);
                    break;
                }
            }
        }
    }

    /** What is known of a sensor by itself, as it was last written; null if that is nothing. Any thread may ask. */
    @Nullable
    SensorState writtenState(SensorId id) {
        byte[] written;
        if (log == null) {
            written = stored.find(WindowKey.SENSOR, id);
        } else {
            Sensor sensor = sensors.get(id);
            SensorState state = sensor == null ? null : sensor.state;
            written = state == null ? null : log.written(state.entry);
        }
        if (written == null) {
            return null;
        }
        SensorState read = new SensorState(id, NOTHING_CLOSED, 0);
        read.read(written);
        return read;
    }

    /** A sensor, with those of its windows that are on the heap. */
    static final class Sensor {
        final SensorId id;
        /** Of the windows that readings are counted in; most readings belong to the newest. */
        private volatile @Nullable Window newest;

        private @Nullable Window oldest;
        /** Of rollups, by slot. */
        private @Nullable Window newestRollup;

        private @Nullable Window oldestRollup;
        /** Start of the newest window it ever had. */
        private long lastStart = NONE;

        volatile @Nullable SensorState state;

        private Sensor(SensorId id) {
            this.id = id;
        }

        private static boolean isRollup(long slot) {
            return WindowKey.level(slot) != 0;
        }

        private boolean isEmpty() {
            return newest == null && newestRollup == null;
        }

        private void clear() {
            if (state != null && newest != null) {
                state.storeOnlyUpTo = Math.max(state.storeOnlyUpTo, newest.slot);
            }
            newest = null;
            oldest = null;
            newestRollup = null;
            oldestRollup = null;
        }

        private @Nullable Window window(long slot) {
            Window window = isRollup(slot) ? newestRollup : newest;
            while (window != null && window.slot > slot) {
                window = window.older;
            }
            return window != null && window.slot == slot ? window : null;
        }

        private void add(Window window) {
            Window newer = null;
            Window older = isRollup(window.slot) ? newestRollup : newest;
            while (older != null && older.slot > window.slot) {
                newer = older;
                older = older.older;
            }
            boolean rollup = isRollup(window.slot);
            link(window, older, rollup); // first, since other threads go this way
            link(newer, window, rollup);
            if (!rollup) {
                lastStart = Math.max(lastStart, window.slot);
            }
        }

        private void remove(Window window) {
            link(window.newer, window.older, isRollup(window.slot));
        }

        private void link(@Nullable Window newer, @Nullable Window older, boolean rollup) {
            if (newer != null) {
                newer.older = older;
            } else if (rollup) {
                newestRollup = older;
            } else {
                newest = older;
            }
            if (older != null) {
                older.newer = newer;
            } else if (rollup) {
                oldestRollup = newer;
            } else {
                oldest = newer;
            }
        }

        /** From whichever end is the nearer one, as far as one can know. */
        private void between(long from, long to, List<Window> found) {
            Window first = isRollup(from) ? oldestRollup : oldest;
            if (first != null && first.slot >= from) {
                for (Window next = first; next != null && next.slot < to; next = next.newer) {
                    found.add(next);
                }
                return;
            }
            Window next = isRollup(from) ? newestRollup : newest;
            for (; next != null && next.slot >= from; next = next.older) {
                if (next.slot < to) {
                    found.add(next);
                }
            }
            Collections.reverse(found);
        }
    }

    /** A window of one sensor, with what its readings came to so far. */
    static final class Window extends StateEntry {
        /** Stands before the number of its last record and its summary, where there was more than one record. */
        private static final byte CORRECTED = 2;

        private final Sensor sensor;
        /** The sensor's window before this one, if that is on the heap. */
        private volatile @Nullable Window older;

        private @Nullable Window newer;
        private boolean onHeap;

        private Summary summary;
        /** Its readings, where one that comes again is to be known. */
        private final @Nullable SeenReadings seen;
        /** The number of its last record, once it is closed: 0 for the first, -1 before that, where it was begun later. */
        int revision;
        /** Whether it is closed, and there is something new to be said of it. */
        boolean isRevised;

        private Window(long slot, Sensor sensor, Summary summary, @Nullable SeenReadings seen) {
            super(slot);
            this.sensor = sensor;
            this.summary = summary;
            this.seen = seen;
        }

        long start() {
            return WindowKey.start(slot);
        }

        @Override
        SensorId sensorId() {
            return sensor.id;
        }

        Sensor sensor() {
            return sensor;
        }

        Summary summary() {
            return summary;
        }

        /** Its readings; only to be asked where one that comes again is to be known. */
        SeenReadings seen() {
            return requireNonNull(seen);
        }

        boolean knowsReadings() {
            return seen != null;
        }

        @Override
        byte[] toBytes() {
            byte[] bytes = summary.layout().write(summary);
            return revision == 0
                    ? bytes
                    : ByteBuffer.allocate(1 + Integer.BYTES + bytes.length)
                            .put(CORRECTED)
                            .putInt(revision)
                            .put(bytes)
                            .array();
        }

        private void read(byte[] stored) {
            summary = summary(stored, summary.layout());
            revision = stored[0] == CORRECTED ? ByteBuffer.wrap(stored).getInt(1) : 0;
        }

        /** The summary of a window as it was written. */
        static Summary summary(byte[] stored, SummaryLayout layout) {
            return layout.read(
                    stored[0] == CORRECTED ? Arrays.copyOfRange(stored, 1 + Integer.BYTES, stored.length) : stored);
        }
    }
}
