package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import downsampling.processor.reading.SensorId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The open windows of one partition. While readings come they are objects on the heap; {@link #write} brings those that have
 * changed to the logged store, once per commit and not once per reading.
 *
 * <p>The store holds all of them as of the last commit, as {@link StoredWindows} says: in memory the heap holds all of them,
 * too; beside a store on disk it holds those touched lately, no more than are allowed beyond a commit. One instance per
 * partition, used by one thread, but for what any thread may call.
 */
final class OpenWindows {
    /** For {@code mostOnHeap}: all of them. */
    static final int ALL = Integer.MAX_VALUE;

    private static final long NONE = Long.MIN_VALUE;

    /** So many readings that are to be known again take as much heap as a window. */
    private static final int READINGS_OF_A_WINDOW = 5;

    private final KeyValueStore<Bytes, byte[]> store;
    private final SummaryLayout layout;
    private final StoredWindows stored;
    /** That, if it has all windows in a log. */
    private final @Nullable WindowLog log;

    private final StoredReadings readings;
    /** Whether a reading that comes again is to be known. */
    private final boolean dedup;

    private final int mostOnHeap;
    /** Those that have a window on the heap, or had one lately: then the next one needs no new entry. */
    private final Map<SensorId, Sensor> sensors = new ConcurrentHashMap<>();
    /** On the heap, by start; those of one start in the order in which they opened. */
    private final TreeMap<Long, List<Window>> byStart = new TreeMap<>();

    /** The start that was asked for last, and its windows; windows mostly open by time. */
    private long lastStart = NONE;

    private List<Window> last = new ArrayList<>();
    private final List<Window> changed = new ArrayList<>();
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

    private OpenWindows(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, boolean dedup, int mostOnHeap) {
        this.store = store;
        this.layout = layout;
        this.dedup = dedup;
        this.mostOnHeap = mostOnHeap;
        log = mostOnHeap == ALL ? new WindowLog(store, layout) : null;
        stored = log == null ? new WindowTable(store, layout) : log;
        readings = new StoredReadings(store, layout, log != null);
    }

    /**
     * The windows that a store has.
     *
     * @param layout     of the summaries
     * @param dedup      whether a reading that comes again counts once; of windows that were begun without it, those readings
     *     are known that come from now on
     * @param mostOnHeap how many windows may stay on the heap beyond a {@link #write}, or {@link #ALL}
     * @param from       windows that start before this are closed
     */
    static OpenWindows of(
            KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, boolean dedup, int mostOnHeap, long from) {
        OpenWindows windows = new OpenWindows(store, layout, dedup, mostOnHeap);
        windows.stored.load(windows, from);
        long records = windows.readings.load(windows, from, dedup);
        if (windows.log == null) {
            windows.open = Math.max(0, windows.open - records); // they were taken for windows
        }
        return windows;
    }

    /** The store has windows that are not on the heap. */
    void storeOnly(long upTo, long count) {
        storeOnlyUpTo = upTo;
        newest = Math.max(newest, upTo);
        open += count;
    }

    /** Puts a window on the heap as it was written. */
    Window put(long start, SensorId id, Summary summary) {
        Sensor sensor = sensor(id);
        Window window = sensor.window(start);
        if (window == null) {
            window = open(start, sensor, null);
        }
        window.summary = summary;
        return window;
    }

    /** Puts a window on the heap that is to be written in another form than it was. */
    void rewrite(long start, SensorId sensor, Summary summary) {
        change(put(start, sensor, summary));
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
     * @return false, and nothing has happened, if it is a duplicate and such count once
     */
    boolean add(long start, SensorId id, long time, double[] values) {
        Sensor sensor = sensor(id);
        Window window = find(start, sensor);
        if (window == null) {
            window = open(start, sensor, null);
        }
        if (window.seen != null) {
            if (!window.seen.add(time, values)) {
                return false;
            }
            readingsOnHeap++;
        }
        window.summary.add(time, values);
        change(window);
        return true;
    }

    /** A window that there is, which then is on the heap. */
    private @Nullable Window find(long start, Sensor sensor) {
        Window window = sensor.window(start);
        if (window == null && start <= storeOnlyUpTo) {
            Summary found = stored.find(start, sensor.id);
            return found == null ? null : open(start, sensor, found);
        }
        return window;
    }

    private Sensor sensor(SensorId id) {
        Sensor sensor = sensors.get(id);
        if (sensor == null) {
            sensor = new Sensor(id);
            sensors.put(id, sensor);
        }
        return sensor;
    }

    /** @param found what the store alone has of it */
    private Window open(long start, Sensor sensor, @Nullable Summary found) {
        SeenReadings seen = dedup ? new SeenReadings(layout.fields().size()) : null;
        Window window = new Window(start, sensor, found == null ? layout.empty() : found, seen);
        if (found == null) {
            open++;
        } else {
            window.chunk = WindowTable.IN_TABLE;
            if (seen != null) {
                readings.find(start, sensor.id, seen);
                readingsOnHeap += seen.size();
            }
        }
        sensor.add(window);
        if (start != lastStart) {
            lastStart = start;
            last = byStart.computeIfAbsent(start, none -> new ArrayList<>(last.size()));
        }
        last.add(window);
        newest = Math.max(newest, start);
        onHeap++;
        return window;
    }

    private void change(Window window) {
        if (!window.changed) {
            window.changed = true;
            changed.add(window);
        }
    }

    /** Whether a window is open that starts at or after a time. */
    boolean any(long from) {
        return newest >= from;
    }

    /** Start of the newest window there was; only to be asked where there was {@link #any}. */
    long newest() {
        return newest;
    }

    /** Takes out the windows that start in {@code [from, to)}, by start; there are none before these. */
    List<Window> take(long from, long to) {
        List<Window> taken = takeStoreOnly(from, to);
        boolean fromBoth = !taken.isEmpty();
        Map<Long, List<Window>> closing = byStart.headMap(to);
        for (List<Window> windows : closing.values()) {
            for (Window window : windows) {
                window.sensor.removeBefore(to);
                taken.add(window);
                readingsOnHeap -= window.seen == null ? 0 : window.seen.size();
            }
            onHeap -= windows.size();
        }
        closing.clear();
        lastStart = NONE;
        if (fromBoth) {
            taken.sort(Comparator.comparingLong(window -> window.start));
        }
        for (Window window : taken) {
            window.changed = false; // it may stand among the changed ones still, and is not to be written any more
            if (window.chunk != 0) {
                stored.remove(window);
            }
        }
        if (dedup) {
            readings.keys(from, to, this::outdated);
        }
        open -= taken.size();
        if (sensors.size() > 2 * (taken.size() + onHeap)) {
            sensors.values().removeIf(sensor -> sensor.newest == null && sensor.lastStart < from);
        }
        return taken;
    }

    private List<Window> takeStoreOnly(long from, long to) {
        List<Window> taken = new ArrayList<>();
        if (from <= storeOnlyUpTo) {
            stored.read(from, to, (start, id, summary) -> {
                Sensor sensor = sensors.get(id);
                if (sensor == null || sensor.window(start) == null) {
                    Window window = new Window(start, new Sensor(id), summary, null);
                    window.chunk = WindowTable.IN_TABLE;
                    taken.add(window);
                }
            });
        }
        return taken;
    }

    /** Writes what has changed since the last time to the store. */
    void write() {
        changed.removeIf(window -> !window.changed);
        stored.write(changed);
        outdated.forEach(store::delete);
        outdated.clear();
        if (dedup) {
            // Last: without transactions, a crash that comes in between has a reading counted twice, and not forgotten.
            readings.write(changed);
        }
        changed.forEach(window -> window.changed = false);
        changed.clear();
        if (onHeap + readingsOnHeap / READINGS_OF_A_WINDOW > mostOnHeap && log == null) {
            sensors.clear();
            byStart.clear();
            lastStart = NONE;
            onHeap = 0;
            readingsOnHeap = 0;
            storeOnlyUpTo = newest;
        }
    }

    /** Whether all windows are on the heap, and the next two may be asked. Any thread may. */
    boolean isAllOnHeap() {
        return log != null;
    }

    /** The windows of a sensor as they were last written. Any thread may ask. */
    void written(SensorId id, BiConsumer<Long, Summary> visitor) {
        Sensor sensor = sensors.get(id);
        for (Window window = sensor == null ? null : sensor.newest; window != null; window = window.older) {
            Summary written = requireNonNull(log).written(window);
            if (written != null) {
                visitor.accept(window.start, written);
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

    /** A sensor, with those of its windows that are on the heap. */
    private static final class Sensor {
        private final SensorId id;
        private volatile @Nullable Window newest;
        /** Start of the newest window it ever had. */
        private long lastStart = NONE;

        private Sensor(SensorId id) {
            this.id = id;
        }

        /** There are few at a time, and most readings belong to the newest. */
        private @Nullable Window window(long start) {
            Window window = newest;
            while (window != null && window.start > start) {
                window = window.older;
            }
            return window != null && window.start == start ? window : null;
        }

        private void add(Window window) {
            lastStart = Math.max(lastStart, window.start);
            Window newer = newest;
            if (newer == null || newer.start < window.start) {
                window.older = newer;
                newest = window;
                return;
            }
            for (Window next = newer.older; next != null && next.start > window.start; next = next.older) {
                newer = next;
            }
            window.older = newer.older;
            newer.older = window;
        }

        private void removeBefore(long start) {
            Window last = newest;
            if (last == null || last.start < start) {
                newest = null;
                return;
            }
            for (Window next = last.older; next != null && next.start >= start; next = next.older) {
                last = next;
            }
            last.older = null;
        }
    }

    /** The window {@code [start, start + size)} of one sensor, with what its readings came to so far. */
    static final class Window {
        final long start;
        private final Sensor sensor;
        /** The sensor's window before this one, if that is on the heap. */
        private volatile @Nullable Window older;

        private Summary summary;
        /** Its readings, where one that comes again is to be known. */
        private final @Nullable SeenReadings seen;
        /** Whether the store lacks its newest readings. */
        private boolean changed;
        /** Where the store has it, as it was at some time: the number of a chunk; 0 if it was never written. */
        long chunk;
        /** Where {@link WindowLog} has written it; 0 if it has not. */
        volatile long written;

        private Window(long start, Sensor sensor, Summary summary, @Nullable SeenReadings seen) {
            this.start = start;
            this.sensor = sensor;
            this.summary = summary;
            this.seen = seen;
        }

        SensorId sensor() {
            return sensor.id;
        }

        Summary summary() {
            return summary;
        }

        /** Its readings; only to be asked where one that comes again is to be known. */
        SeenReadings seen() {
            return requireNonNull(seen);
        }
    }
}
