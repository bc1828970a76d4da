package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Windows in a store on disk, a record each: keys as {@link WindowKey} makes them, values as the entry has them. So each
 * can be found by itself, and the heap has only those touched lately. Version 0.1 wrote all windows so.
 */
final class WindowTable implements StoredWindows {
    /** For {@link StateEntry#chunk}: it is in the store. */
    static final long IN_TABLE = 1;

    private final KeyValueStore<Bytes, byte[]> store;

    WindowTable(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
    }

    /** What a store has in the slots {@code [from, to)}, by slot, then by sensor. */
    static void read(KeyValueStore<Bytes, byte[]> store, long from, long to, Visitor visitor) {
        try (KeyValueIterator<Bytes, byte[]> windows = store.range(WindowKey.from(from), WindowKey.from(to))) {
            while (windows.hasNext()) {
                KeyValue<Bytes, byte[]> entry = windows.next();
                visitor.visit(WindowKey.slot(entry.key), WindowKey.sensor(entry.key), entry.value);
            }
        }
    }

    @Override
    public void load(OpenWindows heap) {
        for (int level = 0; level < WindowKey.LEVELS; level++) {
            try (KeyValueIterator<Bytes, byte[]> newestFirst = store.reverseRange(
                    WindowKey.from(WindowKey.first(level)), WindowKey.from(WindowKey.first(level + 1)))) {
                if (newestFirst.hasNext()) {
                    heap.storeOnly(WindowKey.start(WindowKey.slot(newestFirst.peekNextKey())));
                }
            }
        }
        heap.inStore(store.approximateNumEntries() - 1); // the position
        read(store, WindowKey.SENSOR, WindowKey.SENSOR + 1, (slot, sensor, value) -> {
            StateEntry state = heap.put(slot, sensor, value);
            if (state != null) {
                state.chunk = IN_TABLE;
            } else {
                heap.outdated(WindowKey.of(slot, sensor));
            }
        });
        WindowLog.read(
                store,
                (slot, sensor, value) -> {
                    if (find(slot, sensor) == null) {
                        heap.rewrite(slot, sensor, value);
                    }
                },
                heap::outdated);
    }

    @Override
    public byte @Nullable [] find(long slot, SensorId sensor) {
        return store.get(WindowKey.of(slot, sensor));
    }

    @Override
    public void read(long from, long to, Visitor visitor) {
        read(store, from, to, visitor);
    }

    @Override
    public void write(List<? extends StateEntry> changed) {
        for (StateEntry entry : changed) {
            store.put(WindowKey.of(entry.slot, entry.sensorId()), entry.toBytes());
            entry.chunk = IN_TABLE;
        }
    }

    @Override
    public void remove(StateEntry entry) {
        store.delete(WindowKey.of(entry.slot, entry.sensorId()));
        entry.chunk = 0;
    }
}
