package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import downsampling.processor.window.OpenWindows.Window;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The readings of open windows in the state store, beside the windows themselves, where duplicates are to be known. A commit
 * appends those that came since the one before, and nothing is written again: so a window may have as many as fit on the heap.
 *
 * <p>As with {@link StoredWindows}, there are two forms. Where all windows are on the heap, and those with the same start
 * close together, a record has the readings of many of these; otherwise it has those of one, which can be found by itself. Keys, numbers big-endian:
 *
 * <ul>
 *   <li>of many: {@code 0x81}, start (8 bytes), number (8)
 *   <li>of one: {@code 0x82}, start (8), length of the id (2), id, number of readings before these (4)
 * </ul>
 *
 * <p>So they lie between the keys of {@link WindowLog} and that of the position, and those to delete with their windows are one
 * range. The value: the names of the fields, as {@link SummaryLayout#fieldNames} writes them, then, for each window, length of
 * the id (2), id, number of readings (4), and these as {@link SeenReadings#write} does it. What was of other fields is forgotten.
 */
final class StoredReadings {
    private static final byte OF_MANY = (byte) 0x81;
    private static final byte OF_ONE = (byte) 0x82;

    /** A record has no more than twice as many, and an id. */
    private static final int RECORD_BYTES = 16 << 10;

    private final KeyValueStore<Bytes, byte[]> store;
    private final boolean allOnHeap;
    private final byte form;
    private final byte[] fieldNames;
    /** Of the next record of many. */
    private long number;

    /**
     * Makes this for a store.
     *
     * @param allOnHeap     whether all windows are on the heap
     * @param closeTogether whether windows with the same start go together
     */
    StoredReadings(KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, boolean allOnHeap, boolean closeTogether) {
        this.store = store;
        this.allOnHeap = allOnHeap;
        this.form = allOnHeap && closeTogether ? OF_MANY : OF_ONE;
        this.fieldNames = layout.fieldNames();
    }

    /** The key before all records of a form that are of a start or of later ones. */
    private static Bytes from(byte form, long start) {
        return Bytes.wrap(
                ByteBuffer.allocate(1 + Long.BYTES).put(form).putLong(start).array());
    }

    private static Bytes keyOfMany(long start, long number) {
        return Bytes.wrap(ByteBuffer.allocate(1 + 2 * Long.BYTES)
                .put(OF_MANY)
                .putLong(start)
                .putLong(number)
                .array());
    }

    private static Bytes keyOfOne(long start, SensorId sensor, int before) {
        byte[] id = sensor.get();
        return Bytes.wrap(ByteBuffer.allocate(1 + Long.BYTES + Short.BYTES + id.length + Integer.BYTES)
                .put(OF_ONE)
                .putLong(start)
                .putShort((short) id.length)
                .put(id)
                .putInt(before)
                .array());
    }

    private static long start(Bytes key) {
        return ByteBuffer.wrap(key.get()).getLong(1);
    }

    /**
     * Brings to the heap what has to be there from the start: all readings, or those in the other form, which are then written anew
     * with the next commit. Their windows are there.
     *
     * @param isGone whether there are no windows any more that start at a time
     * @param known  whether readings are to be known; if not, what the store has of them is outdated
     * @return how many records the store has of them
     */
    long load(OpenWindows heap, LongPredicate isGone, boolean known) {
        long records = 0;
        try (KeyValueIterator<Bytes, byte[]> stored = store.range(from(OF_MANY, 0), from(OF_ONE, Long.MAX_VALUE))) {
            for (; stored.hasNext(); records++) {
                var stands = stored.next();
                byte itsForm = stands.key.get()[0];
                if (itsForm == OF_MANY) {
                    number = Math.max(number, ByteBuffer.wrap(stands.key.get()).getLong(1 + Long.BYTES) + 1);
                }
                boolean counts = known && !isGone.test(start(stands.key)) && isOfTheseFields(stands.value);
                if (!counts || itsForm != form) {
                    heap.outdated(stands.key);
                }
                if (counts && (itsForm != form || allOnHeap)) {
                    load(heap, start(stands.key), stands.value, itsForm == form);
                }
            }
        }
        return records;
    }

    private void load(OpenWindows heap, long start, byte[] record, boolean areWritten) {
        ByteBuffer in = ByteBuffer.wrap(record, fieldNames.length, record.length - fieldNames.length);
        while (in.hasRemaining()) {
            byte[] id = new byte[in.getShort()];
            in.get(id);
            int count = in.getInt();
            heap.load(start, new SensorId(id), seen -> seen.read(count, in, areWritten), areWritten);
        }
    }

    private boolean isOfTheseFields(byte[] record) {
        int length = fieldNames.length;
        return record.length >= length && Arrays.equals(record, 0, length, fieldNames, 0, length);
    }

    /** Reads those of a window that is not on the heap, where not all are. */
    void find(long start, SensorId sensor, SeenReadings seen) {
        try (KeyValueIterator<Bytes, byte[]> stored =
                store.range(keyOfOne(start, sensor, 0), keyOfOne(start, sensor, Integer.MAX_VALUE))) {
            stored.forEachRemaining(stands -> {
                if (isOfTheseFields(stands.value)) {
                    int idAt = fieldNames.length;
                    ByteBuffer in = ByteBuffer.wrap(stands.value).position(idAt + Short.BYTES + sensor.get().length);
                    seen.read(in.getInt(), in, true);
                }
            });
        }
    }

    /** Writes what windows that have changed got since the last time. */
    void write(List<StateEntry> changed) {
        Map<Long, ByteArrayOutputStream> ofMany = new TreeMap<>();
        for (StateEntry entry : changed) {
            if (!(entry instanceof Window window) || !window.knowsReadings()) {
                continue;
            }
            SeenReadings seen = window.seen();
            while (seen.unwritten() > 0) {
                if (form == OF_ONE) {
                    Bytes key = keyOfOne(window.slot, window.sensorId(), seen.written());
                    ByteArrayOutputStream record = newRecord();
                    append(window, record);
                    store.put(key, record.toByteArray());
                } else {
                    ByteArrayOutputStream record = ofMany.computeIfAbsent(window.slot, none -> newRecord());
                    append(window, record);
                    if (record.size() > RECORD_BYTES) {
                        ofMany.remove(window.slot);
                        store.put(keyOfMany(window.slot, number++), record.toByteArray());
                    }
                }
            }
        }
        ofMany.forEach((start, record) -> store.put(keyOfMany(start, number++), record.toByteArray()));
    }

    private ByteArrayOutputStream newRecord() {
        ByteArrayOutputStream record = new ByteArrayOutputStream(512);
        record.writeBytes(fieldNames);
        return record;
    }

    /** As many of a window as one record may have. */
    private static void append(Window window, ByteArrayOutputStream record) {
        SeenReadings seen = window.seen();
        byte[] id = window.sensorId().get();
        int count = Math.min(seen.unwritten(), Math.max(1, RECORD_BYTES / seen.bytes()));
        ByteBuffer entry = ByteBuffer.allocate(Short.BYTES + id.length + Integer.BYTES + count * seen.bytes())
                .putShort((short) id.length)
                .put(id)
                .putInt(count);
        seen.write(count, entry);
        record.writeBytes(entry.array());
    }

    /** The records of one window, where a record has the readings of one. */
    void keys(long start, SensorId sensor, Consumer<Bytes> visitor) {
        try (KeyValueIterator<Bytes, byte[]> stored =
                store.range(keyOfOne(start, sensor, 0), keyOfOne(start, sensor, Integer.MAX_VALUE))) {
            stored.forEachRemaining(stands -> visitor.accept(stands.key));
        }
    }

    /** The records of windows that start in {@code [from, to)}. */
    void keys(long from, long to, Consumer<Bytes> visitor) {
        try (KeyValueIterator<Bytes, byte[]> stored = store.range(from(form, from), from(form, to))) {
            stored.forEachRemaining(stands -> visitor.accept(stands.key));
        }
    }
}
