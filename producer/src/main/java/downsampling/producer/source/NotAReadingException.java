package downsampling.producer.source;

/** A line of a file is no reading; the message says what was found, and what is expected. */
final class NotAReadingException extends Exception {
    private static final long serialVersionUID = 1;

    NotAReadingException(String message) {
        super(message, null, false, false);
    }
}
