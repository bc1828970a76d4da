package downsampling.processor;

import java.nio.ByteBuffer;

/**
 * What a window says of one sensor's readings. Immutable; {@link #add} gives the next one.
 *
 * <p>The sum is kept as an unevaluated pair of doubles by the two-sum step (Knuth, TAOCP vol. 2, 4.2.2; Dekker 1971), so a
 * mean is the correctly rounded quotient of a sum that is exact to about 106 bits, whatever the order of the readings. Both
 * parts are scaled by 2<sup>-64</sup>: scaling by a power of two changes no digit, and no number of finite readings can
 * overflow it.
 *
 * @param count    readings, at least 1
 * @param min      smallest value
 * @param max      largest value
 * @param sum      leading part of the sum, times 2<sup>-64</sup>
 * @param sumError what {@code sum} lacks, times 2<sup>-64</sup>
 */
record Summary(long count, double min, double max, double sum, double sumError) {
    /** Bytes of {@link #toBytes()}: the five components, big-endian, in their order. */
    static final int BYTES = 5 * Long.BYTES;

    private static final double SCALE = 0x1p-64;

    static Summary of(double value) {
        return new Summary(1, value, value, value * SCALE, 0);
    }

    Summary add(double value) {
        double scaled = value * SCALE;
        double total = sum + scaled;
        double part = total - sum;
        double error = (sum - (total - part)) + (scaled - part);
        return new Summary(count + 1, Math.min(min, value), Math.max(max, value), total, sumError + error);
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
}
