package downsampling.batch;

import java.io.Closeable;
import java.io.IOException;

/**
 * Line and column, from 1 and in characters, of places in a log file that are asked for in order. It reads the file by
 * an input of its own, once.
 *
 * @param <I> what it reads from, and closes
 */
final class LineCounter<I extends LogReader.Input & Closeable> implements Closeable {

    private static final int[] BOM = {0xEF, 0xBB, 0xBF};

    private final I in;
    private final byte[] chunk = new byte[1 << 16];
    private long at;
    private long line;
    private long column = 1;

    /**
     * @param start of a line
     * @param line that line's number
     */
    LineCounter(I in, long start, long line) throws IOException {
        this.in = in;
        at = start;
        this.line = line;
        in.seek(start);
    }

    /** Goes on to a position that is not before the last one, or to the end of the file. */
    LineCounter<I> moveTo(long position) throws IOException {
        while (at < position) {
            int n = in.read(chunk, 0, (int) Math.min(chunk.length, position - at));
            if (n < 0) {
                break;
            }
            for (int i = 0; i < n; i++) {
                boolean bom = at + i < 3 && (chunk[i] & 0xFF) == BOM[(int) at + i];
                if (chunk[i] == '\n') {
                    line++;
                    column = 1;
                } else if ((chunk[i] & 0xC0) != 0x80 && !bom) {
                    column++;
                }
            }
            at += n;
        }
        return this;
    }

    long line() {
        return line;
    }

    long column() {
        return column;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
