package downsampling.processor.reading;

import java.util.Locale;
import org.apache.kafka.common.errors.SerializationException;

/**
 * A record that is no reading. Its message goes to the dead-letter topic for a person to read: what was expected, what was
 * found, and where in the record. It has no stack trace: nobody would learn from it, and so garbage stays cheap.
 */
public final class NotAReadingException extends SerializationException {
    private static final long serialVersionUID = 1;

    private static final int SHOWN = 60;

    /** What is wrong with a record, roughly: few and fixed, so that they can be counted one by one. */
    public enum Reason {
        /** No sensor id. */
        KEY,
        /** No value, or a value or a sensor id that is too large. */
        SIZE,
        /** No JSON object, or not alone. */
        JSON,
        /** No event time. */
        TIME,
        /** An event time too far ahead. */
        FUTURE,
        /** No number. */
        NUMBER,
        /** Not said by this class. */
        OTHER;

        /** As metrics and the headers of dead letters have it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** For {@link #element}: the record has none, or it is about all of them. */
    public static final int WHOLE = -1;

    private final Reason reason;
    private final int element;

    private NotAReadingException(Reason reason, String message, int element) {
        super(message);
        this.reason = reason;
        this.element = element;
    }

    /** The index, from 0, of the element of the record's array that is no reading; {@link #WHOLE} if none is any. */
    public int element() {
        return element;
    }

    /** The same of an element of an array. */
    NotAReadingException of(int element) {
        return new NotAReadingException(reason, "element " + element + ": " + getMessage(), element);
    }

    public Reason reason() {
        return reason;
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }

    /** @param where key, value, or what holds the event time */
    static NotAReadingException expected(Reason reason, String where, String expected, String found) {
        return new NotAReadingException(reason, where + ": expected " + expected + ", found " + found, WHOLE);
    }

    /** @param where key or value */
    static NotAReadingException tooLarge(String where, int most, int found) {
        return new NotAReadingException(
                Reason.SIZE, where + ": expected at most " + most + " bytes, found " + found, WHOLE);
    }

    /** The text in quotes, see {@link #shorten}. */
    public static String quote(CharSequence text) {
        return '"' + shorten(text) + '"';
    }

    /** The text, cut to a readable length and with control characters replaced. */
    public static String shorten(CharSequence text) {
        StringBuilder shown = new StringBuilder();
        text.chars().limit(SHOWN).forEach(c -> shown.append(Character.isISOControl(c) ? '.' : (char) c));
        return text.length() > SHOWN ? shown.append('…').toString() : shown.toString();
    }
}
