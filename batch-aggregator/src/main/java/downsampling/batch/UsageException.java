package downsampling.batch;

/** A setting that makes no sense: one line with name, value and what is allowed. */
final class UsageException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    UsageException(String message) {
        super(message);
    }
}
