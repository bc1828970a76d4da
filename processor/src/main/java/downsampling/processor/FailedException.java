package downsampling.processor;

/** The program cannot go on; the message is the one line that a person gets to see, the exit code is 1. */
final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FailedException(String message) {
        super(message);
    }

    FailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
