package downsampling.batch;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs a query over log files with several threads.
 *
 * <p>The files are cut into <em>batches</em> that have no period in common: normally a file is a day, so with periods
 * of a day or less every file is a batch of its own, is formatted by the thread that read it, and is written in its
 * turn; nothing is merged and nothing kept. With longer periods as many days as have whole periods make a batch.
 * A batch consists of <em>parts</em>, files or stretches of large files, which the threads take one after another, each
 * into its own {@link Groups}; the last one done merges.
 *
 * <p>Memory grows with the groups of the batches at hand, never with rows. When the groups of a thread take more than
 * their share of the heap, they are spilled to disk in order ({@link SpilledGroups}) and merged at the end.
 *
 * <p>Two things are assumed and checked. A row lies in its file's batch: the first one that does not (a row dated
 * outside its file) makes the run start over with everything in one batch. And the parts of a file begin where a record
 * begins: where a part's last record ends must be where the next part began, else a line break was inside quotes and
 * the run starts over without cutting that file. The same happens when a part of a file is not what its
 * {@link UserIndex} was made of.
 */
final class Aggregation {

    /**
     * Sizes that only tests change.
     *
     * @param buffer bytes read at a time
     * @param minPart files smaller than twice this are not cut
     * @param maxPart parts of a file are no larger
     * @param heap memory there is, in bytes; all groups together may take a fifth of it, the rest is for growing,
     *     sorting and writing
     */
    record Sizes(int buffer, long minPart, long maxPart, long heap) {
        static final Sizes NORMAL =
                new Sizes(1 << 17, 1 << 20, 1 << 24, Runtime.getRuntime().maxMemory());
    }

    private static final class Batch {
        final int number;
        final long fromSecond;
        final long toSecond;
        final List<Part> parts = new ArrayList<>();
        final List<Groups> done = new ArrayList<>();
        final List<SpilledGroups> spilled = new ArrayList<>();
        int partsLeft;

        Batch(int number, long fromSecond, long toSecond) {
            this.number = number;
            this.fromSecond = fromSecond;
            this.toSecond = toSecond;
        }
    }

    private static final class Part {
        final Batch batch;
        final LogFile file;
        final long start;
        final long end;
        /** The blocks to read when the file's index says where; null for all between start and end. */
        List<UserIndex.Block> blocks;
        /** Rows in the other blocks. */
        long rowsSkipped;

        boolean makeIndex;
        long firstRecord;
        long nextRecord = -1;
        long rejected;

        Part(Batch batch, LogFile file, long start, long end) {
            this.batch = batch;
            this.file = file;
            this.start = start;
            this.end = end;
            batch.parts.add(this);
            batch.partsLeft++;
        }

        /** Of a file that has an index. */
        Part(Batch batch, LogFile file, List<UserIndex.Block> blocks, long rowsInFile) {
            this(batch, file, 0, Long.MAX_VALUE);
            this.blocks = blocks;
            rowsSkipped = rowsInFile;
            for (UserIndex.Block block : blocks) {
                rowsSkipped -= block.rows();
            }
        }
    }

    /** An assumption did not hold; start over without it. */
    private static final class StartOver extends RuntimeException {
        private static final long serialVersionUID = 1;
        /** The file to be read whole, without cuts and index; null when batches are to be given up. */
        final transient LogFile whole;

        StartOver(LogFile whole) {
            super(null, null, false, false);
            this.whole = whole;
        }
    }

    /** Bytes of result that a thread collects before it writes them, for which it may have to wait for its turn. */
    private static final int ENOUGH_TO_WRITE = 1 << 22;

    private final Query query;
    private final List<LogFile> files;
    private final int threads;
    private final boolean strict;
    private final boolean index;
    private final Sizes sizes;
    private final ResultOutput output;
    private final boolean json;

    private final List<LogFile> whole = new ArrayList<>();
    private boolean oneBatch;

    private List<Part> parts;
    private AtomicInteger nextPart;
    private Deque<Groups> pool;
    /** Bytes that the groups of one thread may take before they are spilled. */
    private long groupsLimit;

    private final AtomicInteger spills = new AtomicInteger();
    private Account account;
    private long groups;
    private Throwable failure;
    private volatile IOException indexProblem;

    Aggregation(
            Query query,
            List<LogFile> files,
            int threads,
            boolean strict,
            boolean index,
            Sizes sizes,
            ResultOutput output,
            boolean json) {
        this.query = query;
        this.files = files;
        this.threads = threads;
        this.strict = strict;
        this.index = index;
        this.sizes = sizes;
        this.output = output;
        this.json = json;
    }

