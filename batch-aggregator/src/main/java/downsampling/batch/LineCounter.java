package downsampling.batch;

import java.io.Closeable;
import java.io.IOException;

/**
 * Line and column, from 1 and in characters, of places in records of a log file, which are asked for in order. It reads
 * the file by an input of its own, once.
 *
 * @param <I> what it reads from, and closes
 */
final class LineCounter<I extends LogReader.Input & Closeable> implements Closeable {

    /** A place in a file, from 1. */
    record Place(long line, long column) {}

    private final I in;
    private final byte[] chunk = new byte[1 << 16];
    private long at;
    private long line;
    /** Whether the byte before {@link #at} is a CR, with which its line has been counted. */
    private boolean afterCr;

    /**
     * @param start of a record
     * @param line that record's line
     */
    LineCounter(I in, long start, long line) throws IOException {
        this.in = in;
        at = start;
        this.line = line;
        in.seek(start);
    }

    /** Goes on to where a record starts, or to the end of the file; returns the line. */
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
     * A place in a record.
     *
     * @param record where it starts, not before the last one
     * @param b holds it from {@code from} on
     * @param to the place
     */
    Place place(long record, byte[] b, int from, int to) throws IOException {
        return placeAfter(moveTo(record), false, b, from, to);
    }

    /** @param afterCr whether a CR stands before {@code from}, so that a LF there ends no further line */
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
