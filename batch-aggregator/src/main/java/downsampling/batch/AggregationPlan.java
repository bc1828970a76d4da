package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the work of a run is divided. The files are put into <em>batches</em> that share no period. Normally a file holds
 * one day, so with periods of a day or less every file is a batch of its own; with longer periods a batch has as many
 * days as a whole number of periods fills. A batch consists of <em>parts</em>, which are files or stretches of large
 * files. A plan does not change while it is carried out.
 *
 * @param parts the parts of all files, in order
 */
record AggregationPlan(List<Part> parts) {

    /** How many bytes of a file are searched for a line break inside quotes. */
    private static final int LOOKED_AT = 1 << 13;

    /** Files whose groups form one stretch of the result. */
    static final class Batch {
        final int number;
        /** The rows of the batch that are wanted lie in {@code [fromSecond, toSecond)}, in seconds since 1970. */
        final long fromSecond;

        final long toSecond;
        final List<Part> parts = new ArrayList<>();

        private Batch(int number, long fromSecond, long toSecond) {
            this.number = number;
            this.fromSecond = fromSecond;
            this.toSecond = toSecond;
        }
    }

    /**
     * What a thread reads at a time: a file, or a stretch of it.
     *
     * @param number its place among all parts
     * @param start the first byte; reading begins at the first line that starts there or later
     * @param end the first byte after the part; {@link Long#MAX_VALUE} for the rest of the file
     * @param blocks the blocks to read, as the file's index gives them; null if everything from start to end is read
     * @param rowsSkipped the number of rows in the blocks that are not read
     * @param makeIndex whether an index of the file is made after the part is read
     */
    record Part(
            int number,
            Batch batch,
            LogFile file,
            long start,
            long end,
            @Nullable List<UserIndex.Block> blocks,
            long rowsSkipped,
            boolean makeIndex) {}

    /**
     * What an attempt assumes about the files.
     *
     * @param oneBatch whether everything is one batch, because some rows are dated outside the batch of their file
     * @param uncut the files that are read without cuts and without an index
     * @param cautious whether some file was not as assumed; other files may not be either, so only large files are cut
     */
    record Assumptions(boolean oneBatch, List<LogFile> uncut, boolean cautious) {

        static final Assumptions NONE = new Assumptions(false, List.of(), false);

        boolean isUncut(LogFile file) {
            return uncut.contains(file);
        }
    }

    static AggregationPlan of(
            Query query,
            List<LogFile> files,
            int threads,
            boolean index,
            Aggregation.Sizes sizes,
            Assumptions assumptions) {
        List<Part> parts = new ArrayList<>();
        long partSize = assumptions.cautious() ? sizes.maxPart() : partSize(files, threads, sizes);
        long span = assumptions.oneBatch() ? 0 : batchDays(query.granularity());
        Batch batch = null;
        for (LogFile file : files) {
            long from = span == 0 ? Long.MIN_VALUE : Math.floorDiv(file.day(), span) * span * 86400;
            if (batch == null || batch.fromSecond != from) {
                batch = new Batch(
                        batch == null ? 0 : batch.number + 1, from, span == 0 ? Long.MAX_VALUE : from + span * 86400);
            }
            boolean isUncut = assumptions.isUncut(file);
            UserIndex users = index && !isUncut ? UserIndex.load(file) : null;
            if (users != null && users.isUsable() && !query.users().isEmpty()) {
                List<UserIndex.Block> blocks = users.blocksOf(query.users());
                long skipped = users.rows();
                for (UserIndex.Block block : blocks) {
                    skipped -= block.rows();
                }
                add(parts, new Part(parts.size(), batch, file, 0, Long.MAX_VALUE, blocks, skipped, false));
                continue;
            }
            boolean makeIndex = index && users == null;
            long start = 0;
            if (threads > 1 && !isUncut) {
                for (; file.size() - start >= 2 * partSize; start += partSize) {
                    add(parts, new Part(parts.size(), batch, file, start, start + partSize, null, 0, makeIndex));
                    makeIndex = false;
                }
            }
            add(parts, new Part(parts.size(), batch, file, start, Long.MAX_VALUE, null, 0, makeIndex));
        }
        return new AggregationPlan(parts);
    }

    private static long partSize(List<LogFile> files, int threads, Aggregation.Sizes sizes) {
        long bytes = 0;
        for (LogFile file : files) {
            bytes += file.size();
        }
        return Math.max(sizes.minPart(), Math.min(sizes.maxPart(), bytes / threads / 8));
    }

    /**
     * What to assume before anything has been read. If there would be many small cuts, the first bytes of the first
     * file to be cut are searched for a line break inside quotes. If there is one, cuts are as likely wrong as right,
     * and all threads would read their parts in vain until the first wrong cut is found.
     */
    static Assumptions assumptions(List<LogFile> files, int threads, Aggregation.Sizes sizes) throws IOException {
        long partSize = partSize(files, threads, sizes);
        if (threads > 1 && partSize < sizes.maxPart()) {
            for (LogFile file : files) {
                if (file.size() >= 2 * partSize) {
                    return beginsWithLineBreakInQuotes(file)
                            ? new Assumptions(false, List.of(), true)
                            : Assumptions.NONE;
                }
            }
        }
        return Assumptions.NONE;
    }

    private static boolean beginsWithLineBreakInQuotes(LogFile file) throws IOException {
        byte[] start = new byte[LOOKED_AT];
        try (LogFile.Opened in = file.open()) {
            int n = in.read(start, 0, start.length);
            boolean quoted = false;
            for (int i = 0; i < n; i++) {
                if (start[i] == '"') {
                    quoted = !quoted;
                } else if (quoted && (start[i] == '\n' || start[i] == '\r')) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void add(List<Part> parts, Part part) {
        parts.add(part);
        part.batch.parts.add(part);
    }

    /** The number of days after which a period and a day begin together again; 0 if that is never, or not soon. */
    private static long batchDays(long granularity) {
        long a = granularity;
        long b = 86400;
        while (b != 0) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        long days = granularity / a;
        return days <= 366 * 1000 ? days : 0;
    }
}
