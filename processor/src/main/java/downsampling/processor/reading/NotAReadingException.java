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
        KEY("key"),
        /** No value, or a value or a sensor id that is too large. */
        SIZE("value"),
        /** No JSON object, or not alone. */
        JSON("value"),
        /** No event time. */
        TIME("ts"),
        /** An event time too far ahead. */
        FUTURE("ts"),
        /** No number. */
        NUMBER("value"),
        /** Not said by this class. */
        OTHER("");

        private final String where;

        Reason(String where) {
            this.where = where;
        }

        /** As metrics have it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Reason reason;

    private NotAReadingException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }

    static NotAReadingException expected(Reason reason, String expected, String found) {
        return new NotAReadingException(reason, reason.where + ": expected " + expected + ", found " + found);
    }

    /** @param where key or value */
    static NotAReadingException tooLarge(String where, int most, int found) {
        return new NotAReadingException(Reason.SIZE, where + ": expected at most " + most + " bytes, found " + found);
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
