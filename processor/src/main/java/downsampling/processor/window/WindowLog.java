package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
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
 * Windows in the state store as a log of chunks, each of which has many of them: those that changed before one commit. With
 * a million sensors more than half of the time went into a record for each window that changed and another for each that closed.
 *
 * <p>Of two entries for a window the later one counts, and none counts of a window that is gone, which {@link Position} says, or the
 * {@link SensorState} in the same log. When fewer
 * than half of the entries count, what still counts of the oldest chunk is written again, behind the others, and the chunk is
 * deleted. So the log is never longer than twice what it says, and what is written is at most doubled; a closed window costs no
 * record of its own. All of it happens in the transaction of a commit.
 *
 * <p>A chunk's key is its number with the first bit set, eight bytes, big-endian: so chunks lie in their order, behind the keys of
 * a {@link WindowTable} and before that of the position. Its value is one entry after the other:
 * slot (8 bytes), length of the id (2), id, length of the value (4), and the value.
 */
final class WindowLog implements StoredWindows {
    /** A chunk is closed when it has this many: large enough to be few, small enough for every topic. */
    private static final int CHUNK_BYTES = 16 << 10;

    /** For the place where an entry begins, which is {@link #CHUNK_BYTES} at most. */
    private static final int PLACE_BITS = 20;

    private final KeyValueStore<Bytes, byte[]> store;
    private final Deque<Chunk> chunks = new ArrayDeque<>();
    /** All entries of the chunks, and those that count. */
    private long entries;

    private long counting;
    /** Of the chunk that is being made; 0 is none. */
    private long number = 1;

    private final List<StateEntry> inChunk = new ArrayList<>();
    private ByteBuffer bytes = ByteBuffer.allocate(2 * CHUNK_BYTES);

    /**
     * A chunk in the store.
     *
     * @param entries how many it has: also those of windows that were gone when it was loaded
     * @param counting the others
     */
    private record Chunk(long number, int entries, List<StateEntry> counting) {}

    /** An entry of a chunk; {@code at} is where it begins. */
    private record Entry(byte[] chunk, int at) {
        private long slot() {
            return ByteBuffer.wrap(chunk).getLong(at);
        }

        private int idLength() {
            return ByteBuffer.wrap(chunk).getShort(at + Long.BYTES);
        }

        private SensorId sensor() {
            int from = at + Long.BYTES + Short.BYTES;
            return new SensorId(Arrays.copyOfRange(chunk, from, from + idLength()));
        }

        private byte[] value() {
            return Arrays.copyOfRange(chunk, valueAt(), end());
        }

        private int valueAt() {
            return at + Long.BYTES + Short.BYTES + idLength() + Integer.BYTES;
        }

        private int end() {
            return valueAt() + ByteBuffer.wrap(chunk).getInt(valueAt() - Integer.BYTES);
        }
    }

    WindowLog(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
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
    static void read(KeyValueStore<Bytes, byte[]> store, Visitor visitor, Consumer<Bytes> keys) {
        try (KeyValueIterator<Bytes, byte[]> chunks = chunks(store)) {
            chunks.forEachRemaining(chunk -> {
                entries(chunk.value).forEach(entry -> visitor.visit(entry.slot(), entry.sensor(), entry.value()));
                keys.accept(chunk.key);
            });
        }
    }

    @Override
    public void load(OpenWindows heap) {
        WindowTable.read(store, 0, WindowKey.SENSOR + 1, (slot, sensor, value) -> {
            heap.outdated(WindowKey.of(slot, sensor));
            heap.rewrite(slot, sensor, value);
        });
        try (KeyValueIterator<Bytes, byte[]> stored = chunks(store)) {
            stored.forEachRemaining(chunk -> {
                number = ByteBuffer.wrap(chunk.key.get()).getLong() & Long.MAX_VALUE;
                List<Entry> all = entries(chunk.value);
                for (Entry entry : all) {
                    StateEntry read = heap.put(entry.slot(), entry.sensor(), entry.value());
                    if (read != null) {
                        add(read);
                        read.written = place(number, entry.at);
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
    public byte @Nullable [] find(long slot, SensorId sensor) {
        return null;
    }

    @Override
    public void read(long from, long to, Visitor visitor) {}

    @Override
    public void write(List<? extends StateEntry> changed) {
        changed.forEach(this::append);
        List<Bytes> outdated = new ArrayList<>();
        while (entries > 2 * counting) {
            Chunk oldest = chunks.remove();
            entries -= oldest.entries;
            for (StateEntry entry : oldest.counting) {
                if (entry.chunk == oldest.number) {
                    append(entry);
                }
            }
            outdated.add(key(oldest.number));
        }
        if (!inChunk.isEmpty()) {
            flush();
        }
        outdated.forEach(store::delete); // at the end, since without transactions a crash may come in between
    }

    private void append(StateEntry entry) {
        byte[] id = entry.sensorId().get();
        byte[] value = entry.toBytes();
        int length = Long.BYTES + Short.BYTES + id.length + Integer.BYTES + value.length;
        if (bytes.position() > CHUNK_BYTES) {
            flush();
        }
        if (bytes.remaining() < length) {
            bytes = ByteBuffer.allocate(bytes.position() + length).put(bytes.flip());
        }
        bytes.putLong(entry.slot)
                .putShort((short) id.length)
                .put(id)
                .putInt(value.length)
                .put(value);
        add(entry);
        entries++;
    }

    /** The newest that is written of it is in the chunk that is being made. */
    private void add(StateEntry entry) {
        if (entry.chunk == 0) {
            counting++;
        }
        entry.chunk = number;
        inChunk.add(entry);
    }

    private void flush() {
        byte[] chunk = Arrays.copyOf(bytes.array(), bytes.position());
        store.put(key(number), chunk);
        int at = 0;
        for (StateEntry entry : inChunk) {
            entry.written = place(number, at);
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

    /** The value of an entry as it was last written; null if it never was, or is gone. Any thread may ask. */
    byte @Nullable [] written(StateEntry entry) {
        long place = entry.written;
        while (place != 0) {
            byte[] chunk = store.get(key(place >>> PLACE_BITS));
            if (chunk != null) {
                return new Entry(chunk, (int) (place & (1 << PLACE_BITS) - 1)).value();
            }
            long before = place;
            place = entry.written;
            if (place == before) { // not written elsewhere since then: so the store was restored
                throw new IllegalStateException("the store has no chunk " + (place >>> PLACE_BITS));
            }
        }
        return null;
    }

    @Override
    public void remove(StateEntry entry) {
        entry.written = 0;
        entry.chunk = 0;
        counting--;
    }
}
