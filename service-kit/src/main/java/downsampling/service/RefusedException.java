package downsampling.service;

import java.util.Objects;

/** A {@link Route} refuses a request, with a status such as 400 or 503 and a message for the client. */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    /**
     * Refuses the request.
     *
     * @param status  HTTP status code
     * @param message text for the client
     */
    public RefusedException(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** Refuses a request that makes no sense, with status 400. */
    public static RefusedException badRequest(String message) {
        return new RefusedException(400, message);
    }

    /** Refuses a request that cannot be answered now, but perhaps in a second, with status 503. */
    public static RefusedException unavailable(String message) {
        return new RefusedException(503, message);
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }

    /** The HTTP status code. */
    public int status() {
        return status;
    }
}
