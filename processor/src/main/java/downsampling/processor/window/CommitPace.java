package downsampling.processor.window;

import downsampling.processor.settings.ProcessingSettings;
import java.time.Duration;

/**
 * When what is done is to be committed: soon where windows closed, not at once, since other partitions of the same thread close
 * theirs in the same moment and would miss that commit, and not one by one when many windows close in a row. Where readings have
 * been waiting to be read, there are few commits and more readings.
 *
 * <p>All times in milliseconds since the epoch, as of a clock that may be set back.
 */
final class CommitPace {
    /** Within how many milliseconds of each other partitions close their windows, where their readings come alike. */
    private static final int JOINED_MILLIS = 20;

    private static final long NONE = Long.MAX_VALUE;

    private final ProcessingSettings settings;
    private long committedAt;
    private long dueAt = NONE;

    CommitPace(ProcessingSettings settings, long now) {
        this.settings = settings;
        committedAt = now;
    }

    /** Whether a commit is to come. */
    boolean isDue() {
        return dueAt != NONE;
    }

    void committed(long now) {
        committedAt = now;
        dueAt = NONE;
    }

    /**
     * Something was done.
     *
     * @param arrived when the reading arrived at the broker
     * @param closed  whether it closed windows, so that there are summaries
     * @return in how many milliseconds to commit, instead of when it was said before; -1 to leave it at that
     */
    long done(long arrived, boolean closed, long now) {
        long sinceLast = Math.max(0, now - committedAt);
        long wait = Math.max(JOINED_MILLIS, apart(now - arrived, closed) - sinceLast);
        if (now + wait >= dueAt) {
            return -1;
        }
        dueAt = now + wait;
        return wait;
    }

    /**
     * How far apart commits are. A summary waits a tenth as long as its reading has waited, progress as long as that at most:
     * what is old already hardly gets older, whatever happens.
     *
     * @param age how long ago the reading arrived, in milliseconds
     */
    long apart(long age, boolean closed) {
        return closed
                ? between(settings.emitInterval(), age / 10, settings.commitInterval())
                : between(settings.commitInterval(), age, settings.catchUpInterval());
    }

    private static long between(Duration least, long millis, Duration most) {
        return Math.max(least.toMillis(), Math.min(millis, most.toMillis()));
    }
}
