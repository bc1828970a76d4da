package downsampling.service;

import org.jspecify.annotations.Nullable;

/** The program cannot go on. The message is the one line that a person gets to see; the exit code is 1. */
public final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public FailedException(String message) {
        super(message);
    }

    public FailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
