package downsampling.processor.window;

import downsampling.processor.settings.Statistic;
import downsampling.processor.window.SummaryLayout.Part;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a window says of the values of one field. It grows with each of them, in place: a million open windows that got a new
 * object for each reading would keep the garbage collector busier than the processor.
 *
 * <p>A sum is kept as an unevaluated pair of doubles by the two-sum step (Knuth, TAOCP vol. 2, 4.2.2; Dekker 1971), so a mean is
 * the correctly rounded quotient of a sum that is exact to about 106 bits, whatever the order of the readings. Both parts are
 * scaled by 2<sup>-64</sup>: scaling by a power of two changes no digit, and no number of finite readings can overflow it.
 *
 * <p>What nearly everybody asks for is computed for everybody, which costs less than to ask each time whether it is wanted; all
 * else is in {@link FurtherStatistics}, where it is asked for. What is stored is what is asked for, by {@link Part}.
 *
 * <p>NaN stands for what is not known, because it was not asked for when the window was begun. It remains NaN whatever is added.
 */
class FieldSummary {
    private static final double SCALE = 0x1p-64;

    /** Of values. */
    double count;

    private double min = Double.POSITIVE_INFINITY;
    private double max = Double.NEGATIVE_INFINITY;
    /** Leading part of the sum, scaled. */
    private double sum;
    /** What {@link #sum} lacks, scaled. */
    private double sumError;

    private final @Nullable FurtherStatistics further;

    /** @param further null where it is not asked for */
    FieldSummary(@Nullable FurtherStatistics further) {
        this.further = further;
    }

    /**
     * Adds a value that came after all those before.
     *
     * @param time  event time in epoch milliseconds
     * @param value finite
     */
    final void add(long time, double value) {
        double scaled = value * SCALE;
        double total = sum + scaled;
        double part = total - sum;
        sumError += (sum - (total - part)) + (scaled - part);
        sum = total;
        min = Math.min(min, value);
        max = Math.max(max, value);
        count++;
        if (further != null) {
            further.add(time, value, count == 1);
        }
    }

    /** See {@link Summary#merge}. */
    final void merge(FieldSummary other) {
        if (further != null) {
            further.merge(count, other.further(), other.count);
        }
        DoubleDouble total = DoubleDouble.sum(sum, other.sum);
        sum = total.high();
        sumError += other.sumError + total.low();
        min = Math.min(min, other.min);
        max = Math.max(max, other.max);
        count += other.count;
    }

    /**
     * A statistic; only to be asked where there are values.
     *
     * @return NaN if it is not known or not defined; a sum beyond the largest double is infinite, see {@link #largeSum}
     */
    final double get(Statistic statistic) {
        return switch (statistic.kind()) {
            case COUNT -> count;
            case SUM -> (sum + sumError) / SCALE;
            case MIN -> min;
            case MAX -> max;
            case MEAN -> within((sum + sumError) / count / SCALE);
            case STDDEV -> further().deviation(count);
            case FIRST -> further().first();
            case LAST -> further().last();
            case QUANTILE -> within(further().quantile(statistic.share()));
        };
    }

    /** A sum that no double can hold. */
    final BigDecimal largeSum() {
        return new BigDecimal(sum + sumError).divide(new BigDecimal(SCALE), MathContext.DECIMAL64);
    }

    /** Between the smallest and the largest value, both included, even where rounding would step over. */
    private double within(double value) {
        return Math.max(min, Math.min(max, value));
    }

    /** What is stored of a part that is numbers. */
    final double[] numbers(Part part) {
        return switch (part) {
            case MIN -> new double[] {min};
            case MAX -> new double[] {max};
            case SUM -> new double[] {sum, sumError};
            default -> further().numbers(part);
        };
    }

    /** The opposite of {@link #numbers}. */
    final void set(Part part, double... numbers) {
        switch (part) {
            case MIN -> min = numbers[0];
            case MAX -> max = numbers[0];
            case SUM -> {
                sum = numbers[0];
                sumError = numbers[1];
            }
            default -> further().set(part, numbers);
        }
    }

    /** Takes over from another one what it has of a part. */
    final void take(Part part, FieldSummary other) {
        if (part == Part.SKETCH) {
            further().sketch(other.further().sketch());
        } else {
            set(part, other.numbers(part));
        }
    }

    /** Has a part not known. */
    final void forget(Part part) {
        if (part == Part.SKETCH) {
            further().sketch(null);
        } else {
            double[] unknown = new double[part.numbers];
            Arrays.fill(unknown, Double.NaN);
            set(part, unknown);
        }
    }

    /** Whether a part is known, where there are values. */
    final boolean knows(Part part) {
        return switch (part) {
            case MIN -> !Double.isNaN(min);
            case MAX -> !Double.isNaN(max);
            case SUM -> !Double.isNaN(sum);
            case SKETCH -> further().sketch() != null;
            default -> !Double.isNaN(numbers(part)[0]);
        };
    }

    /** As version 0.1 stored a summary. */
    final byte[] toBytes01() {
        return ByteBuffer.allocate(5 * Long.BYTES)
                .putLong((long) count)
                .putDouble(min)
                .putDouble(max)
                .putDouble(sum)
                .putDouble(sumError)
                .array();
    }

    /** The opposite of {@link #toBytes01}. */
    final void fromBytes01(byte[] stored) {
        ByteBuffer in = ByteBuffer.wrap(stored);
        count = in.getLong();
        min = in.getDouble();
        max = in.getDouble();
        sum = in.getDouble();
        sumError = in.getDouble();
    }

    final FurtherStatistics further() {
        if (further == null) {
            throw new IllegalStateException("asked for what is not in the layout");
        }
        return further;
    }
}
