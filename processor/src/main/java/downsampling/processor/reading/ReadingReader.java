package downsampling.processor.reading;

import static downsampling.processor.reading.NotAReadingException.expected;

import downsampling.processor.reading.NotAReadingException.Reason;
import downsampling.processor.settings.ReadingSettings;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record's value, as {@link ReadingSettings} say. {@link JsonReader} has every rule, and {@link PlainReader} is its fast
 * path. Everything a reading must fulfil is decided here and nowhere later: a {@link NotAReadingException} is what leads to the
 * dead-letter topic. For one thread.
 */
public class ReadingReader {
    /** A reading is some dozens of bytes; what exceeds this is something else and not worth parsing. */
    static final int MAX_BYTES = 1 << 20;

    private final PlainReader plain;
    private final JsonReader careful;
    private final boolean timeOfRecord;
    private final long maxAhead;

    public ReadingReader(ReadingSettings settings) {
        Place message = Place.message(settings);
        plain = new PlainReader(settings, message);
        careful = new JsonReader(settings, message);
        timeOfRecord = settings.time().isEmpty();
        maxAhead = settings.maxAhead().toMillis();
    }

    /**
     * Reads a record's value.
     *
     * @param timestamp of the record, in epoch milliseconds; negative if it has none
     * @param now       the wall clock, in epoch milliseconds; the largest long if nothing is too far ahead
     * @param into      what was read is put here, as many fields as there are; with an exception it means nothing
     * @throws NotAReadingException and nothing else, whatever the bytes
     */
    public void read(byte @Nullable [] value, long timestamp, long now, Reading into) {
        if (value == null) {
            throw expected(Reason.SIZE, "value", "a JSON object", "none");
        }
        if (value.length > MAX_BYTES) {
            throw NotAReadingException.tooLarge("value", MAX_BYTES, value.length);
        }
        into.clear();
        boolean done = plain.read(value, into);
        if (timeOfRecord) {
            into.time = timestamp;
        }
        if (!done || into.time < 0 || into.time - now > maxAhead || !into.hasValue()) {
            careful.read(value, timestamp, now, into);
        }
    }

    /** What {@link #read} does, whatever the shape, and slower. */
    void readCarefully(byte[] value, long timestamp, long now, Reading into) {
        careful.read(value, timestamp, now, into);
    }
}
