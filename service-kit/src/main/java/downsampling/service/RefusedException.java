package downsampling.service;

/** A {@link Route} does not answer: with a status such as 400 or 503, and a message for the client. */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    public RefusedException(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** What the client asks for makes no sense. */
    public static RefusedException badRequest(String message) {
        return new RefusedException(400, message);
    }

    /** What cannot be answered now, but perhaps in a second. */
    public static RefusedException unavailable(String message) {
        return new RefusedException(503, message);
    }

    public int status() {
        return status;
    }
}
