package downsampling.page;

import java.util.Arrays;

/** How often something happens, over a number of whole seconds that moves along. For one thread at a time. */
final class Rate {
    private final long[] counts;
    private long start = Long.MIN_VALUE;
    private long newest;

    /** @param seconds over how many it is averaged; 1 or more */
    Rate(int seconds) {
        counts = new long[seconds + 1]; // the second under way is not whole
    }

    /** @param now milliseconds of a clock that does not go back */
    void add(long now, long count) {
        moveTo(now);
        counts[slot(newest)] += count;
    }

    /** Per second, over the whole seconds there have been since the first call, up to the number given; 0 in the first one. */
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
