package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import downsampling.processor.window.OpenWindows.Window;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Open windows in a store on disk, a record each: keys as {@link WindowKey} makes them, values as {@link SummaryLayout#write}. So each
 * can be found by itself, and the heap has only those touched lately. Version 0.1 wrote all windows so.
 */
final class WindowTable implements StoredWindows {
    /** For {@link Window#chunk}: it is in the store. */
    static final long IN_TABLE = 1;

    private final KeyValueStore<Bytes, byte[]> store;
    private final SummaryLayout layout;

    WindowTable(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout) {
        this.store = store;
        this.layout = layout;
    }

    /** The windows of a store that start in {@code [from, to)}, by start, then by sensor. */
    static void read(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, long from, long to, Visitor visitor) {
        try (KeyValueIterator<Bytes, byte[]> windows = store.range(WindowKey.from(from), WindowKey.from(to))) {
            while (windows.hasNext()) {
                KeyValue<Bytes, byte[]> entry = windows.next();
                visitor.visit(WindowKey.start(entry.key), WindowKey.sensor(entry.key), layout.read(entry.value));
            }
        }
    }

    @Override
    public void load(OpenWindows heap, long from) {
        try (KeyValueIterator<Bytes, byte[]> newestFirst =
                store.reverseRange(WindowKey.from(0), WindowKey.from(Long.MAX_VALUE))) {
            if (newestFirst.hasNext()) {
                long newest = WindowKey.start(newestFirst.peekNextKey());
                heap.storeOnly(newest, store.approximateNumEntries() - 1); // the position
            }
        }
        WindowLog.read(
                store,
                layout,
                (start, sensor, summary) -> {
                    if (start >= from && find(start, sensor) == null) {
                        heap.rewrite(start, sensor, summary);
                    }
                },
                heap::outdated);
    }

    @Override
    public @Nullable Summary find(long start, SensorId sensor) {
        byte[] found = store.get(WindowKey.of(start, sensor));
        return found == null ? null : layout.read(found);
    }

    @Override
    public void read(long from, long to, Visitor visitor) {
        read(store, layout, from, to, visitor);
    }

    @Override
    public void write(List<Window> changed) {
        for (Window window : changed) {
            store.put(WindowKey.of(window.start, window.sensor()), layout.write(window.summary()));
            window.chunk = IN_TABLE;
        }
    }

    @Override
    public void remove(Window closed) {
        store.delete(WindowKey.of(closed.start, closed.sensor()));
    }
}
