package downsampling.processor.window;

import downsampling.service.FailedException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
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
 * @param lateness        for how long closed windows are kept
 * @param goneUpTo        windows that end at or before this are not kept, as it was shorter before
 */
record Position(
        long closedUpTo,
        long newest,
        long readUpTo,
        long newestTimestamp,
        long nextOffset,
        long lateness,
        long goneUpTo) {
    static final long NONE = Long.MIN_VALUE;

    private static final int NUMBERS_2 = 5;
    private static final int NUMBERS_3 = 7;

    /** Of a partition of which nothing was ever read. */
    static final Position START = new Position(NONE, NONE, NONE, NONE, -1);

    /** The same, with how far windows are closed, and for how long closed ones are kept. */
    Position withWindows(Timeline timeline, long lateness) {
        return new Position(
                timeline.closedUpTo, newest, readUpTo, newestTimestamp, nextOffset, lateness, timeline.goneUpTo);
    }

    /** Where closed windows are not kept. */
    Position(long closedUpTo, long newest, long readUpTo, long newestTimestamp, long nextOffset) {
        this(closedUpTo, newest, readUpTo, newestTimestamp, nextOffset, 0, NONE);
    }

    /** Behind all windows. Holds the number of the layout, or the position itself, which is longer, as version 0.1 wrote it. */
    private static final Bytes LAYOUT_KEY = Bytes.wrap(new byte[] {(byte) 0xFF});

    private static final Bytes KEY = Bytes.wrap(new byte[] {(byte) 0xFF, 0});

    /**
     * The layout of the whole state. A version before 2 expects a position where this is, and fails for lack of bytes: it could
     * not read the windows, and would count without them. Number 3 is written only where closed windows are kept, or were: a version
     * before it would take them for open ones.
     */
    private static final byte LAYOUT_2 = 2;

    private static final byte LAYOUT_3 = 3;

    /**
     * What a store holds; {@link #START} if it holds nothing.
     *
     * @throws FailedException if a newer version wrote it
     */
    static Position of(ReadOnlyKeyValueStore<Bytes, byte[]> store) {
        byte[] layout = store.get(LAYOUT_KEY);
        if (layout == null) {
            return START;
        }
        if (layout.length > 1) {
            return fromBytes(layout);
        }
        byte[] position = store.get(KEY);
        if (layout[0] < LAYOUT_2 || layout[0] > LAYOUT_3 || position == null) {
            throw new FailedException("the state has layout " + layout[0]
                    + ", which this version cannot read; start the version that wrote it, or run \"processor reset\"");
        }
        return fromBytes(position);
    }

    /** Puts this into the store, unless it is what the store has. */
    void write(KeyValueStore<Bytes, byte[]> store, Position stored) {
        byte[] layout = store.get(LAYOUT_KEY);
        boolean current = layout != null && layout.length == 1 && layout[0] == layout();
        if (!current) {
            store.put(LAYOUT_KEY, new byte[] {layout()});
        }
        if (!current || !equals(stored)) {
            store.put(KEY, toBytes());
        }
    }

    private byte layout() {
        return lateness == 0 && goneUpTo == NONE ? LAYOUT_2 : LAYOUT_3;
    }

    byte[] toBytes() {
        boolean keeps = layout() == LAYOUT_3;
        ByteBuffer numbers = ByteBuffer.allocate((keeps ? NUMBERS_3 : NUMBERS_2) * Long.BYTES)
                .putLong(closedUpTo)
                .putLong(newest)
                .putLong(readUpTo)
                .putLong(newestTimestamp)
                .putLong(nextOffset);
        if (keeps) {
            numbers.putLong(lateness).putLong(goneUpTo);
        }
        return numbers.array();
    }

    /** Reads also what version 0.1 wrote, which is the first number alone. */
    static Position fromBytes(byte[] bytes) {
        ByteBuffer numbers = ByteBuffer.wrap(bytes);
        if (bytes.length == Long.BYTES) {
            return new Position(numbers.getLong(), NONE, NONE, NONE, -1);
        }
        boolean keeps = bytes.length == NUMBERS_3 * Long.BYTES;
        return new Position(
                numbers.getLong(),
                numbers.getLong(),
                numbers.getLong(),
                numbers.getLong(),
                numbers.getLong(),
                keeps ? numbers.getLong() : 0,
                keeps ? numbers.getLong() : NONE);
    }
}
