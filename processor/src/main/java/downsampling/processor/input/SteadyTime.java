package downsampling.processor.input;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/**
 * The clock of Kafka Streams, which is the wall clock as long as that goes forward. When it is set back, this one goes on, a
 * tenth more slowly, until the wall clock has come up to it. Kafka Streams keeps what is to be done by the time at which it is
 * due: with the wall clock itself, nothing would be committed, closed or looked after until that time has come once more.
 *
 * <p>Only good for how long something lasts: what time it is, the wall clock says. Any thread may ask.
 */
public final class SteadyTime implements Time {
    private final LongSupplier wallClock;
    private final LongSupplier nanos;
    private long lastNanos;
    /** In nanoseconds since the epoch. */
    private long last = Long.MIN_VALUE;

    public SteadyTime() {
        this(System::currentTimeMillis, System::nanoTime);
    }

    /**
     * @param wallClock in milliseconds since the epoch
     * @param nanos     as {@link System#nanoTime}
     */
    SteadyTime(LongSupplier wallClock, LongSupplier nanos) {
        this.wallClock = wallClock;
        this.nanos = nanos;
        lastNanos = nanos.getAsLong();
    }

    @Override
    public synchronized long milliseconds() {
        long now = nanos.getAsLong();
        long slowly = last == Long.MIN_VALUE ? last : last + (now - lastNanos) / 10 * 9;
        last = Math.max(slowly, TimeUnit.MILLISECONDS.toNanos(wallClock.getAsLong()));
        lastNanos = now;
        return TimeUnit.NANOSECONDS.toMillis(last);
    }

    @Override
    public long nanoseconds() {
        return nanos.getAsLong();
    }

    @Override
    public void sleep(long millis) {
        Time.SYSTEM.sleep(millis);
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadline) throws InterruptedException {
        Time.SYSTEM.waitObject(object, condition, deadline - milliseconds() + Time.SYSTEM.milliseconds());
    }
}
