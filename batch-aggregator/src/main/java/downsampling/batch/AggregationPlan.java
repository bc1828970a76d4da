package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How the work of a run is cut. The files are put into <em>batches</em> that have no period in common: normally a file
 * is a day, so with periods of a day or less every file is a batch of its own. With longer periods as many days as have
 * whole periods make a batch. A batch consists of <em>parts</em>, files or stretches of large files. Nothing of it
 * changes while it is carried out.
 *
 * @param parts of all files, in order
 */
record AggregationPlan(List<Part> parts) {

    /** Bytes of a file that tell whether line breaks inside quotes are usual in it. */
    private static final int LOOKED_AT = 1 << 13;

    /** What goes into one stretch of the result. */
    static final class Batch {
        final int number;
        /** Wanted rows lie in {@code [fromSecond, toSecond)}. */
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
     * What a thread reads at a time.
     *
     * @param number its place among all parts
     * @param blocks the blocks to read when the file's index says where; null for all between start and end
     * @param rowsSkipped rows in the other blocks
     * @param makeIndex whether the file is to get an index
     */
    record Part(
            int number,
            Batch batch,
            LogFile file,
            long start,
            long end,
            List<UserIndex.Block> blocks,
            long rowsSkipped,
            boolean makeIndex) {}

    /**
     * What is taken for granted until it turns out otherwise.
     *
     * @param oneBatch whether everything is one batch, because rows lie in other batches than their files
     * @param uncut the files that are read without cuts and index
     * @param cautious whether some file is not as assumed: others may not be, either, so only what is large is cut
     */
    record Assumptions(boolean oneBatch, List<LogFile> uncut, boolean cautious) {

        static final Assumptions NONE = new Assumptions(false, List.of(), false);

        boolean isUncut(LogFile file) {
            for (LogFile other : uncut) {
                if (other == file) {
                    return true;
                }
            }
            return false;
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
     * What there is to assume before anything was read. Where cuts would be many and small, the first bytes of the first
     * file to be cut are looked at: with a line break inside quotes there, cuts would be wrong as likely as not, and
     * every thread would read a part of its own until the first one is found to be.
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

    /** Days until a period and a day begin together again; 0 when that is never or not soon. */
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
