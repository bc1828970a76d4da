package downsampling.processor.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.apache.kafka.common.utils.Bytes;

/**
 * A sensor's id as it is on the wire, for those who only have to distinguish one sensor from another. Its hash is made in the same
 * pass that looks whether it is printable ASCII, eight bytes at a time; it is another one than that of {@link Bytes}, so that the two do
 * not belong in one map.
 */
public final class SensorId extends Bytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NOT_ASCII = 0x8080808080808080L;
    /** Subtracted from a byte of ASCII, it sets the highest bit of a control character, and perhaps of those that follow one. */
    private static final long BLANKS = 0x2020202020202020L;

    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final int hash;
    private final boolean plain;

    /** @param id UTF-8 */
    public SensorId(byte[] id) {
        super(id);
        long hash = id.length;
        long bits = 0;
        int at = 0;
        for (; at + Long.BYTES <= id.length; at += Long.BYTES) {
            long eight = (long) LONGS.get(id, at);
            bits |= eight | eight - BLANKS;
            hash = mix(hash, eight);
        }
        if (at < id.length) {
            long rest = 0;
            for (; at < id.length; at++) {
                rest = rest << Byte.SIZE | id[at] & 0xFF;
            }
            long padded = rest | BLANKS << Byte.SIZE * (id.length % Long.BYTES);
            bits |= padded | padded - BLANKS;
            hash = mix(hash, rest);
        }
        this.hash = (int) (hash ^ hash >>> 32);
        this.plain = (bits & NOT_ASCII) == 0;
    }

    private static long mix(long hash, long bytes) {
        long mixed = (hash ^ bytes) * MIX;
        return mixed ^ mixed >>> 29;
    }

    /** Whether it is ASCII without control characters. */
    boolean isPlain() {
        return plain;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SensorId id && hash == id.hash && super.equals(other);
    }
}
