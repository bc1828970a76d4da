package downsampling.processor.window;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The last closed windows of each partition that this instance works on, for who asks over HTTP: the state store forgets a
 * window as it closes. They are on the heap alone and only those closed here: after a restart, or when a partition comes from
 * another instance, there are none at first.
 *
 * <p>A window is put here as it is emitted, which may be before that is committed. So whether it counts as closed is not said
 * here but by how far the state store says that windows are closed. Written by stream threads, read by any.
 */
public final class RecentWindows {
    private final int most;
    private final Map<Integer, Partition> partitions = new ConcurrentHashMap<>();

    /** @param most how many of each partition */
    public RecentWindows(int most) {
        this.most = most;
    }

    /**
     * Begins anew for a partition whose task starts, or starts anew because a transaction was aborted.
     *
     * @param closedUpTo how far its windows were closed before, in epoch milliseconds
     * @param open       those that are open
     */
    Partition begin(int partition, long closedUpTo, OpenWindows open) {
        Partition recent = new Partition(most, closedUpTo, open);
        partitions.put(partition, recent);
        return recent;
    }

    /** Forgets a partition whose task has ended, unless another has begun with it. */
    void end(int partition, Partition recent) {
        partitions.remove(partition, recent);
    }

    /** The windows of a partition; null if no task of this instance works on it. */
    @Nullable
    Partition of(int partition) {
        return partitions.get(partition);
    }

    static final class Partition {
        private final int most;
        /** By {@link WindowKey}; so the first one is the oldest. */
        private final ConcurrentSkipListMap<Bytes, Summary> windows = new ConcurrentSkipListMap<>();

        private int count;
        private volatile long completeAfter;
        private volatile boolean closing;

        private final OpenWindows open;

        private Partition(int most, long completeAfter, OpenWindows open) {
            this.most = most;
            this.completeAfter = completeAfter;
            this.open = open;
        }

        OpenWindows open() {
            return open;
        }

        /** To be called before windows are taken from the store: until {@link #closed} some may be in neither place. */
        void closing() {
            closing = true;
        }

        /**
         * Keeps closed windows, and lets the oldest go.
         *
         * @param closed  by start
         * @param size    of a window, in milliseconds
         * @param changes whether they may still change: what they say now is kept
         */
        void closed(List<OpenWindows.Window> closed, long size, boolean changes) {
            int skipped = Math.max(0, closed.size() - most);
            if (skipped > 0) {
                completeAfter = Math.max(completeAfter, closed.get(skipped - 1).start() + size);
            }
            for (OpenWindows.Window window : closed.subList(skipped, closed.size())) {
                Summary summary = window.summary();
                windows.put(WindowKey.of(window.slot, window.sensorId()), changes ? summary.copy() : summary);
            }
            int kept = count + closed.size() - skipped;
            for (; kept > most; kept--) {
                completeAfter = Math.max(
                        completeAfter, WindowKey.slot(windows.pollFirstEntry().getKey()) + size);
            }
            count = kept;
        }

        /** All windows that were to be taken from the store are kept here, or gone. */
        void closed() {
            closing = false;
        }

        /** A window has changed after it was closed: if it is kept here, it is kept as it is now. */
        void corrected(OpenWindows.Window window) {
            windows.replace(
                    WindowKey.of(window.slot, window.sensorId()),
                    window.summary().copy());
        }

        boolean isClosing() {
            return closing;
        }

        /** No window that ended after this, in epoch milliseconds, is missing. */
        long completeAfter() {
            return completeAfter;
        }

        ConcurrentSkipListMap<Bytes, Summary> windows() {
            return windows;
        }
    }
}
