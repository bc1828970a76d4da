package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/**
 * The key of an open window in the state store: its start in milliseconds since the epoch, eight bytes, big-endian, then the
 * sensor's id in UTF-8. So the windows of one start lie together, by sensor, and those to close are one range.
 */
final class WindowKey {
    private WindowKey() {}

    /** @param start not negative */
    static Bytes of(long start, String sensor) {
        return of(start, sensor.getBytes(StandardCharsets.UTF_8));
    }

    private static Bytes of(long start, byte[] id) {
        return Bytes.wrap(ByteBuffer.allocate(Long.BYTES + id.length)
                .putLong(start)
                .put(id)
                .array());
    }

    /** @param sensor in UTF-8 */
    static Bytes of(long start, Bytes sensor) {
        return of(start, sensor.get());
    }

    /** The key before all windows of a start and of later ones. */
    static Bytes from(long start) {
        return of(start, "");
    }

    static long start(Bytes key) {
        return ByteBuffer.wrap(key.get()).getLong();
    }

    static SensorId sensor(Bytes key) {
        return new SensorId(Arrays.copyOfRange(key.get(), Long.BYTES, key.get().length));
    }
}
