package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/**
 * The key of a window in the state store: its slot, eight bytes, big-endian, then the sensor's id in UTF-8. The slot is the number
 * of the window's level, one byte, and its start in milliseconds since the epoch, seven bytes, with
 * {@link #bias} added: so for the windows that readings
 * are counted in it is the start alone. The windows of one level and start lie together, by sensor, and those to close are one
 * range. What is known of a sensor has a slot of its own behind those of all levels.
 */
final class WindowKey {
    private static final int START_BITS = 56;

    /** What is known of a sensor, see {@link SensorState}. */
    static final long SENSOR = 15L << START_BITS;

    /** Behind the slots of all levels. */
    static final int LEVELS = 15;

    private WindowKey() {}

    /** @param start of a window that readings are counted in, not negative; of a rollup, which has its first part in it */
    static long slot(int level, long start) {
        return first(level) | start + bias(level);
    }

    /** The slot before all of a level. */
    static long first(int level) {
        return (long) level << START_BITS;
    }

    /** Added to starts, so that none is negative: 49 days, since the month of the epoch begins before it where local time is ahead. */
    private static long bias(int level) {
        return level == 0 ? 0 : 1L << 32;
    }

    static int level(long slot) {
        return (int) (slot >>> START_BITS);
    }

    /** Start of the window in a slot. */
    static long start(long slot) {
        return (slot & (1L << START_BITS) - 1) - bias(level(slot));
    }

    static Bytes of(long slot, String sensor) {
        return of(slot, sensor.getBytes(StandardCharsets.UTF_8));
    }

    private static Bytes of(long slot, byte[] id) {
        return Bytes.wrap(ByteBuffer.allocate(Long.BYTES + id.length)
                .putLong(slot)
                .put(id)
                .array());
    }

    /** @param sensor in UTF-8 */
    static Bytes of(long slot, Bytes sensor) {
        return of(slot, sensor.get());
    }

    /** The key before all of a slot and of later ones. */
    static Bytes from(long slot) {
        return of(slot, "");
    }

    static long slot(Bytes key) {
        return ByteBuffer.wrap(key.get()).getLong();
    }

    static SensorId sensor(Bytes key) {
        return new SensorId(Arrays.copyOfRange(key.get(), Long.BYTES, key.get().length));
    }
}
