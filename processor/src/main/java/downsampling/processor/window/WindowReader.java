package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.processor.reading.SensorId;
import downsampling.processor.settings.Settings;
import downsampling.service.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the windows of the partitions that this instance works on, while its stream threads change them. Any thread may.
 *
 * <p>A window is looked for among the open ones as they were last written, then among {@link RecentWindows}: a stream thread moves
 * it that way, so that it is found in one of them. It is open as long as the store, which is as of the last commit, does not say that windows
 * are closed up to its end: so what a reader sees of closed windows is what stands on the output topic, and a window is
 * never open and closed at once.
 */
public final class WindowReader {
    private static final Logger LOG = LoggerFactory.getLogger(WindowReader.class);
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);
    /** How many readers may wait; more than these would leave no thread to answer anybody else. */
    private static final int MOST_WAITING = 8;

    private final long size;
    private final long grace;
    private final IntFunction<ReadOnlyKeyValueStore<Bytes, byte[]>> stores;
    private final RecentWindows recent;
    private final SummaryLayout layout;
    private final boolean bySensor;
    private final Semaphore turn = new Semaphore(1, true);
    private long restUntil = System.nanoTime();

    /** @param stores a partition's store, keys as {@link WindowKey} makes them; throws what {@link KafkaStreams#store} throws */
    public WindowReader(
            Settings settings, IntFunction<ReadOnlyKeyValueStore<Bytes, byte[]>> stores, RecentWindows recent) {
        size = settings.windows().size().toMillis();
        grace = settings.windows().grace().toMillis();
        layout = SummaryLayout.of(settings);
        bySensor = settings.sensors().ownTime();
        this.stores = stores;
        this.recent = recent;
    }

    /** Times in epoch milliseconds; the end is exclusive. */
    public record Window(long start, long end, boolean open, Summary summary) {}

    /**
     * What there is of one sensor in one partition.
     *
     * @param windows       by time
     * @param completeAfter no window that ended after this, in epoch milliseconds, is missing
     */
    public record Windows(List<Window> windows, long completeAfter) {}

    /**
     * The windows of a sensor.
     *
     * @throws RefusedException if this instance does not work on the partition at the moment
     */
    public Windows windows(int partition, String sensor) {
        return read(partition, (store, closed) -> {
            Map<Long, Summary> byStart = new TreeMap<>();
            SensorId id = new SensorId(sensor.getBytes(UTF_8));
            if (closed.open().isAllOnHeap()) {
                closed.open().written(id, byStart::put);
            } else {
                Position position = Position.of(store);
                SensorState state = bySensor ? closed.open().writtenState(id) : null;
                forEachOpenStart(
                        closedUpTo(position, state), state == null ? position.newest() : state.newest, start -> {
                            byte[] window = store.get(WindowKey.of(start, id));
                            if (window != null) {
                                byStart.put(start, OpenWindows.Window.summary(window, layout));
                            }
                        });
            }
            awaitClosed(closed);
            long closedUpTo =
                    closedUpTo(Position.of(store), bySensor ? closed.open().writtenState(id) : null);
            byStart.keySet().removeIf(start -> start + size <= closedUpTo); // it is among the kept ones, if at all
            for (Bytes next = closed.windows().ceilingKey(WindowKey.from(0)); next != null; ) {
                long start = WindowKey.slot(next);
                Summary window = closed.windows().get(WindowKey.of(start, sensor));
                if (window != null) {
                    byStart.put(start, window);
                }
                next = closed.windows().ceilingKey(WindowKey.from(start + 1));
            }
            List<Window> windows = new ArrayList<>();
            byStart.forEach((start, summary) ->
                    windows.add(new Window(start, start + size, start + size > closedUpTo, summary)));
            return new Windows(windows, closed.completeAfter());
        });
    }

    /** Receives the sensors that {@link #sensors} finds. */
    public interface SensorConsumer {
        /** Accepts a sensor, and returns whether there is room for sensors with a greater id. */
        boolean accept(Bytes sensor);
    }

    /**
     * Reports the sensors of one partition that have an open or kept window, some of them more than once, in no order.
     *
     * @param after sensors with this id and smaller ones may be left out
     * @throws RefusedException if this instance does not work on the partition at the moment
     */
    public void sensors(int partition, Bytes after, SensorConsumer consumer) {
        read(partition, (store, closed) -> {
            if (closed.open().isAllOnHeap()) {
                closed.open().written(consumer::accept);
            } else if (bySensor) {
                closed.open().sensors().forEach(sensor -> consumer.accept(sensor.id));
            } else {
                Position position = Position.of(store);
                forEachOpenStart(position.closedUpTo(), position.newest(), start -> {
                    try (KeyValueIterator<Bytes, byte[]> windows =
                            store.range(WindowKey.of(start, after), WindowKey.from(start + 1))) {
                        while (windows.hasNext() && consumer.accept(WindowKey.sensor(windows.next().key))) {}
                    }
                });
            }
            awaitClosed(closed);
            for (Bytes window : closed.windows().keySet()) {
                consumer.accept(WindowKey.sensor(window));
            }
            return partition;
        });
    }

    /** Receives what {@link #silent} finds: a sensor, and when its last reading arrived, in epoch milliseconds. */
    public interface SilentConsumer {
        /** Accepts a sensor. */
        void accept(Bytes sensor, long since);
    }

    /**
     * Reports the sensors of one partition of which it has been said that they are silent, in no order.
     *
     * @throws RefusedException if this instance does not work on the partition at the moment
     */
    public void silent(int partition, SilentConsumer consumer) {
        read(partition, (store, closed) -> {
            for (OpenWindows.Sensor sensor : closed.open().sensors()) {
                if (sensor.state != null) {
                    SensorState written = closed.open().writtenState(sensor.id);
                    if (written != null && written.silent) {
                        consumer.accept(sensor.id, written.arrived);
                    }
                }
            }
            return partition;
        });
    }

    private static long closedUpTo(Position position, @Nullable SensorState sensor) {
        return sensor == null ? position.closedUpTo() : Math.max(position.closedUpTo(), sensor.closedUpTo);
    }

    private interface Read<T> {
        T from(ReadOnlyKeyValueStore<Bytes, byte[]> store, RecentWindows.Partition closed);
    }

    /** One at a time, and a quarter of the time at most: a store on disk has a lock that the stream threads need too. */
    private <T> T read(int partition, Read<T> read) {
        if (turn.getQueueLength() >= MOST_WAITING) {
            throw RefusedException.unavailable("too many queries at once");
        }
        try {
            if (!turn.tryAcquire(PATIENCE, TimeUnit.NANOSECONDS)) {
                throw RefusedException.unavailable("too many queries at once");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RefusedException.unavailable("interrupted");
        }
        try {
            for (long rest; (rest = restUntil - System.nanoTime()) > 0; ) {
                LockSupport.parkNanos(rest);
            }
            long began = System.nanoTime();
            T result = from(partition, read);
            restUntil = System.nanoTime() + Math.min(PATIENCE, 3 * (System.nanoTime() - began));
            return result;
        } finally {
            turn.release();
        }
    }

    private <T> T from(int partition, Read<T> read) {
        RecentWindows.Partition closed = recent.of(partition);
        if (closed == null) {
            throw RefusedException.unavailable("partition " + partition + " is not here, or not yet");
        }
        try {
            T result = read.from(stores.apply(partition), closed);
            if (recent.of(partition) == closed) {
                return result;
            }
        } catch (InvalidStateStoreException | IllegalStateException e) {
            LOG.debug("Partition {} could not be read", partition, e);
        } catch (RuntimeException e) {
            if (e instanceof RefusedException || recent.of(partition) == closed) {
                throw e;
            } // else it met what was restored in the meantime
        }
        throw RefusedException.unavailable("partition " + partition + " is being moved or restored");
    }

    private static void awaitClosed(RecentWindows.Partition closed) {
        for (long deadline = System.nanoTime() + PATIENCE; closed.isClosing(); LockSupport.parkNanos(1_000_000)) {
            if (System.nanoTime() - deadline > 0) {
                throw RefusedException.unavailable("windows are being closed");
            }
        }
    }

    /**
     * All starts that an open window can have: none is newer than the newest reading, of which version 0.1 recorded no more than
     * that one {@code grace} after a window's end closes it.
     */
    private void forEachOpenStart(long closedUpTo, long newestReading, LongConsumer action) {
        if (closedUpTo > Position.NONE) {
            long newest = Math.max(newestReading, closedUpTo + size + grace - 1);
            for (long start = Math.max(0, closedUpTo); start <= newest; start += size) {
                action.accept(start);
            }
        }
    }
}
