package downsampling.processor.reading;

import static downsampling.processor.reading.NotAReadingException.expected;
import static java.util.Objects.requireNonNull;

import downsampling.processor.reading.NotAReadingException.Reason;
import downsampling.processor.settings.ReadingSettings;
import java.util.List;
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
    private final boolean hasSensor;
    private final boolean isArray;
    private final Reading single;
    private final long maxAhead;

    public ReadingReader(ReadingSettings settings) {
        this(settings, () -> {});
    }

    /**
     * Makes a reader.
     *
     * @param onAmbiguousTime is called for each reading with a local time that {@code --zone} has twice or not at all, and for
     *     which one instant was chosen
     */
    public ReadingReader(ReadingSettings settings, Runnable onAmbiguousTime) {
        Place message = Place.message(settings);
        plain = new PlainReader(settings, message);
        careful = new JsonReader(settings, message, onAmbiguousTime);
        timeOfRecord = settings.time().isEmpty();
        hasSensor = settings.sensor().isPresent();
        isArray = settings.each().isPresent();
        single = new Reading(settings.fields().size());
        maxAhead = settings.maxAhead().toMillis();
    }

    /**
     * Reads a record's value.
     *
     * @param timestamp of the record, in epoch milliseconds; negative if it has none. It also decides which of two instants a
     *     local time means
     * @param now       the wall clock, in epoch milliseconds; the largest long if nothing is too far ahead
     * @param into      what was read is put here, as many fields as there are; with an exception it means nothing
     * @throws NotAReadingException and nothing else, whatever the bytes
     */
    public void read(byte @Nullable [] value, long timestamp, long now, Reading into) {
        byte[] data = requireSize(value);
        into.clear();
        boolean done = plain.read(data, into);
        if (timeOfRecord) {
            into.time = timestamp;
        }
        if (!done
                || into.time < 0
                || into.time - now > maxAhead
                || !into.hasValue()
                || hasSensor && into.sensor == null) {
            careful.read(data, timestamp, now, into);
        }
    }

    /** What a record has. */
    public interface Visitor {
        /**
         * A reading.
         *
         * @param element its index, from 0, in the array of the record; {@link NotAReadingException#WHOLE} if that has none
         * @param reading is filled anew after the call
         */
        void reading(SensorId sensor, int element, Reading reading);

        /** An element that is no reading. */
        void dead(NotAReadingException why);
    }

    /**
     * Reads all readings of a record, and whose they are.
     *
     * @param timestamp and {@code now}: see {@link #read}
     * @throws NotAReadingException if the record has none; nothing else, and nothing was visited
     */
    public void readAll(byte @Nullable [] key, byte @Nullable [] value, long timestamp, long now, Visitor visitor) {
        SensorId sensor = hasSensor ? null : SensorIdDeserializer.require(key);
        if (!isArray) {
            read(value, timestamp, now, single);
            visitor.reading(
                    sensor == null ? requireNonNull(single.sensor) : sensor, NotAReadingException.WHOLE, single);
            return;
        }
        List<Reading> elements = careful.readEach(requireSize(value), timestamp, now);
        for (int i = 0; i < elements.size(); i++) {
            Reading element = elements.get(i);
            if (element.failure == null) {
                visitor.reading(sensor == null ? requireNonNull(element.sensor) : sensor, i, element);
            } else {
                visitor.dead(element.failure);
            }
        }
    }

    private static byte[] requireSize(byte @Nullable [] value) {
        if (value == null) {
            throw expected(Reason.SIZE, "value", "a JSON object", "none");
        }
        if (value.length > MAX_BYTES) {
            throw NotAReadingException.tooLarge("value", MAX_BYTES, value.length);
        }
        return value;
    }

    /** What {@link #read} does, whatever the shape, and slower. */
    void readCarefully(byte[] value, long timestamp, long now, Reading into) {
        careful.read(value, timestamp, now, into);
    }
}
