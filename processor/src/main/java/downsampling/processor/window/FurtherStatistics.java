package downsampling.processor.window;

import downsampling.processor.window.SummaryLayout.Part;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FieldSummary} has beside what nearly everybody asks for.
 *
 * <p>The deviation is computed from the sums of the differences to one of the values and of their squares, kept as pairs. As that
 * is a value of the window, the differences are not much larger than what is to be known, even where all values lie far from
 * zero; and in whatever order they come, the result is the same but for the last digit.
 */
final class FurtherStatistics {
    private final boolean squares;
    private final boolean ends;
    private final boolean sketched;

    /** The value that differences are to. */
    private double reference;
    /** Leading part of the sum of the differences, and what it lacks; then the same of their squares. */
    private double sum;

    private double sumError;
    private double squareSum;
    private double squareSumError;

    private double firstTime = Double.POSITIVE_INFINITY;
    private double first;
    private double lastTime = Double.NEGATIVE_INFINITY;
    private double last;
    /** Null without a value, or if it is not known. */
    private @Nullable QuantileSketch sketch;

    FurtherStatistics(Set<Part> parts) {
        squares = parts.contains(Part.SQUARES);
        ends = parts.contains(Part.FIRST) || parts.contains(Part.LAST);
        sketched = parts.contains(Part.SKETCH);
    }

    /** @param only whether it is the first one */
    void add(long time, double value, boolean only) {
        if (squares) {
            if (only) {
                reference = value;
            }
            DoubleDouble difference = DoubleDouble.sum(value, -reference);
            add(difference, difference.times(difference));
        }
        if (ends) {
            if (time <= firstTime) {
                firstTime = time;
                first = value;
            }
            if (time >= lastTime) {
                lastTime = time;
                last = value;
            }
        }
        if (sketched) {
            if (only) {
                sketch = new QuantileSketch();
            }
            if (sketch != null) {
                sketch.add(value);
            }
        }
    }

    private void add(DoubleDouble differences, DoubleDouble squares) {
        DoubleDouble total = DoubleDouble.sum(sum, differences.high());
        sum = total.high();
        sumError += differences.low() + total.low();
        DoubleDouble squareTotal = DoubleDouble.sum(squareSum, squares.high());
        squareSum = squareTotal.high();
        squareSumError += squares.low() + squareTotal.low();
    }

    /** @param count of this one's values, and of the other one's */
    void merge(double count, FurtherStatistics other, double otherCount) {
        if (otherCount == 0) {
            return;
        }
        if (count == 0) {
            reference = other.reference;
        }
        // The sums of the other one, moved to the value that the differences are to here.
        DoubleDouble by = DoubleDouble.sum(other.reference, -reference);
        DoubleDouble differences = DoubleDouble.sum(other.sum, other.sumError);
        DoubleDouble moved = by.times(otherCount);
        add(
                differences.plus(moved),
                DoubleDouble.sum(other.squareSum, other.squareSumError)
                        .plus(by.times(differences.times(2).plus(moved))));
        // Not known if one of them is not known.
        if (other.firstTime <= firstTime || Double.isNaN(other.firstTime)) {
            firstTime = other.firstTime;
            first = other.first;
        }
        if (other.lastTime >= lastTime || Double.isNaN(other.lastTime)) {
            lastTime = other.lastTime;
            last = other.last;
        }
        sketch = merged(count == 0 && other.sketch != null ? new QuantileSketch() : sketch, other.sketch);
    }

    private static @Nullable QuantileSketch merged(@Nullable QuantileSketch sketch, @Nullable QuantileSketch other) {
        if (sketch == null || other == null) {
            return null;
        }
        sketch.merge(other);
        return sketch;
    }

    /** Of a sample: with one less than the count; NaN for a single value. */
    double deviation(double count) {
        DoubleDouble differences = DoubleDouble.sum(sum, sumError);
        DoubleDouble variance = DoubleDouble.sum(squareSum, squareSumError)
                .minus(differences.times(differences).dividedBy(count))
                .dividedBy(count - 1);
        return Math.sqrt(Math.max(0, variance.value()));
    }

    double first() {
        return first;
    }

    double last() {
        return last;
    }

    double quantile(int share) {
        return sketch == null ? Double.NaN : sketch.quantile(share);
    }

    double[] numbers(Part part) {
        return switch (part) {
            case SQUARES -> new double[] {reference, sum, sumError, squareSum, squareSumError};
            case FIRST -> new double[] {firstTime, first};
            case LAST -> new double[] {lastTime, last};
            default -> throw new IllegalArgumentException(part.name());
        };
    }

    void set(Part part, double... numbers) {
        switch (part) {
            case SQUARES -> {
                reference = numbers[0];
                sum = numbers[1];
                sumError = numbers[2];
                squareSum = numbers[3];
                squareSumError = numbers[4];
            }
            case FIRST -> {
                firstTime = numbers[0];
                first = numbers[1];
            }
            case LAST -> {
                lastTime = numbers[0];
                last = numbers[1];
            }
            default -> throw new IllegalArgumentException(part.name());
        }
    }

    @Nullable
    QuantileSketch sketch() {
        return sketch;
    }

    void sketch(@Nullable QuantileSketch sketch) {
        this.sketch = sketch;
    }
}
