package downsampling.processor.window;

import downsampling.processor.input.InputEnd;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Up to when all partitions of the input have been read, for a partition of the topic that their readings are rekeyed to: the
 * earliest of what each of them says last ({@link RekeyedReadings}). So where one of them is read later than the others, be it
 * after a crash, by a slower instance or because it has more to read, its readings are not late for that; and as long as one says
 * nothing at all, no window closes.
 *
 * <p>What it says has come through the topic itself, behind the readings it is about. So it is an answer to what {@link InputEnd}
 * is asked elsewhere, too, and a partition is idle when those of the input are read to their end and what came of them is.
 *
 * <p>For one thread.
 */
final class SourceTimes implements InputEnd.Watch {
    private final long longestGap;
    /** By partition of the input, in milliseconds since the epoch. */
    private final long[] readUpTo;

    private long all = Position.NONE;
    // Of the clock that is never set back: since when all of them have gone on saying something, and the last time.
    private long since;
    private long saidAt;
    private long seenAt;

    /** @param interval at which each partition of the input says how far it is read, if it can */
    SourceTimes(int partitions, Duration interval) {
        readUpTo = new long[partitions];
        Arrays.fill(readUpTo, Position.NONE);
        longestGap = 5 * interval.toMillis();
    }

    /**
     * A partition of the input says up to when it has been read.
     *
     * @param source   the partition
     * @param upTo     in milliseconds since the epoch; the smallest long if it does not say
     * @param now      of the clock that is never set back
     * @param wallTime the wall clock
     * @return up to when all have been read, the smallest long if that is not known
     */
    long readUpTo(int source, long upTo, long now, long wallTime) {
        readUpTo[source] = Math.max(readUpTo[source], upTo);
        long before = all;
        all = Arrays.stream(readUpTo).min().orElse(Position.NONE);
        if (all > before) {
            if (before == Position.NONE || now - saidAt > longestGap) {
                since = now;
            }
            saidAt = now;
            seenAt = now - Math.max(0, wallTime - all);
        }
        return all;
    }

    @Override
    public InputEnd.@Nullable Reached reached(int partition, long nextOffset, boolean atOnce) {
        return all == Position.NONE ? null : new InputEnd.Reached(since, seenAt, all, nextOffset);
    }
}
