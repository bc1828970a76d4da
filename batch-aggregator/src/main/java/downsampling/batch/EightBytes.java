package downsampling.batch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Eight bytes of an array at a time, as one little-endian {@code long}: the first byte is the lowest. A
 * {@code VarHandle} view is what the platform offers for it without {@code Unsafe}; compiled, it is one load.
 */
final class EightBytes {

    private static final VarHandle LITTLE_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    static final long ONES = 0x0101010101010101L;
    static final long HIGH = 0x8080808080808080L;

    private EightBytes() {}

    /** The eight bytes from {@code at}, which must all lie in the array. */
    static long at(byte[] bytes, int at) {
        return (long) LITTLE_ENDIAN.get(bytes, at);
    }

    static void put(byte[] bytes, int at, long word) {
        LITTLE_ENDIAN.set(bytes, at, word);
    }

    /** The bytes {@code [from, to)}, at most eight of them and at least one, the missing ones zero. */
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

    /** The highest bit of every byte that is the one asked for; above the first one there may be more bits than bytes. */
    static long matching(long word, char ascii) {
        long zero = word ^ ascii * ONES;
        return zero - ONES & ~zero & HIGH;
    }
}