    /** What became of the rows. */
    Account account() {
        return account;
    }

    /** Number of rows in the result. */
    long groups() {
        return groups;
    }

    /** Why an index could not be kept; null when all could. */
    IOException indexProblem() {
        return indexProblem;
    }

    /** The files with rejected lines, in order; of a strict run that stopped, those that may hold the first one. */
    List<LogFile> filesWithRejects() {
        List<LogFile> found = new ArrayList<>();
        for (Part part : parts) {
            boolean suspect = part.rejected > 0 || part.nextRecord < 0;
            if (suspect && (found.isEmpty() || found.get(found.size() - 1) != part.file)) {
                found.add(part.file);
            }
        }
        return found;
    }

    /**
     * Writes the result's rows to the output.
     *
     * @return whether it came to its end; false when the run is strict and a line was rejected
     */
    boolean run() throws IOException {
        while (true) {
            try {
                attempt();
                return true;
            } catch (StartOver e) {
                if (e.whole == null) {
                    oneBatch = true;
                } else {
                    whole.add(e.whole);
                }
                output.restart();
            } catch (RowCollector.StrictStop e) {
                return false;
            }
        }
    }

    private void attempt() throws IOException {
        cutIntoParts();
        nextPart = new AtomicInteger();
        pool = new ArrayDeque<>();
        groupsLimit = sizes.heap / 5 / Math.max(1, Math.min(threads, parts.size()));
        account = Account.EMPTY;
        groups = 0;
        failure = null;
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < Math.min(threads, parts.size()); i++) {
            Thread thread = new Thread(new Worker(), "aggregate-".concat(Integer.toString(i)));
            thread.start();
            others.add(thread);
        }
        new Worker().run();
        for (Thread thread : others) {
            join(thread);
        }
        for (Part part : parts) {
            for (SpilledGroups spilled : part.batch.spilled) {
                spilled.close();
            }
            part.batch.spilled.clear();
        }
        if (failure instanceof IOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void cutIntoParts() {
        parts = new ArrayList<>();
        long bytes = 0;
        for (LogFile file : files) {
            bytes += file.size();
        }
        long partSize = Math.max(sizes.minPart, Math.min(sizes.maxPart, bytes / threads / 8));
        long span = oneBatch ? 0 : batchDays();
        Batch batch = null;
        int batches = 0;
        for (LogFile file : files) {
            if (span == 0) {
                batch = batch == null ? new Batch(batches++, Long.MIN_VALUE, Long.MAX_VALUE) : batch;
            } else {
                long from = Math.floorDiv(file.day(), span) * span * 86400;
                if (batch == null || batch.fromSecond != from) {
                    batch = new Batch(batches++, from, from + span * 86400);
                }
            }
            UserIndex users = index && !isWhole(file) ? UserIndex.load(file) : null;
            if (users != null && users.isUsable() && !query.users().isEmpty()) {
                parts.add(new Part(batch, file, users.blocksOf(query.users()), users.rows()));
                continue;
            }
            int first = parts.size();
            long start = 0;
            if (threads > 1 && !isWhole(file)) {
                for (; file.size() - start >= 2 * partSize; start += partSize) {
                    parts.add(new Part(batch, file, start, start + partSize));
                }
            }
            parts.add(new Part(batch, file, start, Long.MAX_VALUE));
            parts.get(first).makeIndex = index && users == null;
        }
    }

    private boolean isWhole(LogFile file) {
        for (LogFile other : whole) {
            if (other == file) {
                return true;
            }
        }
        return false;
    }

    /** Days until a period and a day begin together again; 0 when that is never or not soon. */
    private long batchDays() {
        long a = query.granularity();
        long b = 86400;
        while (b != 0) {
            long rest = a % b;
            a = b;
            b = rest;
        }
        long days = query.granularity() / a;
        return days <= 366 * 1000 ? days : 0;
    }

    private synchronized Groups take() {
        Groups free = pool.poll();
        return free == null ? new Groups(query) : free;
    }

    private synchronized void giveBack(Groups groups) {
        groups.clear();
        pool.push(groups);
    }

    private synchronized void fail(Throwable e) {
        // A stop that follows from another failure is no news; of the rest the first one counts.
        if (failure == null || failure instanceof java.io.InterruptedIOException) {
            failure = e;
        }
        nextPart.set(Integer.MAX_VALUE / 2);
        output.abort();
    }

    private synchronized void settle(Account own, long rows) {
        account = account.plus(own);
        groups += rows;
    }

    /** One thread's share. */
    private final class Worker implements Runnable, RowCollector.Spill {

        private final LogReader reader = new LogReader(sizes.buffer);
        private final RowCollector collector = new PlainRowCollector(query, strict, this, groupsLimit);
        private final PlainGroupWriter plainWriter = new PlainGroupWriter(query, json);
        private final ResultFormat format = new ResultFormat(query, json);
        private final Text text = new Text();
        private Batch batch;
        private int partsDone;
        private long rows;

        @Override
        public void run() {
            try {
                text.reserve(1 << 16);
                for (int i = nextPart.getAndIncrement(); i < parts.size(); i = nextPart.getAndIncrement()) {
                    Part part = parts.get(i);
                    if (part.batch != batch) {
                        handIn();
                        batch = part.batch;
                        collector.into(take(), batch.fromSecond, batch.toSecond);
                    }
                    read(part);
                    partsDone++;
                }
                handIn();
                settle(collector.account(), rows);
            } catch (Throwable e) {
                fail(e);
            }
        }

        private void read(Part part) throws IOException {
            try (LogFile.Opened file = part.file.open()) {
                collector.ofDay(part.file.day());
                if (part.blocks == null) {
                    part.firstRecord = reader.lineStart(file, part.start);
                    part.nextRecord = reader.read(file, part.firstRecord, part.end, collector);
                } else {
                    readBlocks(part, file);
                }
                if (part.makeIndex) {
                    makeIndex(part.file);
                }
            } catch (RowCollector.Stray e) {
                throw new StartOver(null);
            } finally {
                part.rejected = collector.rejectedOfFile();
            }
        }

        private void makeIndex(LogFile log) {
            try {
                UserIndex.make(log.file());
            } catch (IOException e) {
                // The result does not need it.
                indexProblem = e;
            }
        }

        private void readBlocks(Part part, LogFile.Opened file) throws IOException {
            for (UserIndex.Block block : part.blocks) {
                if (!UserIndex.holds(file, block)) {
                    throw new StartOver(part.file);
                }
                reader.read(file, block.start(), block.end(), collector);
            }
            collector.skip(part.rowsSkipped);
            part.nextRecord = part.file.size();
        }

        @Override
        public void spill() throws IOException {
            SpilledGroups written = SpilledGroups.write(collector.groups(), output.beside(spills.incrementAndGet()));
            synchronized (batch) {
                batch.spilled.add(written);
            }
            collector.groups().clear();
            collector.into(collector.groups(), batch.fromSecond, batch.toSecond);
        }

        /** Gives what was collected to the batch; merges and writes it when this was the last of it. */
        private void handIn() throws IOException {
            if (batch == null) {
                return;
            }
            synchronized (batch) {
                batch.done.add(collector.groups());
                batch.partsLeft -= partsDone;
                partsDone = 0;
                if (batch.partsLeft > 0) {
                    return;
                }
            }
            checkCuts();
            if (batch.spilled.isEmpty() && batch.done.size() == 1 && plainWriter.canWrite(batch.done.get(0))) {
                writePlain(batch.done.get(0));
            } else {
                merge();
            }
            output.finish(batch.number);
            for (Groups done : batch.done) {
                giveBack(done);
            }
        }

        private void writePlain(Groups all) throws IOException {
            int[] order = all.order();
            for (int next = 0; next < all.size(); ) {
                next = plainWriter.write(all, order, next, ENOUGH_TO_WRITE, text);
                output.write(batch.number, text);
            }
            rows += all.size();
        }

        private void merge() throws IOException {
            List<Merge.Run> runs = new ArrayList<>(batch.spilled);
            for (Groups done : batch.done) {
                runs.add(new Merge.GroupsRun(done));
            }
            Merge merge = new Merge(runs, query);
            for (ResultRow row = merge.next(); row != null; row = merge.next()) {
                format.write(row, text);
                rows++;
                if (text.length > ENOUGH_TO_WRITE) {
                    output.write(batch.number, text);
                }
            }
            output.write(batch.number, text);
        }

        private void checkCuts() {
            Part before = null;
            for (Part part : batch.parts) {
                if (before != null && before.file == part.file && before.nextRecord != part.firstRecord) {
                    throw new StartOver(part.file);
                }
                before = part;
            }
        }
    }
}
