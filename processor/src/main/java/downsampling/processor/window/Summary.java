package downsampling.processor.window;

import java.nio.ByteBuffer;

/**
 * What a window says of one sensor's readings. It grows with each of them, in place: a million open windows that got a new
 * object for each reading would keep the garbage collector busier than the processor.
 *
 * <p>The sum is kept as an unevaluated pair of doubles by the two-sum step (Knuth, TAOCP vol. 2, 4.2.2; Dekker 1971), so a
 * mean is the correctly rounded quotient of a sum that is exact to about 106 bits, whatever the order of the readings. Both
 * parts are scaled by 2<sup>-64</sup>: scaling by a power of two changes no digit, and no number of finite readings can
 * overflow it.
 *
 * <p>Not safe for use by several threads while it grows.
 */
public final class Summary {
    /** Bytes of {@link #toBytes()}: the five fields, big-endian, in their order. */
    static final int BYTES = 5 * Long.BYTES;

    private static final double SCALE = 0x1p-64;

    private long count;
    private double min;
    private double max;
    /** Leading part of the sum, scaled. */
    private double sum;
    /** What {@link #sum} lacks, scaled. */
    private double sumError;

    private Summary(long count, double min, double max, double sum, double sumError) {
        this.count = count;
        this.min = min;
        this.max = max;
        this.sum = sum;
        this.sumError = sumError;
    }

    public static Summary of(double value) {
        return new Summary(1, value, value, value * SCALE, 0);
    }

    /** Adds a reading; returns itself. */
    public Summary add(double value) {
        double scaled = value * SCALE;
        double total = sum + scaled;
        double part = total - sum;
        sumError += (sum - (total - part)) + (scaled - part);
        sum = total;
        min = Math.min(min, value);
        max = Math.max(max, value);
        count++;
        return this;
    }

    /** Readings, at least 1. */
    public long count() {
        return count;
    }

    /** Smallest value. */
    double min() {
        return min;
    }

    /** Largest value. */
    double max() {
        return max;
    }

    /** Between {@link #min} and {@link #max}, both included, even where rounding would step over. */
    double mean() {
        return Math.max(min, Math.min(max, (sum + sumError) / count / SCALE));
    }

    byte[] toBytes() {
        return ByteBuffer.allocate(BYTES)
                .putLong(count)
                .putDouble(min)
                .putDouble(max)
                .putDouble(sum)
                .putDouble(sumError)
                .array();
    }

    static Summary fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new Summary(in.getLong(), in.getDouble(), in.getDouble(), in.getDouble(), in.getDouble());
    }

    @Override
    public String toString() {
        return count + " readings, " + min + " to " + max + ", sum (" + sum + " + " + sumError + ") / " + SCALE;
    }
}
