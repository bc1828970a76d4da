package downsampling.processor.reading;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One usable reading, as {@link ReadingReader} vouches for it. It is filled anew with each record that is read into it. */
public final class Reading {
    /** A time that is not known yet. */
    static final long NONE = Long.MIN_VALUE;

    /** Null where the message does not say it. */
    @Nullable
    SensorId sensor;

    long time;
    /** Whether the time is a local one that has two meanings, or none. */
    boolean ambiguous;

    /** Whether a field was null. */
    boolean foundNull;

    /** Of a message around an array: what stands in that; null as long as there is none. */
    @Nullable
    List<Reading> elements;

    /** Of an element of an array: why it is no reading. */
    @Nullable
    NotAReadingException failure;

    final double[] values;

    /** @param fields how many fields are summarised */
    public Reading(int fields) {
        values = new double[fields];
        clear();
    }

    /** Event time in milliseconds since the epoch, at least 0 and at most {@code --max-ahead} in the future. */
    public long time() {
        return time;
    }

    /** For whoever knows the reading already, and fills {@link #values}, too. */
    public void time(long time) {
        this.time = time;
    }

    /** The value of each field, in the order of {@code --fields}: finite, or NaN where the message has none; one is finite. */
    public double[] values() {
        return values;
    }

    void clear() {
        sensor = null;
        time = NONE;
        ambiguous = false;
        foundNull = false;
        elements = null;
        failure = null;
        Arrays.fill(values, Double.NaN);
    }

    boolean hasValue() {
        for (double value : values) {
            if (!Double.isNaN(value)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return (sensor == null ? "" : sensor + " ") + time + " " + Arrays.toString(values);
    }
}
