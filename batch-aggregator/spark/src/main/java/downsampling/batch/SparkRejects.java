package downsampling.batch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The rejected lines of a split, one row for each line. A row says where the line stands and what is wrong with it, and
 * has its bytes as they are. If a line is longer than a record may be, the rest of it follows in further rows, so that
 * memory stays bounded.
 */
final class SparkRejects implements Iterator<Row>, LogReader.Handler {

    /** The columns; {@code position} is where the line starts in the file, so that rows can be sorted and joined. */
    static final StructType TYPE = new StructType()
            .add("file", DataTypes.StringType, false)
            .add("line", DataTypes.LongType, false)
            .add("column", DataTypes.LongType, false)
            .add("reason", DataTypes.StringType, false)
            .add("position", DataTypes.LongType, false)
            .add("row", DataTypes.BinaryType, false);

    /** The reason that stands in the further rows of a line that is too long. */
    static final String MORE = "more of the line before";

    private static final long STRIDE = 1 << 20;

    /** Stops the reader in the middle of a line that is too long. */
    private static final class TooLong extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooLong() {
            super(null, null, false, false);
        }
    }

    private final LogSplit split;
    private final LogReader reader = new LogReader(1 << 16);
    private final HadoopInput in;
    private final LineCounter<HadoopInput> lines;
    private final Deque<Row> found = new ArrayDeque<>();
    private final byte[] chunk = new byte[1 << 20];
    private long position;
    /** The place of the last rejected line. */
    @SuppressWarnings("NullAway.Init")
    private LineCounter.Place place;

    private boolean done;
    private boolean inLine;

    /**
     * @param split an exact split
     * @param line the number of its first line
     */
    SparkRejects(LogSplit split, long line, Configuration configuration) throws IOException {
        this.split = split;
        in = new HadoopInput(split.file(), configuration);
        lines = new LineCounter<>(new HadoopInput(split.file(), configuration), split.start(), line);
        position = split.start();
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> close());
    }

    /** The number of line breaks in a split. */
    static long countLines(LogSplit split, Configuration configuration) throws IOException {
        try (LineCounter<HadoopInput> lines =
                new LineCounter<>(new HadoopInput(split.file(), configuration), split.start(), 0)) {
            return lines.moveTo(split.end());
        }
    }

    /** Describes a rejected line for people. */
    static String describe(Row reject) {
        return RejectReport.describe(reject.getString(0), reject.getLong(1), reject.getLong(2), reject.getString(3));
    }

    @Override
    public boolean hasNext() {
        try {
            while (found.isEmpty() && !done) {
                if (inLine) {
                    readLine();
                } else {
                    read();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return !found.isEmpty();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return found.remove();
    }

    private void read() throws IOException {
        long end = split.end() - position > STRIDE ? position + STRIDE : split.end();
        try {
            position = reader.read(in, position, end, this);
            done = position < end || end == split.end();
        } catch (TooLong e) {
            inLine = true;
        }
    }

    /** Reads more of a line that is too long. */
    private void readLine() throws IOException {
        in.seek(position);
        int n = 0;
        boolean last = false;
        // It reads at least two bytes, unless the file ends, so that it can tell a CR from a CR LF.
        while (n < 2 && !last) {
            int more = in.read(chunk, n, chunk.length - n);
            last = more < 0;
            n += Math.max(0, more);
        }
        int lineEnd = RowParser.lineEnd(chunk, 0, n, n, last);
        int to = lineEnd >= 0 ? lineEnd : lineEnd == RowParser.UNDECIDED ? n - 1 : n;
        if (to > 0) {
            add(MORE, position, chunk, 0, to);
            position += to;
        }
        inLine = lineEnd < 0;
        done = n == 0 || !inLine && position >= split.end();
    }

    @Override
    public void row(RowParser row, long position) {}

    @Override
    public void rejected(RowParser record, long position, byte[] b, int from, int to) throws IOException {
        place = lines.place(position, b, from, record.faultFrom);
        add(RejectReport.reason(record, b), position, b, from, to);
        if (record.end < 0) {
            this.position = position + to - from;
            throw new TooLong();
        }
    }

    private void add(String reason, long position, byte[] b, int from, int to) {
        String file = split.display();
        found.add(RowFactory.create(
                file, place.line(), place.column(), reason, position, Arrays.copyOfRange(b, from, to)));
    }

    private void close() {
        try {
            in.close();
            lines.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
