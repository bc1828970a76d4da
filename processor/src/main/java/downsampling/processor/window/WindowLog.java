package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import downsampling.processor.window.OpenWindows.Window;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Open windows in the state store as a log of chunks, each of which has many windows: those that changed before one commit. With
 * a million sensors more than half of the time went into a record for each window that changed and another for each that closed.
 *
 * <p>Of two entries for a window the later one counts, and none counts that is closed, which {@link Position} says. When fewer
 * than half of the entries count, what still counts of the oldest chunk is written again, behind the others, and the chunk is
 * deleted. So the log is never longer than twice what it says, and what is written is at most doubled; a closed window costs no
 * record of its own. All of it happens in the transaction of a commit.
 *
 * <p>A chunk's key is its number with the first bit set, eight bytes, big-endian: so chunks lie in their order, behind the keys of
 * a {@link WindowTable} and before that of the position. Its value is one entry after the other:
 * start (8 bytes), length of the id (2), id, length of the summary (4), summary as {@link SummaryLayout#write} has it.
 */
final class WindowLog implements StoredWindows {
    /** A chunk is closed when it has this many: large enough to be few, small enough for every topic. */
    private static final int CHUNK_BYTES = 16 << 10;

    /** For the place where an entry begins, which is {@link #CHUNK_BYTES} at most. */
    private static final int PLACE_BITS = 20;

    private final KeyValueStore<Bytes, byte[]> store;
    private final SummaryLayout layout;
    private final Deque<Chunk> chunks = new ArrayDeque<>();
    /** All entries of the chunks, and those that count. */
    private long entries;

    private long counting;
    /** Of the chunk that is being made; 0 is none. */
    private long number = 1;

    private final List<Window> inChunk = new ArrayList<>();
    private ByteBuffer bytes = ByteBuffer.allocate(2 * CHUNK_BYTES);

    /**
     * A chunk in the store.
     *
     * @param entries how many it has: also those of windows that were closed when it was loaded
     * @param windows of the others
     */
    private record Chunk(long number, int entries, List<Window> windows) {}

    /** An entry of a chunk; {@code at} is where it begins. */
    private record Entry(byte[] chunk, int at) {
        private long start() {
            return ByteBuffer.wrap(chunk).getLong(at);
        }

        private int idLength() {
            return ByteBuffer.wrap(chunk).getShort(at + Long.BYTES);
        }

        private SensorId sensor() {
            int from = at + Long.BYTES + Short.BYTES;
            return new SensorId(Arrays.copyOfRange(chunk, from, from + idLength()));
        }

        private Summary summary(SummaryLayout layout) {
            return layout.read(Arrays.copyOfRange(chunk, summaryAt(), end()));
        }

        private int summaryAt() {
            return at + Long.BYTES + Short.BYTES + idLength() + Integer.BYTES;
        }

        private int end() {
            return summaryAt() + ByteBuffer.wrap(chunk).getInt(summaryAt() - Integer.BYTES);
        }
    }

    WindowLog(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout) {
        this.store = store;
        this.layout = layout;
    }

    private static Bytes key(long number) {
        return Bytes.wrap(
                ByteBuffer.allocate(Long.BYTES).putLong(Long.MIN_VALUE | number).array());
    }

    private static KeyValueIterator<Bytes, byte[]> chunks(KeyValueStore<Bytes, byte[]> store) {
        return store.range(key(0), key(Long.MAX_VALUE >>> Byte.SIZE));
    }

    private static List<Entry> entries(byte[] chunk) {
        List<Entry> entries = new ArrayList<>();
        for (int at = 0; at < chunk.length; ) {
            Entry entry = new Entry(chunk, at);
            entries.add(entry);
            at = entry.end();
        }
        return entries;
    }

    /** Reads what a store has of such a log, in the order in which it was written, and the keys of its chunks. */
    static void read(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, Visitor windows, Consumer<Bytes> keys) {
        try (KeyValueIterator<Bytes, byte[]> chunks = chunks(store)) {
            chunks.forEachRemaining(chunk -> {
                entries(chunk.value)
                        .forEach(entry -> windows.visit(entry.start(), entry.sensor(), entry.summary(layout)));
                keys.accept(chunk.key);
            });
        }
    }

    @Override
    public void load(OpenWindows heap, long from) {
        WindowTable.read(store, layout, 0, Long.MAX_VALUE, (start, sensor, summary) -> {
            heap.outdated(WindowKey.of(start, sensor));
            if (start >= from) {
                heap.rewrite(start, sensor, summary);
            }
        });
        try (KeyValueIterator<Bytes, byte[]> stored = chunks(store)) {
            stored.forEachRemaining(chunk -> {
                number = ByteBuffer.wrap(chunk.key.get()).getLong() & Long.MAX_VALUE;
                List<Entry> all = entries(chunk.value);
                for (Entry entry : all) {
                    if (entry.start() >= from) {
                        Window window = heap.put(entry.start(), entry.sensor(), entry.summary(layout));
                        add(window);
                        window.written = place(number, entry.at);
                    }
                }
                chunks.add(new Chunk(number, all.size(), List.copyOf(inChunk)));
                entries += all.size();
                inChunk.clear();
            });
        }
        number++;
    }

    @Override
    public @Nullable Summary find(long start, SensorId sensor) {
        return null;
    }

    @Override
    public void read(long from, long to, Visitor visitor) {}

    @Override
    public void write(List<Window> changed) {
        changed.forEach(this::append);
        List<Bytes> outdated = new ArrayList<>();
        while (entries > 2 * counting) {
            Chunk oldest = chunks.remove();
            entries -= oldest.entries;
            for (Window window : oldest.windows) {
                if (window.chunk == oldest.number) {
                    append(window);
                }
            }
            outdated.add(key(oldest.number));
        }
        if (!inChunk.isEmpty()) {
            flush();
        }
        outdated.forEach(store::delete); // at the end, since without transactions a crash may come in between
    }

    private void append(Window window) {
        byte[] id = window.sensor().get();
        byte[] summary = layout.write(window.summary());
        int length = Long.BYTES + Short.BYTES + id.length + Integer.BYTES + summary.length;
        if (bytes.position() > CHUNK_BYTES) {
            flush();
        }
        if (bytes.remaining() < length) {
            bytes = ByteBuffer.allocate(bytes.position() + length).put(bytes.flip());
        }
        bytes.putLong(window.start)
                .putShort((short) id.length)
                .put(id)
                .putInt(summary.length)
                .put(summary);
        add(window);
        entries++;
    }

    /** The window's newest entry is in the chunk that is being made. */
    private void add(Window window) {
        if (window.chunk == 0) {
            counting++;
        }
        window.chunk = number;
        inChunk.add(window);
    }

    private void flush() {
        byte[] chunk = Arrays.copyOf(bytes.array(), bytes.position());
        store.put(key(number), chunk);
        int at = 0;
        for (Window window : inChunk) {
            window.written = place(number, at);
            at = new Entry(chunk, at).end();
        }
        chunks.add(new Chunk(number, inChunk.size(), List.copyOf(inChunk)));
        number++;
        inChunk.clear();
        bytes.clear();
    }

    /** Where an entry is, in one number, so that another thread cannot meet one half of it. */
    private static long place(long number, int at) {
        return number << PLACE_BITS | at;
    }

    /** A window as it was last written; null if it never was, or is closed. Any thread may ask. */
    @Nullable
    Summary written(Window window) {
        long place = window.written;
        while (place != 0) {
            byte[] chunk = store.get(key(place >>> PLACE_BITS));
            if (chunk != null) {
                return new Entry(chunk, (int) (place & (1 << PLACE_BITS) - 1)).summary(layout);
            }
            long before = place;
            place = window.written;
            if (place == before) { // not written elsewhere since then: so the store was restored
                throw new IllegalStateException("the store has no chunk " + (place >>> PLACE_BITS));
            }
        }
        return null;
    }

    @Override
    public void remove(Window closed) {
        closed.written = 0;
        closed.chunk = 0;
        counting--;
    }
}
