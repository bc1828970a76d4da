package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import downsampling.processor.window.OpenWindows.Window;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the open windows of one partition lie in the state store, and so in its changelog: as a {@link WindowLog} where all of
 * them are on the heap as well, as a {@link WindowTable} where the store has more than the heap.
 */
interface StoredWindows {
    /**
     * Brings to the heap what has to be there from the start: all windows, or those that lie in the store as the other class
     * has them, which are then written anew with the next commit.
     *
     * @param from windows that start before this are closed
     */
    void load(OpenWindows heap, long from);

    /** A window that is not on the heap; null if it is not in the store either. */
    @Nullable
    Summary find(long start, SensorId sensor);

    /** The windows that start in {@code [from, to)}, by start, where the store may have others than the heap. */
    void read(long from, long to, Visitor visitor);

    /** Writes windows that have changed. */
    void write(List<Window> changed);

    /** Takes out a window that was written at some time. */
    void remove(Window closed);

    interface Visitor {
        void visit(long start, SensorId sensor, Summary summary);
    }
}
