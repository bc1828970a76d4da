package downsampling.batch;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/**
 * What a task does: it reads its splits and returns their groups, which the same classes add up as on one machine. When
 * the groups use too much memory, they are returned early, so a group may come several times; Spark adds these up.
 */
final class SplitReader implements Iterator<Row> {

    /**
     * Sizes that only tests change, in bytes.
     *
     * @param stride how much is read before the use of memory is checked
     * @param groups how much memory the groups may use before they are returned
     */
    record Sizes(long stride, long groups) implements Serializable {
        static final Sizes NORMAL = new Sizes(1 << 24, 1 << 26);
    }

    private final Iterator<LogSplit> splits;
    private final IdempotentAccumulator<LogSplit.Outcome> outcomes;
    private final Configuration configuration;
    private final Sizes sizes;
    private final LogReader reader = new LogReader(1 << 17);
    private final RowCollector collector;
    private final GroupTable groups;
    private final GroupSchema schema;
    private final ResultRow group = new ResultRow();
    private int given;

    private @Nullable LogSplit split;
    private @Nullable HadoopInput in;
    private long first;
    private long position;
    private RowCounts before = RowCounts.EMPTY;

    SplitReader(
            Query query,
            Iterator<LogSplit> splits,
            IdempotentAccumulator<LogSplit.Outcome> outcomes,
            Configuration configuration,
            Sizes sizes) {
        this.splits = splits;
        this.outcomes = outcomes;
        this.configuration = configuration;
        this.sizes = sizes;
        schema = new GroupSchema(query);
        groups = new GroupTable(query);
        collector = new PlainRowCollector(query, false, () -> {}, Long.MAX_VALUE);
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> close());
    }

    @Override
    public boolean hasNext() {
        while (given == groups.size()) {
            if (split == null && !splits.hasNext()) {
                return false;
            }
            groups.clear();
            given = 0;
            collector.collectInto(groups, Long.MIN_VALUE, Long.MAX_VALUE);
            try {
                do {
                    read();
                } while (groups.memoryInUse() < sizes.groups && (split != null || splits.hasNext()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return true;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        groups.load(++given, group);
        return schema.row(group);
    }

    private void read() throws IOException {
        LogSplit current = split;
        HadoopInput input = in;
        if (current == null || input == null) {
            current = splits.next();
            input = new HadoopInput(current.file(), configuration);
            split = current;
            in = input;
            first = current.exact() ? current.start() : reader.lineStart(input, current.start());
            position = first;
            before = collector.rowCounts();
            collector.startFile(current.day());
        }
        long end = current.end() - position > sizes.stride ? position + sizes.stride : current.end();
        position = reader.read(input, position, end, collector);
        if (position < end || end == current.end()) {
            outcomes.put(
                    current.number(),
                    new LogSplit.Outcome(first, position, collector.rowCounts().minus(before)));
            close();
            split = null;
        }
    }

    private void close() {
        try {
            if (in != null) {
                in.close();
                in = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
