package downsampling.batch;

/** A setting makes no sense. The message is one line with its name, its value and what is allowed. */
final class UsageException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
