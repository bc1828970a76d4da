package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import java.nio.ByteBuffer;

/**
 * What is known of a sensor by itself: how far its windows are closed, where it has a stream time of its own, and whether it is
 * silent, where that is said.
 *
 * <p>As it is stored, numbers big-endian: {@code closedUpTo}, {@code goneUpTo}, {@code newest}, {@code arrived} (8 bytes each), and 1
 * if it is silent, else 0.
 */
final class SensorState extends Timeline {
    private static final int BYTES = 4 * Long.BYTES + 1;

    /** When its newest reading arrived at the broker, whatever became of that. */
    long arrived;
    /** When it was last heard of, of Kafka Streams' clock. */
    long heardAt;
    /** No window of it with a later start is in the store without being on the heap. */
    long storeOnlyUpTo = Position.NONE;
    /** Whether it has been said that it is silent. */
    boolean silent;

    final Entry entry;

    /** In the state store. */
    final class Entry extends StateEntry {
        private final SensorId id;

        private Entry(SensorId id) {
            super(WindowKey.SENSOR);
            this.id = id;
        }

        @Override
        SensorId sensorId() {
            return id;
        }

        @Override
        byte[] toBytes() {
            return ByteBuffer.allocate(BYTES)
                    .putLong(closedUpTo)
                    .putLong(goneUpTo)
                    .putLong(newest)
                    .putLong(arrived)
                    .put((byte) (silent ? 1 : 0))
                    .array();
        }
    }

    /** Of a sensor of which nothing is known: how far its windows are closed, as those of all sensors of its partition are. */
    SensorState(SensorId id, Timeline common, long now) {
        super(common.closedUpTo, Position.NONE, now);
        goneUpTo = common.goneUpTo;
        arrived = Position.NONE;
        heardAt = now;
        entry = new Entry(id);
    }

    /** Takes over what {@link Entry#toBytes} has written. */
    void read(byte[] stored) {
        ByteBuffer in = ByteBuffer.wrap(stored);
        closedUpTo = in.getLong();
        goneUpTo = in.getLong();
        newest = in.getLong();
        arrived = in.getLong();
        silent = in.get() == 1;
    }
}
