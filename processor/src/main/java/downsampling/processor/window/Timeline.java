package downsampling.processor.window;

/**
 * How far windows are closed: those of all sensors of a partition, or those of one sensor. A window of any level is closed if it
 * ends at or before {@link #closedUpTo}, and open otherwise.
 *
 * <p>Times in milliseconds since the epoch, {@link Position#NONE} where there is none, unless they are of Kafka Streams' clock, which
 * is never set back. For one thread.
 */
class Timeline {
    static final long NEVER = Long.MAX_VALUE;

    /** It only grows. */
    long closedUpTo;
    /** Windows that end at or before this are not kept, since closed ones were kept for less time, or not at all, before. */
    long goneUpTo = Position.NONE;
    /** Newest event time of the readings that were counted. */
    long newest;

    /** When the last of these came, of Kafka Streams' clock. */
    long countedAt;
    /** When it is to be looked whether it has been silent for long enough, of that clock. */
    long lookAt = NEVER;
    /** It is waited for that what came in by then has been read, which closes windows. */
    long dueAt = NEVER;
    /** What {@link #closedUpTo} was before silence moved it, if nothing else has moved it since. */
    long closedBySilenceFrom = Position.NONE;

    Timeline(long closedUpTo, long newest, long now) {
        this.closedUpTo = closedUpTo;
        this.newest = newest;
        this.countedAt = now;
    }

    /** From now on closed windows are kept for longer: those that are gone by now are not to be begun again. */
    final void keepForLonger(long lateness) {
        if (closedUpTo != Position.NONE) {
            goneUpTo = Math.max(goneUpTo, closedUpTo - lateness);
        }
    }

    /**
     * Windows that end at or before this are closed and not kept.
     *
     * @param lateness for how long closed windows are kept, now
     */
    final long keptFrom(long lateness) {
        return Math.max(goneUpTo, Math.max(0, closedUpTo) - lateness);
    }

    /** A reading was counted in an open window. */
    final void counted(long time, long now) {
        countedAt = now;
        if (time > newest) {
            newest = time;
        }
    }
}
