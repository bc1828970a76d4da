package downsampling.batch;

import java.io.Serializable;
import org.apache.hadoop.fs.Path;

/**
 * A stretch of a log file that one task reads: the records that start in {@code [start, end)}, each as a whole.
 *
 * @param number its place among the splits of all files, in order
 * @param file the path of the file, with its file system
 * @param day the date in the file's name, in days since 1970-01-01
 * @param start the first byte; unless it is exact, reading begins at the first line that starts there or later
 * @param end the first byte after the split; {@link Long#MAX_VALUE} for the rest of the file
 * @param exact whether a record is known to start at {@code start}
 */
record LogSplit(int number, String file, long day, long start, long end, boolean exact) implements Serializable {

    /**
     * What was found when the split was read.
     *
     * @param first where its first record starts
     * @param next where the first record after it starts
     * @param rowCounts what became of its rows
     */
    record Outcome(long first, long next, RowCounts rowCounts) implements Serializable {}

    /** A split that starts at a cut, and so is exact only at the start of its file. */
    static LogSplit of(int number, Path file, long start, long end) {
        return new LogSplit(number, file.toString(), LogFile.day(file.getName()), start, end, start == 0);
    }

    /** The same split, known to start at a record. */
    LogSplit from(long exactStart) {
        return new LogSplit(number, file, day, exactStart, end, true);
    }

    /** The file as people write it: without the file system if it is the one of this machine. */
    String display() {
        return display(new Path(file));
    }

    static String display(Path path) {
        return "file".equals(path.toUri().getScheme()) ? path.toUri().getPath() : path.toString();
    }
}
