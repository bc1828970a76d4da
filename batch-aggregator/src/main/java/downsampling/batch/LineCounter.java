package downsampling.batch;

import java.io.Closeable;
import java.io.IOException;

/**
 * Finds the line and column of places in the records of a log file. Places must be asked for in the order of the file,
 * which is read once, through an input of its own. Lines and columns are counted from 1, columns in characters.
 *
 * @param <I> the input, which is closed with the counter
 */
final class LineCounter<I extends LogReader.Input & Closeable> implements Closeable {

    /** A place in a file, from 1. */
    record Place(long line, long column) {}

    private final I in;
    private final byte[] chunk = new byte[1 << 16];
    private long at;
    private long line;
    /** Whether the byte before {@link #at} is a CR, whose line has been counted already. */
    private boolean afterCr;

    /**
     * @param start where a record begins
     * @param line the line of that record
     */
    LineCounter(I in, long start, long line) throws IOException {
        this.in = in;
        at = start;
        this.line = line;
        in.seek(start);
    }

    /** Reads on to where a record starts, or to the end of the file, and returns the line there. */
    long moveTo(long record) throws IOException {
        while (at < record) {
            int n = in.read(chunk, 0, (int) Math.min(chunk.length, record - at));
            if (n < 0) {
                break;
            }
            line = placeAfter(line, afterCr, chunk, 0, n).line;
            afterCr = chunk[n - 1] == '\r';
            at += n;
        }
        return line;
    }

    /**
     * Finds a place in a record.
     *
     * @param record where the record starts in the file, not before the record of the last call
     * @param b an array with the record from {@code from} on
     * @param to the place in the array
     */
    Place place(long record, byte[] b, int from, int to) throws IOException {
        return placeAfter(moveTo(record), false, b, from, to);
    }

    /** @param afterCr whether a CR stands before {@code from}, so that an LF there does not end another line */
    private static Place placeAfter(long line, boolean afterCr, byte[] b, int from, int to) {
        long column = 1;
        boolean cr = afterCr;
        for (int i = from; i < to; i++) {
            if (b[i] == '\r' || b[i] == '\n') {
                line += cr && b[i] == '\n' ? 0 : 1;
                column = 1;
            } else if ((b[i] & 0xC0) != 0x80) {
                column++;
            }
            cr = b[i] == '\r';
        }
        return new Place(line, column);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
