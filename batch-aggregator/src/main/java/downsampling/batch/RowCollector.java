package downsampling.batch;

import java.io.IOException;

/**
 * Adds the rows of log files to a {@link GroupTable} and counts what becomes of them. Every thread has one of its own.
 */
class RowCollector implements LogReader.Handler {

    /** Is called when the groups use too much memory, and has to store them elsewhere and clear the table. */
    interface Spill {
        void spill() throws IOException;
    }

    /** Ends an attempt because a wanted row lies outside the time that the batch of its file covers. */
    static final class StrayRow extends RuntimeException {
        private static final long serialVersionUID = 1;

        StrayRow() {
            super(null, null, false, false);
        }
    }

    /** Ends an attempt because a line was rejected in a strict run. */
    static final class StrictStop extends RuntimeException {
        private static final long serialVersionUID = 1;

        StrictStop() {
            super(null, null, false, false);
        }
    }

    final Query query;
    /** Set by {@link #collectInto}, which has to be called first. */
    @SuppressWarnings("NullAway.Init")
    GroupTable groups;

    long aggregated;
    long filteredOut;

    private final boolean strict;
    private final Spill spill;
    private final long limit;
    private long fromSecond;
    private long toSecond;

    private long rejected;
    private long rejectedOfFile;

    /** @param limit how many bytes the groups may use before they are spilled */
    RowCollector(Query query, boolean strict, Spill spill, long limit) {
        this.query = query;
        this.strict = strict;
        this.spill = spill;
        this.limit = limit;
    }

    /** Adds rows to this table from now on; rows that are wanted must lie in {@code [fromSecond, toSecond)}. */
    void collectInto(GroupTable groups, long fromSecond, long toSecond) {
        this.groups = groups;
        this.fromSecond = fromSecond;
        this.toSecond = toSecond;
    }

    GroupTable groups() {
        return groups;
    }

    /**
     * Prepares for a file, or a part of it.
     *
     * @param day the date in its name, in days since 1970-01-01
     */
    RowCollector startFile(long day) {
        rejectedOfFile = 0;
        return this;
    }

    /** Counts good rows that are not wanted and are not read. */
    void countSkipped(long rows) {
        filteredOut += rows;
    }

    long rejectedOfFile() {
        return rejectedOfFile;
    }

    RowCounts rowCounts() {
        return new RowCounts(aggregated + filteredOut + rejected, aggregated, filteredOut, rejected);
    }

    /** Spills the groups if they use too much memory; the reader calls this at least once for each buffer. */
    @Override
    public int plainRows(byte[] b, int from, int stop) throws IOException {
        if (groups.memoryInUse() > limit) {
            spill.spill();
        }
        return from;
    }

    @Override
    public void row(RowParser row, long position) {
        int group = group(row);
        if (group == GroupTable.FILTERED_OUT) {
            filteredOut++;
        } else {
            groups.add(group, row.metrics);
            aggregated++;
        }
    }

    private int group(RowParser row) {
        if (row.seconds < query.from() || row.seconds >= query.to()) {
            return GroupTable.FILTERED_OUT;
        }
        int app = query.wantsApp() ? groups.app(row.bytes(2), row.from(2), row.to(2)) : 0;
        int user = app >= 0 && query.wantsUser() ? groups.user(row.bytes(1), row.from(1), row.to(1)) : 0;
        if (user < 0 || app < 0) {
            return GroupTable.FILTERED_OUT;
        }
        if (row.seconds < fromSecond || row.seconds >= toSecond) {
            throw new StrayRow();
        }
        return groups.group(
                Math.floorDiv(row.seconds, query.granularity()), query.byUser() ? user : 0, query.byApp() ? app : 0);
    }

    @Override
    public void rejected(RowParser record, long position, byte[] b, int from, int to) {
        rejected++;
        rejectedOfFile++;
        if (strict) {
            throw new StrictStop();
        }
    }
}
