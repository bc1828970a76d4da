package downsampling.processor;

import org.apache.kafka.common.errors.SerializationException;

/**
 * A record that is no reading. Its message goes to the dead-letter topic for a person to read: what was expected, what was
 * found, and where in the record. It has no stack trace: nobody
 * would learn from it, and so garbage stays cheap.
 */
final class NotAReadingException extends SerializationException {
    private static final long serialVersionUID = 1;

    private static final int SHOWN = 60;

    NotAReadingException(String message) {
        super(message);
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }

    static NotAReadingException expected(String where, String expected, String found) {
        return new NotAReadingException(where + ": expected " + expected + ", found " + found);
    }

    /** The text in quotes, see {@link #shorten}. */
    static String quote(CharSequence text) {
        return '"' + shorten(text) + '"';
    }

    /** The text, cut to a readable length and with control characters replaced. */
    static String shorten(CharSequence text) {
        StringBuilder shown = new StringBuilder();
        text.chars().limit(SHOWN).forEach(c -> shown.append(Character.isISOControl(c) ? '.' : (char) c));
        return text.length() > SHOWN ? shown.append('…').toString() : shown.toString();
    }
}
