package downsampling.batch;

import java.math.BigInteger;

/**
 * One group of the result on its way to the output; it is reused from group to group. Sums have 128 bits and never
 * wrap.
 */
final class ResultRow {

    /** The number of the period, counted from 1970. */
    long period;

    byte[] user = {};
    int userFrom;
    int userTo;
    byte[] app = {};
    int appFrom;
    int appTo;

    long count;
    /** The lower 64 bits of each sum as a signed number; the sum is {@code low + 2^64 * carry}. */
    final long[] low = new long[RowParser.METRICS];

    final long[] carry = new long[RowParser.METRICS];
    final long[] min = new long[RowParser.METRICS];
    final long[] max = new long[RowParser.METRICS];

    /** The sum of a metric, from 0 to 8. */
    BigInteger sum(int metric) {
        return BigInteger.valueOf(carry[metric]).shiftLeft(64).add(BigInteger.valueOf(low[metric]));
    }

    /** Adds a row of the same group to this one. */
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

    /** The carry of an addition in 64 bits, in units of 2^64. */
    static int carryOf(long a, long b, long sum) {
        return ((a ^ sum) & (b ^ sum)) < 0 ? (a < 0 ? -1 : 1) : 0;
    }
}
