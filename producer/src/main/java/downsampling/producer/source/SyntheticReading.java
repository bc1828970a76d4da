package downsampling.producer.source;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that {@link SyntheticSource} made up, and what is true of it, so that a test knows what has to become of it.
 *
 * @param kind how the reading relates to the stream of its sensor
 * @param key as {@link Message#key}; null or empty only when the reading is corrupt
 * @param value as {@link Message#value}; null only when the reading is corrupt
 * @param eventTime when the reading was taken, as the value says; of a corrupt one, the event time it would have had
 * @param readings the numbers that the value says, in the order of the fields; all are NaN when the reading is corrupt
 */
public record SyntheticReading(
        Kind kind, byte @Nullable [] key, byte @Nullable [] value, Instant eventTime, double[] readings)
        implements Message {

    /** The number of the first field. */
    public double reading() {
        return readings[0];
    }

    /** How a reading relates to the stream of its sensor, whatever the other sensors of its partition do. */
    public enum Kind {
        /** Not older than any reading before it. */
        ON_TIME,
        /** 1 ms to 1 s older than the newest reading, which is of the same sensor: within a grace period of 1 s. */
        OUT_OF_ORDER,
        /** 30 to 60 s older than the newest reading, which is of the same sensor: its window of up to 29 s is closed. */
        LATE,
        /** From a clock that is far ahead: some time in the year 2099. */
        FUTURE,
        /** Not a usable reading. */
        CORRUPT
    }
}
