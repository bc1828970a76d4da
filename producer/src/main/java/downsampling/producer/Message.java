package downsampling.producer;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * One message as it goes to the topic, and what its source knows of it.
 *
 * @param kind how the reading lies to its sensor's stream
 * @param key sensor id in UTF-8; null or empty only when corrupt
 * @param value the JSON bytes; null only when corrupt
 * @param eventTime when the reading was taken, as the value says; for a corrupt one, the event time it stands at
 * @param reading the number the value says; NaN when corrupt
 */
public record Message(Kind kind, byte[] key, byte[] value, Instant eventTime, double reading) {

    /** How a reading lies to its sensor's stream, whatever the other sensors of its partition do. */
    public enum Kind {
        /** Not older than any reading before it. */
        ON_TIME,
        /** 1 ms to 1 s older than the newest reading, which is of the same sensor: inside a grace period of 1 s. */
        OUT_OF_ORDER,
        /** 30 to 60 s older than the newest reading, which is of the same sensor: its window of up to 29 s is closed. */
        LATE,
        /** From a clock that runs ahead: some time in the year 2099. */
        FUTURE,
        /** No reading at all. */
        CORRUPT,
        /** As a file has it; the source does not know how it lies to the others. */
        RECORDED
    }

    /** The key as text, or null when there is none. */
    public String sensor() {
        return key == null ? null : new String(key, StandardCharsets.UTF_8);
    }

    /** The value as text, or null when there is none. */
    public String text() {
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }
}
