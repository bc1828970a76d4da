package downsampling.batch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads and writes eight bytes of an array at a time, as a {@code long} in which the first byte is the lowest one
 * (little-endian). The platform offers a {@code VarHandle} for this without {@code Unsafe}; compiled, it is one load.
 */
final class EightBytes {

    private static final VarHandle LITTLE_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    static final long ONES = 0x0101010101010101L;
    static final long HIGH = 0x8080808080808080L;

    private EightBytes() {}

    /** The eight bytes from {@code at} on, all of which must lie in the array. */
    static long at(byte[] bytes, int at) {
        return (long) LITTLE_ENDIAN.get(bytes, at);
    }

    static void put(byte[] bytes, int at, long word) {
        LITTLE_ENDIAN.set(bytes, at, word);
    }

    /** The first eight bytes of {@code [from, to)}, which is not empty; if there are fewer, zeros follow. */
    static long upTo(byte[] bytes, int from, int to) {
        if (from + 8 <= bytes.length) {
            long word = at(bytes, from);
            int missing = 8 - (to - from);
            return missing <= 0 ? word : word & (-1L >>> (missing << 3));
        }
        long word = 0;
        for (int i = Math.min(to, from + 8) - 1; i >= from; i--) {
            word = word << 8 | (bytes[i] & 0xFF);
        }
        return word;
    }

    /**
     * The highest bit of every byte that equals a character. Bytes after the first match may have the bit wrongly set.
     */
    static long matching(long word, char ascii) {
        long zero = word ^ ascii * ONES;
        return zero - ONES & ~zero & HIGH;
    }
}
