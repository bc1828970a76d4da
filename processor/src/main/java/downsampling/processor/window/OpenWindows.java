package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
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
    /** By start, then by sensor. */
    private final TreeMap<Long, Map<Bytes, Window>> heap = new TreeMap<>();

    private final List<Window> changed = new ArrayList<>();
    private int onHeap;
    /** In the store, on the heap or both. */
    private long open;
    /** No window with a later start is in the store without being on the heap: new ones need not be looked up there. */
    private long storeOnlyUpTo;
    /** Start of the newest window there was, or {@link #NONE}. */
    private long newest = NONE;
    /** The start that was asked for last, and its windows; readings mostly come by time. */
    private long lastStart = NONE;

    private Map<Bytes, Window> last = Map.of();

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
    void add(long start, Bytes sensor, double value) {
        Map<Bytes, Window> sensors = start == lastStart ? last : startingAt(start);
        Window window = sensors.get(sensor);
        if (window == null) {
            window = fromStore(start, sensor);
            sensors.put(sensor, window);
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

    private Map<Bytes, Window> startingAt(long start) {
        lastStart = start;
        last = heap.computeIfAbsent(start, none -> new HashMap<>());
        newest = Math.max(newest, start);
        return last;
    }

    private Window fromStore(long start, Bytes sensor) {
        byte[] stored = start > storeOnlyUpTo ? null : store.get(WindowKey.of(start, sensor));
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

    /** Takes out the windows that start in {@code [from, to)}, by start, then by sensor. */
    List<Window> take(long from, long to) {
        List<Window> taken = new ArrayList<>();
        if (from <= storeOnlyUpTo) {
            try (KeyValueIterator<Bytes, byte[]> stored = store.range(WindowKey.from(from), WindowKey.from(to))) {
                while (stored.hasNext()) {
                    KeyValue<Bytes, byte[]> entry = stored.next();
                    long start = WindowKey.start(entry.key);
                    Bytes sensor = WindowKey.sensor(entry.key);
                    if (!heap.getOrDefault(start, Map.of()).containsKey(sensor)) {
                        taken.add(new Window(start, sensor, Summary.fromBytes(entry.value), true));
                    }
                }
            }
        }
        Map<Long, Map<Bytes, Window>> closing = heap.subMap(from, to);
        for (Map<Bytes, Window> sensors : closing.values()) {
            taken.addAll(sensors.values());
            onHeap -= sensors.size();
        }
        closing.clear();
        open -= taken.size();
        lastStart = NONE;
        taken.sort(null);
        for (Window window : taken) {
            window.changed = false; // it may stand among the changed ones still, and is not to be written any more
            if (window.stored) {
                store.delete(WindowKey.of(window.start, window.sensor));
            }
        }
        return taken;
    }

    /** Writes what has changed since the last time to the store. */
    void write() {
        for (Window window : changed) {
            if (window.changed) {
                store.put(
                        WindowKey.of(window.start, window.sensor),
                        window.summary().toBytes());
                window.stored = true;
                window.changed = false;
            }
        }
        changed.clear();
        if (onHeap > mostOnHeap) {
            heap.clear();
            onHeap = 0;
            storeOnlyUpTo = newest;
            lastStart = NONE;
        }
    }

    /** The window {@code [start, start + size)} of one sensor, with what its readings came to so far. */
    static final class Window implements Comparable<Window> {
        final long start;
        final Bytes sensor;
        private @Nullable Summary summary;
        /** Whether the store has it, as it was at some time. */
        private boolean stored;
        /** Whether the store lacks its newest readings. */
        private boolean changed;

        private Window(long start, Bytes sensor, @Nullable Summary summary, boolean stored) {
            this.start = start;
            this.sensor = sensor;
            this.summary = summary;
            this.stored = stored;
        }

        Summary summary() {
            return requireNonNull(summary);
        }

        @Override
        public int compareTo(Window other) {
            int byStart = Long.compare(start, other.start);
            return byStart != 0 ? byStart : sensor.compareTo(other.sensor);
        }
    }
}
