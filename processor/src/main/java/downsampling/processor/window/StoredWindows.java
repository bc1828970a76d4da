package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the windows of one partition, and what is known of its sensors, lie in the state store, and so in its changelog: as a
 * {@link WindowLog} where all of them are on the heap as well, as a {@link WindowTable} where the store has more than the heap.
 */
interface StoredWindows {
    /**
     * Brings to the heap what has to be there from the start: all windows, or those that lie in the store as the other class
     * has them, which are then written anew with the next commit; and what is known of sensors.
     */
    void load(OpenWindows heap);

    /** The value of a window that is not on the heap; null if it is not in the store either. */
    byte @Nullable [] find(long slot, SensorId sensor);

    /** The windows in {@code [from, to)}, by slot, where the store may have others than the heap. */
    void read(long from, long to, Visitor visitor);

    /** Writes what has changed. */
    void write(List<? extends StateEntry> changed);

    /** Takes out what was written at some time. */
    void remove(StateEntry entry);

    interface Visitor {
        void visit(long slot, SensorId sensor, byte[] value);
    }
}
