package downsampling.processor.window;

import downsampling.processor.input.InputEnd;
import downsampling.processor.settings.WindowSettings;
import downsampling.service.Durations;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says when a partition has been idle: when for all of {@code --idle-close} its broker has answered, it was read to its end, and
 * no reading for an open window came. Late readings and duplicates are no sign of life, and {@link InputEnd} starts counting anew after any
 * doubt: a restart, a pause of this process, a broker that did not answer.
 *
 * <p>Times in milliseconds of Kafka Streams' clock, which is never set back, unless they are event times. One per task.
 */
final class IdleWatch {
    private static final Logger LOG = LoggerFactory.getLogger(IdleWatch.class);

    /** How seldom to report that readings come late for windows that silence closed. */
    private static final long REPORTED_AGAIN_AFTER = 600_000;

    private final WindowSettings windows;
    private final int partition;
    /** When the last reading came that was not late. */
    private long lastReadingAt;
    /** Silence has closed windows that ended, in event time, after the first and up to the second. */
    private long closedFrom;

    private long closedTo = Position.NONE;
    private long reportedAt = Position.NONE;

    IdleWatch(WindowSettings windows, int partition, long now) {
        this.windows = windows;
        this.partition = partition;
        lastReadingAt = now;
    }

    /** How often to look. */
    Duration interval() {
        return InputEnd.interval(windows);
    }

    void reading(long now) {
        lastReadingAt = now;
    }

    boolean isIdle(InputEnd.Reached reached) {
        return reached.seenAt() - Math.max(lastReadingAt, reached.since())
                >= windows.idleClose().toMillis();
    }

    /** Silence has closed windows that ended, in event time, after {@code from} and up to {@code to}. */
    void closed(int count, long from, long to) {
        closedFrom = from;
        closedTo = to;
        LOG.info(
                "Partition {} has been idle for {}: its {} open windows that end by {} were closed",
                partition,
                Durations.format(windows.idleClose()),
                count,
                Instant.ofEpochMilli(to));
    }

    /** A reading came too late for the window {@code [start, end)}; if silence closed that, the option is too short. */
    void late(long start, long end, long now) {
        if (end > closedFrom
                && end <= closedTo
                && (reportedAt == Position.NONE || now - reportedAt >= REPORTED_AGAIN_AFTER)) {
            reportedAt = now;
            LOG.warn(
                    "Partition {} has late readings for windows that were closed because it was idle, such as the one that"
                            + " starts at {}; --idle-close ({}) has to be longer than the longest pause between two uploads",
                    partition,
                    Instant.ofEpochMilli(start),
                    Durations.format(windows.idleClose()));
        }
    }
}
