package downsampling.batch;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Says which part of a log file holds which users. It is a small hidden file beside the log file, {@code
 * .YYYY-MM-DD.log.csv.index}. The log file is divided into blocks of at least {@value #BLOCK} bytes, each of which
 * begins where a new user begins, so that every user is in one block only. Only a file that is sorted by user and has
 * no rejected line can be divided; the index of any other file has no blocks, so that no later run tries again.
 *
 * <p>An index is valid for a log file of the same size and time as the one it was made from, and only while it matches
 * its own checksum. A block is valid only while its bytes have the checksum that they had; this is checked before the
 * block is used.
 *
 * <p>The file consists of numbers of eight bytes, the lowest byte first: a mark, the size and the time of the log file,
 * its number of rows, and the number of blocks; for each block its start, the end of its first user's name among the
 * names, its number of rows, and its checksum; then the names; and last the checksum of all that.
 */
final class UserIndex {

    static final int BLOCK = 1 << 14;

    private static final long MARK = 0x3158444E49535544L;
    private static final int HEAD = 5 * 8;
    private static final int ENTRY = 4 * 8;

    /**
     * A stretch of the log file.
     *
     * @param start its first byte
     * @param end the first byte after it
     * @param rows its number of rows
     * @param checksum the CRC-32C of its bytes
     */
    record Block(long start, long end, long rows, long checksum) {}

    private final byte[] bytes;

    private UserIndex(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The index of a log file; null if there is none, or none that is valid for the file as it is. */
    static @Nullable UserIndex load(LogFile log) {
        File sidecar = sidecar(log.file());
        if (!sidecar.isFile()) {
            return null;
        }
        byte[] bytes;
        try (FileInputStream in = new FileInputStream(sidecar)) {
            bytes = in.readAllBytes();
        } catch (IOException e) {
            // An index that cannot be read is as good as none.
            return null;
        }
        int sum = bytes.length - 8;
        boolean holds = sum >= HEAD
                && EightBytes.at(bytes, 0) == MARK
                && EightBytes.at(bytes, 8) == log.file().length()
                && EightBytes.at(bytes, 16) == log.file().lastModified()
                && EightBytes.at(bytes, sum) == checksum(bytes, sum);
        return holds ? new UserIndex(bytes) : null;
    }

    /** Whether the file could be divided at all. */
    boolean isUsable() {
        return blocks() > 0;
    }

    /** The number of rows in the whole file. */
    long rows() {
        return EightBytes.at(bytes, 24);
    }

    /** The blocks that may hold some of these users, in order. */
    List<Block> blocksOf(List<String> users) {
        boolean[] wanted = new boolean[blocks()];
        for (String user : users) {
            int block = blockOf(user.getBytes(StandardCharsets.UTF_8));
            if (block >= 0) {
                wanted[block] = true;
            }
        }
        List<Block> found = new ArrayList<>();
        for (int block = 0; block < wanted.length; block++) {
            if (wanted[block]) {
                int at = HEAD + block * ENTRY;
                long end = block + 1 < wanted.length ? EightBytes.at(bytes, at + ENTRY) : EightBytes.at(bytes, 8);
                found.add(new Block(
                        EightBytes.at(bytes, at), end, EightBytes.at(bytes, at + 16), EightBytes.at(bytes, at + 24)));
            }
        }
        return found;
    }

    private int blocks() {
        return (int) EightBytes.at(bytes, 32);
    }

    /** The last block whose first user is not above this user; -1 if there is none. */
    private int blockOf(byte[] user) {
        int names = HEAD + blocks() * ENTRY;
        int low = 0;
        int high = blocks();
        while (low < high) {
            int middle = low + high >>> 1;
            int from = middle == 0 ? 0 : (int) EightBytes.at(bytes, HEAD + middle * ENTRY - ENTRY + 8);
            int to = (int) EightBytes.at(bytes, HEAD + middle * ENTRY + 8);
            if (Arrays.compareUnsigned(bytes, names + from, names + to, user, 0, user.length) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    /** Whether the bytes of a block are still those that it was made from. */
    static boolean isUnchanged(RandomAccessFile log, Block block) throws IOException {
        return checksum(log, block.start, block.end) == block.checksum;
    }

    /**
     * Makes the index of a log file and puts it beside the file, replacing an older one.
     *
     * @param workspace a workspace in the same folder
     */
    static void make(File log, Workspace workspace) throws IOException {
        try (LogFile.Opened in = new LogFile.Opened(log)) {
            long size = in.length();
            long time = log.lastModified();
            BlockFinder finder = new BlockFinder();
            long end = new LogReader(1 << 16).read(in, 0, Long.MAX_VALUE, finder);
            Blocks blocks = finder.sorted && end == size ? finder.blocks : new Blocks();
            for (int block = 0; block < blocks.size(); block++) {
                blocks.sums.add(checksum(in, blocks.starts.get(block), blocks.end(block, size)));
            }
            save(log, size, time, finder.rows, blocks, workspace);
        }
    }

    private static void save(File log, long size, long time, long rows, Blocks blocks, Workspace workspace)
            throws IOException {
        ByteBuilder text = new ByteBuilder();
        word(word(word(word(word(text, MARK), size), time), rows), blocks.size());
        int name = 0;
        for (int block = 0; block < blocks.size(); block++) {
            word(text, blocks.starts.get(block));
            word(text, name += blocks.users.get(block).length);
            long nextRow = block + 1 < blocks.size() ? blocks.firstRows.get(block + 1) : rows;
            word(text, nextRow - blocks.firstRows.get(block));
            word(text, blocks.sums.get(block));
        }
        for (byte[] user : blocks.users) {
            text.add(user, 0, user.length);
        }
        word(text, checksum(text.bytes, text.length));
        File whole = workspace.file(log.getName().concat(".index"));
        try (OutputStream out = new FileOutputStream(whole)) {
            out.write(text.bytes, 0, text.length);
        }
        Files.move(whole.toPath(), sidecar(log).toPath(), StandardCopyOption.REPLACE_EXISTING);
    }

    static File sidecar(File log) {
        return new File(log.getParentFile(), ".".concat(log.getName()).concat(".index"));
    }

    private static ByteBuilder word(ByteBuilder text, long word) {
        text.reserve(8);
        EightBytes.put(text.bytes, text.length, word);
        text.length += 8;
        return text;
    }

    private static long checksum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return sum.getValue();
    }

    private static long checksum(RandomAccessFile file, long start, long end) throws IOException {
        CRC32C sum = new CRC32C();
        byte[] buffer = new byte[(int) Math.min(1 << 16, end - start)];
        file.seek(start);
        for (long left = end - start; left > 0; ) {
            int n = file.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (n < 0) {
                return -1;
            }
            sum.update(buffer, 0, n);
            left -= n;
        }
        return sum.getValue();
    }

    /** The blocks that were found so far. */
    private static final class Blocks {
        final List<Long> starts = new ArrayList<>();
        final List<Long> firstRows = new ArrayList<>();
        final List<byte[]> users = new ArrayList<>();
        final List<Long> sums = new ArrayList<>();

        int size() {
            return starts.size();
        }

        long end(int block, long size) {
            return block + 1 < size() ? starts.get(block + 1) : size;
        }

        /** Whether a block begins at this row, whose user is not that of the row before. */
        boolean beginAt(long position) {
            return starts.isEmpty() || position - starts.get(starts.size() - 1) >= BLOCK;
        }

        void begin(long position, long row, byte[] user) {
            starts.add(position);
            firstRows.add(row);
            users.add(user);
        }
    }

    /** Finds the blocks of an existing file. */
    private static final class BlockFinder implements LogReader.Handler {
        final Blocks blocks = new Blocks();
        boolean sorted = true;
        long rows;
        private byte[] user = new byte[0];

        @Override
        public void row(RowParser row, long position) {
            byte[] b = row.bytes(1);
            int order = rows == 0 ? 1 : Arrays.compareUnsigned(b, row.from(1), row.to(1), user, 0, user.length);
            sorted &= order >= 0;
            if (order > 0) {
                user = Arrays.copyOfRange(b, row.from(1), row.to(1));
                if (blocks.beginAt(position)) {
                    blocks.begin(position, rows, user);
                }
            }
            rows++;
        }

        @Override
        public void rejected(RowParser record, long position, byte[] b, int from, int to) {
            sorted = false;
        }
    }

    /** Makes the index of a file while the file is written, from rows that are known to be good and sorted by user. */
    static final class Writer {
        private final Blocks blocks = new Blocks();
        private final CRC32C sum = new CRC32C();
        /** Where the buffer begins in the file. */
        private long position;
        /** Up to where the buffer has been added to the checksum. */
        private int summed;

        /**
         * Is called for every row whose user is not that of the row before.
         *
         * @param at where the row begins in the buffer
         * @param row its number in the file, from 0
         * @param from where its user begins in the buffer
         * @param to the first byte after the user
         */
        void user(byte[] buffer, int at, long row, int from, int to) {
            if (blocks.beginAt(position + at)) {
                sum(buffer, at);
                if (blocks.size() > 0) {
                    blocks.sums.add(sum.getValue());
                }
                sum.reset();
                blocks.begin(position + at, row, Arrays.copyOfRange(buffer, from, to));
            }
        }

        /** Is called when the buffer is full up to {@code end} and before it is used again. */
        void buffer(byte[] buffer, int end) {
            sum(buffer, end);
            summed = 0;
            position += end;
        }

        private void sum(byte[] buffer, int end) {
            sum.update(buffer, summed, end - summed);
            summed = end;
        }

        /** Puts the index beside the file, which must be complete and have its name. */
        void save(File log, long rows, Workspace workspace) throws IOException {
            blocks.sums.add(sum.getValue());
            UserIndex.save(log, position, log.lastModified(), rows, blocks, workspace);
        }
    }
}
