package downsampling.processor.audit;

import downsampling.processor.audit.Account.Column;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a sensor that falls silent and comes back, and what its readings say of that. When it had to be silent, they do
 * not say, since they do not say when they were read; but silent and back take turns, and one that is heard of again is back.
 *
 * <p>All times in milliseconds since the epoch.
 */
final class Silence {
    private static final long NEVER = -1;

    /** Event time of its newest reading, whatever became of that. */
    private long newest;
    /** When its last reading came in. */
    private long arrived;
    /** Whether it was so far behind its partition that the processor may have forgotten it, and that it was silent. */
    private boolean forgotten;

    private boolean known;
    /** When the last reading had come in before it was silent, if it is. */
    private long since = NEVER;

    /** What is wrong with a record. */
    record Fault(Column kind, String expected, String found) {}

    /**
     * A reading of it came in, whatever became of that.
     *
     * @param ofPartition event time of the newest reading of its partition
     * @param forgetAfter how far behind that a sensor is forgotten
     */
    void heard(long time, long arrived, long ofPartition, long forgetAfter) {
        forgotten |= newest > 0 && ofPartition - newest > forgetAfter;
        newest = Math.max(newest, time);
        this.arrived = arrived;
    }

    /** It is said to be silent: the last reading had come in then. */
    @Nullable
    Fault silent(long since) {
        Fault fault = this.since == NEVER || forgotten
                ? null
                : new Fault(since == this.since ? Column.TWICE : Column.WRONG, "back after silent", "silent again");
        known = true;
        this.since = since;
        return fault;
    }

    /**
     * It is said to be back.
     *
     * @param cut whether retention has deleted what was said at first
     */
    @Nullable
    Fault back(boolean cut) {
        Fault fault = since != NEVER || !known && cut
                ? null
                : new Fault(Column.WRONG, "silent before back", known ? "back again" : "nothing");
        known = true;
        since = NEVER;
        return fault;
    }

    /** Nothing more will be said of it. */
    @Nullable
    Fault end(long now) {
        boolean missing = since != NEVER && arrived > since && arrived <= now && !forgotten;
        return missing ? new Fault(Column.WRONG, "back, as a reading came in later", "silent") : null;
    }
}
