package downsampling.batch;

import java.io.IOException;
import java.util.Arrays;

/**
 * Reads the records of a log file, or of a part of it, in order, a buffer at a time. It uses plain {@code read} into a
 * byte array, because mapping the file is not faster. It holds one buffer, however long the file is. It is not
 * thread-safe, and is reused from file to file.
 */
final class LogReader {

    /** The bytes of a log file. */
    interface Input {

        /** Sets where the next read begins. */
        void seek(long position) throws IOException;

        /** Reads at least one byte and at most {@code length}; returns how many, or -1 at the end. */
        int read(byte[] into, int offset, int length) throws IOException;
    }

    /** Receives the records. Arrays and positions in them are valid only during the call. */
    interface Handler {

        /**
         * May consume rows that are plain beyond doubt; the default consumes none.
         *
         * @param from where a record starts
         * @param stop rows that start here or later must not be consumed. The byte before it or a later one is a line
         *     break, and {@link #PADDING} bytes after that may be read but mean nothing
         * @return where the first record starts that was not consumed
         */
        default int plainRows(byte[] b, int from, int stop) throws IOException {
            return from;
        }

        /**
         * Receives a log row.
         *
         * @param position where the record starts in the file
         */
        void row(RowParser row, long position);

        /**
         * Receives what is rejected: a record, or only its first line.
         *
         * @param position where the record starts in the file
         * @param from the first byte of what is rejected
         * @param to the first byte after it and its line break
         */
        void rejected(RowParser record, long position, byte[] b, int from, int to) throws IOException;

        /** Receives more of a line that was rejected because it is too long. */
        default void rejectedMore(byte[] b, int from, int to) throws IOException {}
    }

    /** How many bytes after the buffer may be touched by code that loads eight bytes at a time. */
    static final int PADDING = 64;

    private final RowParser parser = new RowParser();
    private byte[] buffer;

    LogReader(int bufferSize) {
        buffer = new byte[bufferSize + PADDING];
    }

    /**
     * Finds the first line that starts at a position or after it, going by line breaks alone (see {@link RowParser}).
     * The caller has to check that the line break is not inside a quoted field.
     */
    long lineStart(Input file, long position) throws IOException {
        if (position == 0) {
            return 0;
        }
        long at = position - 1;
        file.seek(at);
        boolean afterCr = false;
        for (int n; (n = file.read(buffer, 0, buffer.length - PADDING)) > 0; at += n) {
            for (int i = 0; i < n; i++) {
                if (buffer[i] == '\n') {
                    return at + i + 1;
                }
                if (afterCr) {
                    return at + i;
                }
                afterCr = buffer[i] == '\r';
            }
        }
        return at;
    }

    /**
     * Hands over the records that start in {@code [start, end)}. Each is handed over as a whole, even if the last one
     * ends after {@code end}.
     *
     * @param start where a record starts
     * @return where the next record starts
     */
    long read(Input file, long start, long end, Handler handler) throws IOException {
        file.seek(start);
        long base = start;
        int pos = 0;
        int filled = 0;
        boolean last = false;
        boolean atStart = start == 0;
        boolean skipping = false;
        while (true) {
            if (!last) {
                if (pos > 0) {
                    System.arraycopy(buffer, pos, buffer, 0, filled - pos);
                    base += pos;
                    filled -= pos;
                    pos = 0;
                }
                if (filled + PADDING == buffer.length) {
                    buffer = Arrays.copyOf(buffer, filled * 2 + PADDING);
                }
                int n = file.read(buffer, filled, buffer.length - PADDING - filled);
                last = n < 0;
                filled += Math.max(n, 0);
            }
            if (atStart) {
                if (filled < 3 && !last) {
                    continue;
                }
                // A file may begin with one byte order mark; a second one would be text.
                boolean mark = base == 0 && filled >= 3;
                if (mark && buffer[0] == (byte) 0xEF && buffer[1] == (byte) 0xBB && buffer[2] == (byte) 0xBF) {
                    pos = 3;
                }
                if (pos < filled) {
                    RowParser.Verdict first = parser.parse(buffer, pos, filled, last);
                    if (first == RowParser.Verdict.INCOMPLETE) {
                        continue;
                    }
                    if (first == RowParser.Verdict.REJECTED && parser.end > 0 && parser.isHeader()) {
                        pos = parser.end;
                    }
                }
                atStart = false;
            }
            // If the last byte is a CR, an LF may follow, so it is not known yet where the line ends.
            int linesEnd = filled;
            while (linesEnd > pos
                    && buffer[linesEnd - 1] != '\n'
                    && (buffer[linesEnd - 1] != '\r' || linesEnd == filled)) {
                linesEnd--;
            }
            while (pos < filled && (skipping || base + pos < end)) {
                if (skipping) {
                    int lineEnd = RowParser.lineEnd(buffer, pos, filled, filled, last);
                    int stop = lineEnd >= 0 ? lineEnd : lineEnd == RowParser.UNDECIDED ? filled - 1 : filled;
                    handler.rejectedMore(buffer, pos, stop);
                    pos = stop;
                    if (lineEnd == RowParser.UNDECIDED) {
                        break;
                    }
                    skipping = lineEnd < 0;
                    continue;
                }
                pos = handler.plainRows(buffer, pos, (int) Math.min(linesEnd, end - base));
                if (pos == filled
                        || base + pos >= end
                        || pos >= linesEnd && !last && filled - pos < RowParser.MAX_RECORD) {
                    break;
                }
                RowParser.Verdict verdict = parser.parse(buffer, pos, filled, last);
                if (verdict == RowParser.Verdict.INCOMPLETE) {
                    break;
                }
                if (verdict == RowParser.Verdict.ROW) {
                    handler.row(parser, base + pos);
                    pos = parser.end;
                } else {
                    skipping = parser.end < 0;
                    int stop = skipping ? pos + RowParser.MAX_RECORD : parser.end;
                    handler.rejected(parser, base + pos, buffer, pos, stop);
                    pos = stop;
                }
            }
            if (last || (base + pos >= end && !skipping)) {
                return base + pos;
            }
        }
    }
}
