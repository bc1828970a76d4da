package downsampling.batch;

import java.io.IOException;

/** A strict run has met a line that is no log row. */
final class RejectedLineException extends IOException {
    private static final long serialVersionUID = 1;

    /** @param description where the line stands and what is wrong with it, as {@link RejectReport} puts it */
    RejectedLineException(String description) {
        super("stopped at a line that is not a log row (--strict): ".concat(description));
    }
}
