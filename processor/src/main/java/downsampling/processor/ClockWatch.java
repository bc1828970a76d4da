package downsampling.processor;

import downsampling.service.DaemonThread;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notices that the wall clock was set back, within a second. */
final class ClockWatch implements AutoCloseable {
    /** In milliseconds: clients that wait so much longer than they should keep their place in the group. */
    private static final long LEAST = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(ClockWatch.class);

    private final LongSupplier wallClock;
    private final LongSupplier nanos;
    private final LongConsumer setBack;
    private final ScheduledExecutorService executor = DaemonThread.scheduler("clock");
    private long ahead;

    /**
     * @param wallClock in milliseconds since the epoch
     * @param nanos     as {@link System#nanoTime}
     * @param setBack   is told by how many milliseconds
     */
    ClockWatch(LongSupplier wallClock, LongSupplier nanos, LongConsumer setBack) {
        this.wallClock = wallClock;
        this.nanos = nanos;
        this.setBack = setBack;
        ahead = ahead();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // lookAgain reports its own failures
    ClockWatch start() {
        executor.scheduleWithFixedDelay(this::lookAgain, 1, 1, TimeUnit.SECONDS);
        return this;
    }

    private void lookAgain() {
        try {
            look();
        } catch (RuntimeException e) { // an exception that leaves here would end the schedule without a word
            LOG.error("The program could not react to a wall clock that was set back", e);
        }
    }

    void look() {
        long before = ahead;
        ahead = ahead();
        if (before - ahead >= LEAST) {
            setBack.accept(before - ahead);
        }
    }

    private long ahead() {
        return wallClock.getAsLong() - TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong());
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
