package downsampling.processor.window;

import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * How far a partition of the input has come: the entry of its state store that is no window. It is in one transaction with the
 * windows, the results and the input offset.
 *
 * <p>Times in milliseconds since the epoch, {@link #NONE} where there is none or it is not known.
 *
 * @param closedUpTo      windows that end at or before this are closed
 * @param newest          newest event time of the readings that were counted
 * @param readUpTo        wall-clock time up to which what came in had been read, see {@link StreamTime}
 * @param newestTimestamp newest timestamp of the records that were processed, whatever became of them
 * @param nextOffset      all records before this offset have been processed; -1 if that is not known
 */
record Position(long closedUpTo, long newest, long readUpTo, long newestTimestamp, long nextOffset) {
    static final long NONE = Long.MIN_VALUE;

    /** Of a partition of which nothing was ever read. */
    static final Position START = new Position(NONE, NONE, NONE, NONE, -1);

    /** Behind all windows, as no start is negative. */
    static final Bytes KEY = Bytes.wrap(new byte[] {(byte) 0xFF});

    /** What a store holds; {@link #START} if it holds nothing. */
    static Position of(ReadOnlyKeyValueStore<Bytes, byte[]> store) {
        byte[] stored = store.get(KEY);
        return stored == null ? START : fromBytes(stored);
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(5 * Long.BYTES)
                .putLong(closedUpTo)
                .putLong(newest)
                .putLong(readUpTo)
                .putLong(newestTimestamp)
                .putLong(nextOffset)
                .array();
    }

    /** Reads also what version 0.1 wrote, which is the first number alone. */
    static Position fromBytes(byte[] bytes) {
        ByteBuffer numbers = ByteBuffer.wrap(bytes);
        return bytes.length == Long.BYTES
                ? new Position(numbers.getLong(), NONE, NONE, NONE, -1)
                : new Position(
                        numbers.getLong(), numbers.getLong(), numbers.getLong(), numbers.getLong(), numbers.getLong());
    }
}
