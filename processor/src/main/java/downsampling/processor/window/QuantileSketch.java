package downsampling.processor.window;

import com.datadoghq.sketch.ddsketch.DDSketch;
import com.datadoghq.sketch.ddsketch.encoding.ByteArrayInput;
import com.datadoghq.sketch.ddsketch.encoding.GrowingByteArrayOutput;
import com.datadoghq.sketch.ddsketch.mapping.IndexMapping;
import com.datadoghq.sketch.ddsketch.mapping.QuadraticallyInterpolatedMapping;
import downsampling.processor.settings.Statistic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * How many of some values are in each of the bins that a DDSketch divides the numbers into: so quantiles are known within 1 % of
 * the value, and two sketches are merged by adding bin by bin, with the same result in any order. Values closer to zero than
 * 10<sup>-307</sup> count as zero.
 *
 * <p>There is a limit to its size, see {@link SparseBins}, which no sensor reaches: where values of one sign fill more than
 * {@value SparseBins#MOST} bins, which are 1.85 % wide, the error is 3 %, or with still more of them 5 %, 9 % and so on.
 */
final class QuantileSketch {
    /** Its bins are part of what is stored, and the same on every machine: they are computed without a logarithm. */
    private static final IndexMapping BINS = new QuadraticallyInterpolatedMapping(1.0185, 0);

    private static final double LARGEST = BINS.maxIndexableValue();
    /** More digits would say nothing. */
    private static final MathContext DIGITS = new MathContext(6);

    private final DDSketch bins;

    QuantileSketch() {
        this(new DDSketch(BINS, SparseBins::new));
    }

    private QuantileSketch(DDSketch bins) {
        this.bins = bins;
    }

    /** @param value finite */
    void add(double value) {
        bins.accept(Math.max(-LARGEST, Math.min(LARGEST, value)));
    }

    void merge(QuantileSketch other) {
        bins.mergeWith(other.bins);
    }

    /**
     * The value of which a share of the others are smaller: of {@code n} values in ascending order, counted from 0, about the one
     * with number {@code floor(share * (n - 1))}.
     *
     * @param share in the unit of {@link Statistic#share}
     */
    double quantile(int share) {
        long last = (long) bins.getCount() - 1;
        long rank = last * share / Statistic.WHOLE;
        // Half a rank further it is still that value, and no rounding makes it the one before.
        double value = bins.getValueAtQuantile(last == 0 ? 0 : (rank + 0.5) / last);
        return new BigDecimal(value).round(DIGITS).doubleValue();
    }

    byte[] toBytes() {
        GrowingByteArrayOutput out = GrowingByteArrayOutput.withInitialCapacity(64);
        try {
            bins.encode(out, true);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.trimmedCopy();
    }

    static QuantileSketch fromBytes(byte[] stored) {
        try {
            return new QuantileSketch(DDSketch.decode(ByteArrayInput.wrap(stored), SparseBins::new, BINS));
        } catch (IOException e) {
            throw new UncheckedIOException("a sketch that was stored is incomplete", e);
        }
    }
}
