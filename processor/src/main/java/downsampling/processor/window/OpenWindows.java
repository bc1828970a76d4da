package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The open windows of one partition. While readings come they are objects on the heap; {@link #write} brings those that have
 * changed to the logged store, once per commit and not once per reading.
 *
 * <p>The store holds all of them as of the last commit, the heap those touched lately: no more than are allowed stay there
 * beyond a commit, so that memory is bounded when the store is on disk. One instance per partition, used by one thread.
 */
final class OpenWindows {
    private static final long NONE = Long.MIN_VALUE;

    private final KeyValueStore<Bytes, byte[]> store;
    private final int mostOnHeap;
    /** Those that have a window on the heap, or had one lately: then the next one needs no new entry. */
    private final Map<Bytes, Sensor> sensors = new HashMap<>();
    /** On the heap, by start; those of one start in the order in which they opened. */
    private final TreeMap<Long, List<Window>> byStart = new TreeMap<>();

    private final List<Window> changed = new ArrayList<>();
    private int onHeap;
    /** In the store, on the heap or both. */
    private long open;
    /** No window with a later start is in the store without being on the heap: new ones need not be looked up there. */
    private long storeOnlyUpTo;
    /** Start of the newest window there was, or {@link #NONE}. */
    private long newest = NONE;
    /**
     * @param store      keys as {@link WindowKey} makes them, values as {@link Summary#toBytes}
     * @param mostOnHeap how many windows may stay on the heap beyond a {@link #write}
     */
    OpenWindows(KeyValueStore<Bytes, byte[]> store, int mostOnHeap) {
        this.store = store;
        this.mostOnHeap = mostOnHeap;
        try (KeyValueIterator<Bytes, byte[]> newestFirst =
                store.reverseRange(WindowKey.from(0), WindowKey.from(Long.MAX_VALUE))) {
            if (newestFirst.hasNext()) {
                newest = WindowKey.start(newestFirst.peekNextKey());
            }
        }
        storeOnlyUpTo = newest;
        open = newest == NONE ? 0 : store.approximateNumEntries() - 1; // the position
    }

    /** How many windows there are: what RocksDB guesses it had at the start is in it. Any thread may ask, and get what was. */
    long open() {
        return open;
    }

    /** Adds a reading to the window of a sensor, which is made if there is none. */
    void add(long start, Bytes id, double value) {
        Sensor sensor = sensors.get(id);
        if (sensor == null) {
            sensor = new Sensor(id);
            sensors.put(id, sensor);
        }
        Window window = sensor.window(start);
        if (window == null) {
            window = fromStore(start, sensor);
            sensor.add(window);
            byStart.computeIfAbsent(start, none -> new ArrayList<>()).add(window);
            newest = Math.max(newest, start);
            onHeap++;
        }
        if (window.summary == null) {
            window.summary = Summary.of(value);
        } else {
            window.summary.add(value);
        }
        if (!window.changed) {
            window.changed = true;
            changed.add(window);
        }
    }

    private Window fromStore(long start, Sensor sensor) {
        byte[] stored = start > storeOnlyUpTo ? null : store.get(WindowKey.of(start, sensor.id));
        if (stored == null) {
            open++;
        }
        return new Window(start, sensor, stored == null ? null : Summary.fromBytes(stored), stored != null);
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
                window.changed = false; // it may stand among the changed ones still, and is not to be written any more
                taken.add(window);
            }
            onHeap -= windows.size();
        }
        closing.clear();
        if (fromBoth) {
            taken.sort(Comparator.comparingLong(window -> window.start));
        }
        for (Window window : taken) {
            if (window.stored) {
                store.delete(WindowKey.of(window.start, window.sensor.id));
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
            try (KeyValueIterator<Bytes, byte[]> stored = store.range(WindowKey.from(from), WindowKey.from(to))) {
                while (stored.hasNext()) {
                    KeyValue<Bytes, byte[]> entry = stored.next();
                    long start = WindowKey.start(entry.key);
                    Bytes id = WindowKey.sensor(entry.key);
                    Sensor sensor = sensors.get(id);
                    if (sensor == null || sensor.window(start) == null) {
                        taken.add(new Window(start, new Sensor(id), Summary.fromBytes(entry.value), true));
                    }
                }
            }
        }
        return taken;
    }

    /** Writes what has changed since the last time to the store. */
    void write() {
        for (Window window : changed) {
            if (window.changed) {
                store.put(
                        WindowKey.of(window.start, window.sensor.id),
                        window.summary().toBytes());
                window.stored = true;
                window.changed = false;
            }
        }
        changed.clear();
        if (onHeap > mostOnHeap) {
            sensors.clear();
            byStart.clear();
            onHeap = 0;
            storeOnlyUpTo = newest;
        }
    }

    /** A sensor, with those of its windows that are on the heap. */
    private static final class Sensor {
        private final Bytes id;
        private @Nullable Window newest;
        /** Start of the newest window it ever had. */
        private long lastStart = NONE;

        private Sensor(Bytes id) {
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
            if (newest == null || newest.start < window.start) {
                window.older = newest;
                newest = window;
                return;
            }
            Window newer = newest;
            while (newer.older != null && newer.older.start > window.start) {
                newer = newer.older;
            }
            window.older = newer.older;
            newer.older = window;
        }

        private void removeBefore(long start) {
            if (newest == null || newest.start < start) {
                newest = null;
                return;
            }
            Window last = newest;
            while (last.older != null && last.older.start >= start) {
                last = last.older;
            }
            last.older = null;
        }
    }

    /** The window {@code [start, start + size)} of one sensor, with what its readings came to so far. */
    static final class Window {
        final long start;
        private final Sensor sensor;
        /** The sensor's window before this one, if that is on the heap. */
        private @Nullable Window older;

        private @Nullable Summary summary;
        /** Whether the store has it, as it was at some time. */
        private boolean stored;
        /** Whether the store lacks its newest readings. */
        private boolean changed;

        private Window(long start, Sensor sensor, @Nullable Summary summary, boolean stored) {
            this.start = start;
            this.sensor = sensor;
            this.summary = summary;
            this.stored = stored;
        }

        /** The sensor's id in UTF-8. */
        Bytes sensor() {
            return sensor.id;
        }

        Summary summary() {
            return requireNonNull(summary);
        }
    }
}
