package downsampling.batch;

import java.math.BigInteger;

/** One group of the result, on its way out; reused from group to group. Sums have 128 bits, so none ever wraps. */
final class ResultRow {

    /** Start of the period, in periods since 1970. */
    long period;

    byte[] user;
    int userFrom;
    int userTo;
    byte[] app;
    int appFrom;
    int appTo;

    long count;
    /** The lower 64 bits of each sum, as a signed number; the sum is {@code low + 2^64 * carry}. */
    final long[] low = new long[RowParser.METRICS];

    final long[] carry = new long[RowParser.METRICS];
    final long[] min = new long[RowParser.METRICS];
    final long[] max = new long[RowParser.METRICS];

    BigInteger sum(int metric) {
        return BigInteger.valueOf(carry[metric]).shiftLeft(64).add(BigInteger.valueOf(low[metric]));
    }

    /** Adds a row of the same group. */
    void add(ResultRow other) {
        count += other.count;
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            long sum = low[metric] + other.low[metric];
            carry[metric] += other.carry[metric] + carryOf(low[metric], other.low[metric], sum);
            low[metric] = sum;
            min[metric] = Math.min(min[metric], other.min[metric]);
            max[metric] = Math.max(max[metric], other.max[metric]);
        }
    }

    /** What a 64 bit addition left out, in units of 2^64. */
    static int carryOf(long a, long b, long sum) {
        return ((a ^ sum) & (b ^ sum)) < 0 ? (a < 0 ? -1 : 1) : 0;
    }
}
