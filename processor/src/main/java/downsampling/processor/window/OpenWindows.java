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

    private final KeyValueStore<Bytes, byte[]> store;
    private final SummaryLayout layout;
    private final StoredWindows stored;
    /** That, if it has all windows in a log. */
    private final @Nullable WindowLog log;

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
    /** In the store, on the heap or both. */
    private long open;
    /** No window with a later start is in the store without being on the heap: new ones need not be looked up there. */
    private long storeOnlyUpTo = NONE;
    /** Start of the newest window there was, or {@link #NONE}. */
    private long newest = NONE;

    private OpenWindows(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, int mostOnHeap) {
        this.store = store;
        this.layout = layout;
        this.mostOnHeap = mostOnHeap;
        log = mostOnHeap == ALL ? new WindowLog(store, layout) : null;
        stored = log == null ? new WindowTable(store, layout) : log;
    }

    /**
     * The windows that a store has.
     *
     * @param layout     of the summaries
     * @param mostOnHeap how many windows may stay on the heap beyond a {@link #write}, or {@link #ALL}
     * @param from       windows that start before this are closed
     */
    static OpenWindows of(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, int mostOnHeap, long from) {
        OpenWindows windows = new OpenWindows(store, layout, mostOnHeap);
        windows.stored.load(windows, from);
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
     */
    void add(long start, SensorId id, long time, double[] values) {
        Sensor sensor = sensor(id);
        Window window = sensor.window(start);
        if (window == null) {
            window = open(start, sensor, start > storeOnlyUpTo ? null : stored.find(start, sensor.id));
        }
        window.summary.add(time, values);
        change(window);
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
        Window window = new Window(start, sensor, found == null ? layout.empty() : found);
        if (found == null) {
            open++;
        } else {
            window.chunk = WindowTable.IN_TABLE;
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
                    Window window = new Window(start, new Sensor(id), summary);
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
        changed.forEach(window -> window.changed = false);
        changed.clear();
        outdated.forEach(store::delete);
        outdated.clear();
        if (onHeap > mostOnHeap) {
            sensors.clear();
            byStart.clear();
            lastStart = NONE;
            onHeap = 0;
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
        /** Whether the store lacks its newest readings. */
        private boolean changed;
        /** Where the store has it, as it was at some time: the number of a chunk; 0 if it was never written. */
        long chunk;
        /** Where {@link WindowLog} has written it; 0 if it has not. */
        volatile long written;

        private Window(long start, Sensor sensor, Summary summary) {
            this.start = start;
            this.sensor = sensor;
            this.summary = summary;
        }

        SensorId sensor() {
            return sensor.id;
        }

        Summary summary() {
            return summary;
        }
    }
}
