package downsampling.processor.window;

/**
 * How far event time has come in one partition, which is what closes its windows: the window {@code [start, end)} once stream
 * time is {@code end} plus grace.
 *
 * <p>That is the newest event time of its readings, as in Kafka Streams, but never more than the wall-clock time up to which
 * what came in has been read. So a sensor whose clock is fast moves nobody's stream time ahead, neither live nor in a backlog
 * that is caught up: there, each reading says by its record's timestamp when it came in. Readings of the past are not affected,
 * as they are always read later than they happened.
 *
 * <p>All times in milliseconds since the epoch.
 */
public final class StreamTime {
    private final long maxAhead;
    private long newest;
    private long readUpTo;

    /** @param maxAhead how much newer than the wall clock a reading may be */
    public StreamTime(long maxAhead, long newest, long readUpTo) {
        this.maxAhead = maxAhead;
        this.newest = newest;
        this.readUpTo = readUpTo;
    }

    /**
     * A reading was counted.
     *
     * @param time    when it was taken
     * @param arrived the timestamp of its record. Where that cannot be when it came in, it is taken to have come in now: it
     *     lies in the future, or so long before the reading's time that the reading would have been refused then
     */
    public void accept(long time, long arrived, long now) {
        accept(time);
        if (arrived > now || time - arrived > maxAhead) {
            readUpTo(now);
        } else {
            readUpTo(arrived);
        }
    }

    /** A reading was counted of which nothing says up to when what came in has been read. */
    public void accept(long time) {
        if (time > newest) {
            newest = time;
        }
    }

    /** All that had come in by a time has been read. */
    void readUpTo(long time) {
        if (time > readUpTo) {
            readUpTo = time;
        }
    }

    /** Stream time: the smallest long where there is none. */
    public long get() {
        return Math.min(newest, readUpTo);
    }

    /** What stream time comes to as the wall clock goes on. */
    public long newest() {
        return newest;
    }

    /** All that had come in by then has been read. */
    public long readUpTo() {
        return readUpTo;
    }
}
