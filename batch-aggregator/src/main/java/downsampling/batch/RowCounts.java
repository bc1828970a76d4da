package downsampling.batch;

import java.io.Serializable;

/**
 * How many rows there were and what became of them. {@code read = aggregated + filteredOut + rejected} always holds.
 *
 * @param read rows read, including the rejected ones; a header line is not a row
 * @param aggregated rows that the result contains
 * @param filteredOut good rows outside the time range, or of users or apps that were not asked for
 * @param rejected lines that are not log rows
 */
record RowCounts(long read, long aggregated, long filteredOut, long rejected) implements Serializable {

    static final RowCounts EMPTY = new RowCounts(0, 0, 0, 0);

    RowCounts plus(RowCounts other) {
        return new RowCounts(
                read + other.read,
                aggregated + other.aggregated,
                filteredOut + other.filteredOut,
                rejected + other.rejected);
    }

    RowCounts minus(RowCounts other) {
        return new RowCounts(
                read - other.read,
                aggregated - other.aggregated,
                filteredOut - other.filteredOut,
                rejected - other.rejected);
    }
}
