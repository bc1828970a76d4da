package downsampling.batch;

import java.io.Serializable;

/**
 * What became of the rows: {@code read = aggregated + filteredOut + rejected}, always.
 *
 * @param read rows read, the rejected ones among them; a header line is none
 * @param aggregated rows that are in the result
 * @param filteredOut good rows outside the time range, or of users or apps not asked for
 * @param rejected lines that are no log rows
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
