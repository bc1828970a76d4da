package downsampling.batch;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Groups that were written to disk in the order of the result because they used too much memory, and that are read
 * again for the merge. The file is deleted when all of them have been read.
 */
final class SpilledGroups implements MergedGroups.Source {

    private static final int BUFFER = 1 << 15;
    /**
     * Bytes of a group in the file: its period, the lengths of its names and its kind, in {@code HEAD} bytes; then its
     * names; then its sums; and in a wide one its count, carries, minima and maxima.
     */
    private static final int HEAD = 3 * 8;

    private static final int NARROW = RowParser.METRICS * 8;
    private static final int WIDE = NARROW + 8 + 3 * NARROW;
    private static final int FIXED = HEAD + WIDE;

    private final File file;
    private final ResultRow row = new ResultRow();
    private @Nullable FileInputStream in;
    /** Allocated by the first read, because many files may wait to be read. */
    private byte[] buffer = {};

    private int at;
    private int end;

    private SpilledGroups(File file) {
        this.file = file;
    }

    static SpilledGroups write(GroupTable groups, File file) throws IOException {
        MergedGroups.Source all = new MergedGroups.InMemory(groups);
        ByteBuilder text = new ByteBuilder();
        try (OutputStream out = new FileOutputStream(file)) {
            while (all.advance()) {
                add(all.row(), text);
                if (text.length >= BUFFER) {
                    out.write(text.bytes, 0, text.length);
                    text.length = 0;
                }
            }
            out.write(text.bytes, 0, text.length);
        } catch (IOException e) {
            file.delete();
            throw Failure.withFile(file.getPath(), e);
        }
        return new SpilledGroups(file);
    }

    private static void add(ResultRow row, ByteBuilder text) {
        int user = row.userTo - row.userFrom;
        int app = row.appTo - row.appFrom;
        boolean narrow = isNarrow(row);
        text.reserve(FIXED + user + app);
        put(text, row.period);
        put(text, (long) user << 32 | app);
        put(text, narrow ? 1 : 0);
        if (user > 0) {
            text.add(row.user, row.userFrom, row.userTo);
        }
        if (app > 0) {
            text.add(row.app, row.appFrom, row.appTo);
        }
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            put(text, row.low[metric]);
        }
        if (!narrow) {
            put(text, row.count);
            for (int metric = 0; metric < RowParser.METRICS; metric++) {
                put(text, row.carry[metric]);
                put(text, row.min[metric]);
                put(text, row.max[metric]);
            }
        }
    }

    /** Whether a row has only sums, which fit into 64 bits. */
    private static boolean isNarrow(ResultRow row) {
        long more = row.count;
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            more |= row.carry[metric] | row.min[metric] | row.max[metric];
        }
        return more == 0;
    }

    private static void put(ByteBuilder text, long word) {
        EightBytes.put(text.bytes, text.length, word);
        text.length += 8;
    }

    @Override
    public ResultRow row() {
        return row;
    }

    @Override
    public boolean advance() throws IOException {
        FileInputStream from = in;
        if (from == null) {
            from = new FileInputStream(file);
            in = from;
            buffer = new byte[BUFFER];
        }
        if (end - at < HEAD && !fill(from, HEAD)) {
            close();
            return false;
        }
        int user = (int) (EightBytes.at(buffer, at + 8) >>> 32);
        int app = (int) EightBytes.at(buffer, at + 8);
        boolean narrow = EightBytes.at(buffer, at + 16) == 1;
        int names = at + HEAD;
        int length = HEAD + user + app + (narrow ? NARROW : WIDE);
        if (end - at < length) {
            fill(from, length);
            names = at + HEAD;
        }
        row.period = EightBytes.at(buffer, at);
        row.user = buffer;
        row.userFrom = names;
        row.userTo = names + user;
        row.app = buffer;
        row.appFrom = row.userTo;
        row.appTo = row.userTo + app;
        int sums = row.appTo;
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            row.low[metric] = EightBytes.at(buffer, sums + 8 * metric);
            row.carry[metric] = 0;
            row.min[metric] = 0;
            row.max[metric] = 0;
        }
        sums += NARROW;
        row.count = narrow ? 0 : EightBytes.at(buffer, sums);
        for (int metric = 0; metric < RowParser.METRICS && !narrow; metric++) {
            row.carry[metric] = EightBytes.at(buffer, sums + 8 + 24 * metric);
            row.min[metric] = EightBytes.at(buffer, sums + 16 + 24 * metric);
            row.max[metric] = EightBytes.at(buffer, sums + 24 + 24 * metric);
        }
        at += length;
        return true;
    }

    /** Reads on until the buffer has this many bytes; returns false if the file ends before. */
    private boolean fill(FileInputStream from, int wanted) throws IOException {
        byte[] into = wanted <= buffer.length ? buffer : new byte[wanted];
        System.arraycopy(buffer, at, into, 0, end - at);
        buffer = into;
        end -= at;
        at = 0;
        while (end < wanted) {
            int n = from.read(buffer, end, buffer.length - end);
            if (n < 0) {
                return false;
            }
            end += n;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
        file.delete();
    }
}
