package downsampling.processor.window;

import downsampling.processor.reading.SensorId;
import downsampling.processor.window.OpenWindows.Window;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** {@link OpenWindows} without rollups, of which all sensors close their windows together. */
final class TestWindows {
    private TestWindows() {}

    /** @param from windows that start before this are closed */
    static OpenWindows of(
            KeyValueStore<Bytes, byte[]> store, SummaryLayout layout, boolean dedup, int mostOnHeap, long from) {
        return OpenWindows.of(
                store, layout, new OpenWindows.Kind(dedup, false, false), mostOnHeap, start -> start < from);
    }

    /** Returns whether the reading was counted. */
    static boolean add(OpenWindows windows, long start, SensorId id, long time, double[] values) {
        return windows.add(start, windows.sensor(id), time, values) != null;
    }

    static List<Window> take(OpenWindows windows, long from, long to) {
        List<Window> taken = windows.between(null, 0, from, to);
        windows.drop(taken);
        windows.forgetOldSensors(taken.size(), from);
        return taken;
    }
}
