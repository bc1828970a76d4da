package downsampling.processor.window;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The readings of one sensor's window, of which none comes twice: that with the same time and the same values is a duplicate of
 * the one before. It is exact, since each reading is kept whole: 24 to 48 bytes for one of one field.
 *
 * <p>Values are compared as numbers, so 0.0 and -0.0 are the same, and so are two that are missing (NaN). For one thread.
 */
public final class SeenReadings {
    private static final int FIRST_CAPACITY = 4;

    /** Of a reading: its time and the bits of its values. */
    private final int longs;
    /** One after the other in the order in which they came, then room for more. */
    private long[] readings;
    /** Open addressing by hash: 1 + the index of a reading, or 0; never more than half full. */
    private int[] table = new int[2 * FIRST_CAPACITY];

    private int size;
    /** How many of them the state store has: the first ones. */
    private int written;

    /** @param fields how many values a reading has */
    public SeenReadings(int fields) {
        longs = 1 + fields;
        readings = new long[FIRST_CAPACITY * longs];
    }

    /**
     * Adds a reading.
     *
     * @param time   in epoch milliseconds
     * @param values as {@link Summary#add} takes them
     * @return false if it is a duplicate
     */
    public boolean add(long time, double[] values) {
        int at = free();
        readings[at] = time;
        for (int i = 1; i < longs; i++) {
            readings[at + i] = Double.doubleToLongBits(values[i - 1] + 0.0); // -0.0 becomes 0.0
        }
        return addLast();
    }

    /** Where the next reading stands. */
    private int free() {
        int at = size * longs;
        if (at == readings.length) {
            readings = Arrays.copyOf(readings, 2 * at);
            table = new int[2 * table.length];
            for (int i = 0; i < size; i++) {
                table[slot(i * longs)] = i + 1;
            }
        }
        return at;
    }

    /** Counts the reading that stands behind the last one, unless it is there. */
    private boolean addLast() {
        int slot = slot(size * longs);
        if (table[slot] != 0) {
            return false;
        }
        table[slot] = ++size;
        return true;
    }

    /** The slot of a reading, or the free one where it belongs. */
    private int slot(int at) {
        int slot = hash(at) & table.length - 1;
        while (table[slot] != 0 && !isSame((table[slot] - 1) * longs, at)) {
            slot = slot + 1 & table.length - 1;
        }
        return slot;
    }

    private boolean isSame(int one, int other) {
        return Arrays.equals(readings, one, one + longs, readings, other, other + longs);
    }

    private int hash(int at) {
        long hash = 0;
        for (int i = at; i < at + longs; i++) {
            hash = (hash ^ readings[i]) * 0x9E37_79B9_7F4A_7C15L;
            hash ^= hash >>> 32;
        }
        return (int) hash;
    }

    int size() {
        return size;
    }

    int written() {
        return written;
    }

    /** How many the state store does not have. */
    int unwritten() {
        return size - written;
    }

    /** Puts the next readings that the state store does not have into a buffer, {@link #bytes} each, and takes them as written. */
    void write(int count, ByteBuffer out) {
        out.asLongBuffer().put(readings, written * longs, count * longs);
        out.position(out.position() + count * bytes());
        written += count;
    }

    /**
     * Adds readings that {@link #write} put into a buffer.
     *
     * @param areWritten whether they stay there; if so, they are the first ones
     */
    void read(int count, ByteBuffer in, boolean areWritten) {
        for (int i = 0; i < count; i++) {
            int at = free();
            in.asLongBuffer().get(readings, at, longs);
            in.position(in.position() + bytes());
            addLast();
        }
        if (areWritten) {
            written = size;
        }
    }

    /** Of a reading. */
    int bytes() {
        return longs * Long.BYTES;
    }
}
