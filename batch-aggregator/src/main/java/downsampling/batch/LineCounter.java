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
            line += behind(1, chunk, 0, n).line - 1;
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
        return behind(moveTo(record), b, from, to);
    }

    private static Place behind(long line, byte[] b, int from, int to) {
        long column = 1;
        for (int i = from; i < to; i++) {
            if (b[i] == '\n') {
                line++;
                column = 1;
            } else if ((b[i] & 0xC0) != 0x80) {
                column++;
            }
        }
        return new Place(line, column);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
