package downsampling.processor.window;

import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.NotAReadingException.Reason;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what is wrong with a record from what is wrong with this program. A {@link NotAReadingException} is expected, and its
 * dead letter says all there is to say. Any other exception is a fault of our own: its record becomes a dead letter, too, so
 * that it does not stop the stream, but it is counted on its own and logged with its stack trace, each cause once in ten
 * minutes. Any thread may call.
 */
public final class Faults {
    private static final Logger LOG = LoggerFactory.getLogger(Faults.class);

    private static final long LOGGED_AGAIN_AFTER = 600_000;

    /** Causes that are told apart. */
    private static final int MOST_CAUSES = 100;

    private final Metrics metrics;
    /** By cause, when it was logged, in milliseconds of a clock that is never set back. */
    private final Map<String, Long> loggedAt = new HashMap<>();

    public Faults(Metrics metrics) {
        this.metrics = metrics;
    }

    /** Why a record is none, as its dead letter and the metrics say it. */
    static Reason reason(Exception why) {
        return why instanceof NotAReadingException expected ? expected.reason() : Reason.OTHER;
    }

    /** Counts a record that becomes a dead letter, and logs why if that was not to be expected. */
    void dead(String topic, int partition, long offset, Exception why) {
        metrics.dead(reason(why));
        if (why instanceof NotAReadingException) {
            return;
        }
        metrics.fault();
        if (isNew(why)) {
            LOG.error(
                    "The record at {}-{} offset {} became a dead letter because of a fault of the processor. For 10 minutes,"
                            + " further records with the same cause are not logged, only counted in downsampling_faults_total",
                    topic,
                    partition,
                    offset,
                    why);
        }
    }

    private synchronized boolean isNew(Exception why) {
        StackTraceElement[] trace = why.getStackTrace();
        String cause = why.getClass().getName() + (trace.length == 0 ? "" : trace[0]);
        long now = System.nanoTime() / 1_000_000;
        Long before = loggedAt.get(cause);
        if (before != null && now - before < LOGGED_AGAIN_AFTER) {
            return false;
        }
        if (loggedAt.size() == MOST_CAUSES) {
            loggedAt.clear();
        }
        loggedAt.put(cause, now);
        return true;
    }
}
