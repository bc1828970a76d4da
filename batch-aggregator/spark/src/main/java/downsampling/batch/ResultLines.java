package downsampling.batch;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;

/** The lines of one part of a result, without their line breaks. It also counts the groups of the part. */
final class ResultLines implements Iterator<String> {

    private final Iterator<Row> rows;
    private final Query query;
    private final ResultFormat format;
    private final boolean alone;
    private final IdempotentAccumulator<Long> counts;
    private final GroupSchema schema;
    private final ResultFormatter rowFormat;
    private final ResultRow group = new ResultRow();
    private final ByteBuilder text = new ByteBuilder();
    private long count;
    private boolean headDone;
    private boolean footDone;

    /** @param alone whether the part is a result by itself, with a head and a foot, rather than a piece of one */
    ResultLines(
            Iterator<Row> rows, Query query, ResultFormat format, boolean alone, IdempotentAccumulator<Long> counts) {
        this.rows = rows;
        this.query = query;
        this.format = format;
        this.alone = alone;
        this.counts = counts;
        schema = new GroupSchema(query);
        rowFormat = new ResultFormatter(query, format);
        headDone = !alone;
        footDone = !alone || format != ResultFormat.JSON;
    }

    @Override
    public boolean hasNext() {
        if (rows.hasNext()) {
            return true;
        }
        counts.put(TaskContext.getPartitionId(), count);
        return count > 0 && !footDone;
    }

    @Override
    public String next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (!headDone) {
            headDone = true;
            return ResultFormatter.head(query, format).stripTrailing();
        }
        if (!rows.hasNext()) {
            footDone = true;
            return ResultFormatter.foot(format).strip();
        }
        count++;
        schema.load(rows.next(), group);
        text.length = 0;
        rowFormat.write(group, text);
        String row = text.toString();
        // In JSON a row begins with a comma and a line break; in CSV it ends with a line break.
        return format == ResultFormat.JSON
                ? row.substring(2).concat(alone && !rows.hasNext() ? "" : ",")
                : row.substring(0, row.length() - 1);
    }
}
