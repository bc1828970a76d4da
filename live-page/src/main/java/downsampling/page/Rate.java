package downsampling.page;

import java.util.Arrays;

/** How often something happens: the mean of the last whole seconds. Not safe for several threads. */
final class Rate {
    private final long[] counts;
    private long start = Long.MIN_VALUE;
    private long newest;

    /** @param seconds how many of them the mean is of; 1 or more */
    Rate(int seconds) {
        counts = new long[seconds + 1]; // the second under way is not whole
    }

    /** @param now milliseconds of a clock that does not go back */
    void add(long now, long count) {
        moveTo(now);
        counts[slot(newest)] += count;
    }

    /**
     * The mean of the last whole seconds, or of those there have been since the first call if they are fewer; 0 within the
     * first second.
     */
    double perSecond(long now) {
        moveTo(now);
        long whole = Math.min(newest - start, counts.length - 1L);
        long sum = Arrays.stream(counts).sum() - counts[slot(newest)];
        return whole == 0 ? 0 : (double) sum / whole;
    }

    private void moveTo(long now) {
        long second = Math.floorDiv(now, 1000);
        if (start == Long.MIN_VALUE) {
            start = newest = second;
        }
        if (second - newest >= counts.length) {
            Arrays.fill(counts, 0);
            newest = second;
        }
        while (newest < second) {
            counts[slot(++newest)] = 0;
        }
    }

    private int slot(long second) {
        return (int) Math.floorMod(second, (long) counts.length);
    }
}
