package downsampling.batch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Carries out an {@link AggregationPlan}, once. Each thread reads one part after another into its own
 * {@link GroupTable}. The thread that finishes a batch merges its groups and writes them when it is the batch's turn. A
 * batch that one thread has read alone, which is the normal case, needs no merging.
 *
 * <p>Memory grows with the groups of the batches being read, never with rows. When the groups of a thread use more than
 * its share of the heap, they are spilled to disk in order ({@link SpilledGroups}) and merged at the end.
 */
final class AggregationAttempt {

    /** How many bytes of the result a thread collects before it writes them and may have to wait for its turn. */
    private static final int ENOUGH_TO_WRITE = 1 << 22;

    /** Ends an attempt because a file is not as the plan assumed. */
    static final class WrongAssumption extends RuntimeException {
        private static final long serialVersionUID = 1;

        WrongAssumption() {
            super(null, null, false, false);
        }
    }

    /** What has been read of a batch so far; guarded by itself. */
    private static final class BatchState {
        final List<GroupTable> done = new ArrayList<>();
        final List<SpilledGroups> spilled = new ArrayList<>();
        int partsLeft;
    }

    /** What was found in a part; written by the thread that reads it. */
    private static final class PartOutcome {
        long firstRecord;
        long nextRecord;
        long rejected;
        boolean complete;
    }

    private final Query query;
    private final AggregationPlan plan;
    private final int threads;
    private final boolean strict;
    /** Whether the attempt goes on when a file is not as assumed, to find all files of that kind. */
    private final boolean findAll;

    private final Aggregation.Sizes sizes;
    private final OrderedResultOutput output;
    /** How many bytes the groups of one thread may use before they are spilled. */
    private final long groupsLimit;

    private final PartOutcome[] outcomes;
    private final BatchState[] batchStates;
    private final AtomicInteger nextPart = new AtomicInteger();
    private final AtomicInteger spills = new AtomicInteger();

    // Guarded by this.
    private final Deque<GroupTable> freeTables = new ArrayDeque<>();
    private final List<LogFile> distrusted = new ArrayList<>();
    private RowCounts rowCounts = RowCounts.EMPTY;
    private long groups;
    private long readingNanos;
    private long writingNanos;
    private @Nullable Throwable failure;
    private @Nullable IOException indexProblem;
    /** A workspace in the folder of the log files; null until the first index is made. */
    private @Nullable Workspace indexWorkspace;

    AggregationAttempt(
            Query query,
            AggregationPlan plan,
            int threads,
            boolean strict,
            boolean findAll,
            Aggregation.Sizes sizes,
            OrderedResultOutput output) {
        this.query = query;
        this.plan = plan;
        this.threads = Math.max(1, Math.min(threads, plan.parts().size()));
        this.strict = strict;
        this.findAll = findAll;
        this.sizes = sizes;
        this.output = output;
        groupsLimit = sizes.heap() / 5 / this.threads;
        outcomes = new PartOutcome[plan.parts().size()];
        int batches = 0;
        for (AggregationPlan.Part part : plan.parts()) {
            outcomes[part.number()] = new PartOutcome();
            batches = part.batch().number + 1;
        }
        batchStates = new BatchState[batches];
        for (AggregationPlan.Part part : plan.parts()) {
            int batch = part.batch().number;
            if (batchStates[batch] == null) {
                batchStates[batch] = new BatchState();
                batchStates[batch].partsLeft = part.batch().parts.size();
            }
        }
    }

    /**
     * Writes the rows of the result to the output. If an assumption was wrong, only some of them are written.
     *
     * @throws WrongAssumption if a file is not as assumed, unless the attempt is to find all such files
     * @throws RowCollector.StrayRow if a row lies outside the batch of its file
     * @throws RowCollector.StrictStop if the run is strict and a line was rejected
     */
    void run() throws IOException {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            Thread thread = new Thread(new Worker(), "aggregate-".concat(Integer.toString(i)));
            thread.start();
            others.add(thread);
        }
        new Worker().run();
        for (Thread thread : others) {
            join(thread);
        }
        for (BatchState batch : batchStates) {
            for (SpilledGroups spilled : batch.spilled) {
                spilled.close();
            }
        }
        if (indexWorkspace != null) {
            indexWorkspace.close();
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

    /** The files that were not as assumed, each of them once. */
    synchronized List<LogFile> distrusted() {
        return distrusted;
    }

    private synchronized void distrust(LogFile file) {
        if (!distrusted.contains(file)) {
            distrusted.add(file);
        }
    }

    /** Makes the next attempt read the files that may hold rejected lines without cuts. */
    void distrustFilesWithRejects() {
        for (LogFile file : filesWithRejects()) {
            distrust(file);
        }
    }

    /** The files with rejected lines, in order; after an early stop, the files that may hold the first of them. */
    List<LogFile> filesWithRejects() {
        List<LogFile> found = new ArrayList<>();
        for (AggregationPlan.Part part : plan.parts()) {
            PartOutcome outcome = outcomes[part.number()];
            boolean suspect = outcome.rejected > 0 || !outcome.complete;
            if (suspect && (found.isEmpty() || !found.get(found.size() - 1).equals(part.file()))) {
                found.add(part.file());
            }
        }
        return found;
    }

    /** What became of the rows. */
    synchronized RowCounts rowCounts() {
        return rowCounts;
    }

    /** The number of rows in the result. */
    synchronized long groups() {
        return groups;
    }

    /** Why an index could not be written; null if none failed. */
    synchronized @Nullable IOException indexProblem() {
        return indexProblem;
    }

    /** The share of the threads' time that went into writing, 0 to 1; the rest went into reading. */
    synchronized double shareOfWriting() {
        return writingNanos == 0 ? 0 : (double) writingNanos / (readingNanos + writingNanos);
    }

    private synchronized GroupTable borrowTable() {
        GroupTable free = freeTables.poll();
        return free == null ? new GroupTable(query) : free;
    }

    private synchronized void returnTable(GroupTable groups) {
        groups.clear();
        freeTables.push(groups);
    }

    private synchronized void fail(Throwable e) {
        // The first failure counts, unless it is only the interruption that another failure caused.
        if (failure == null || failure instanceof InterruptedIOException) {
            failure = e;
        }
        nextPart.set(Integer.MAX_VALUE / 2);
        output.abort();
    }

    private synchronized void addTotals(RowCounts own, long rows, long reading, long writing) {
        rowCounts = rowCounts.plus(own);
        groups += rows;
        readingNanos += reading;
        writingNanos += writing;
    }

    private synchronized Workspace indexWorkspace(LogFile file) throws IOException {
        if (indexWorkspace == null) {
            indexWorkspace = Workspace.in(file.file().getParentFile());
        }
        return indexWorkspace;
    }

    private void makeIndex(LogFile log) {
        try {
            UserIndex.make(log.file(), indexWorkspace(log));
        } catch (IOException e) {
            // The result does not depend on the index.
            synchronized (this) {
                indexProblem = e;
            }
        }
    }

    /** What one thread does. */
    private final class Worker implements Runnable, RowCollector.Spill {

        private final LogReader reader = new LogReader(sizes.buffer());
        private final RowCollector collector = new PlainRowCollector(query, strict, this, groupsLimit);
        private final PlainGroupWriter plainWriter = new PlainGroupWriter(query, output.format());
        private final ResultFormatter format = new ResultFormatter(query, output.format());
        private final ByteBuilder text = new ByteBuilder();
        private AggregationPlan.@Nullable Batch batch;
        private int partsDone;
        private long rows;
        private long reading;
        private long writing;

        @Override
        public void run() {
            try {
                text.reserve(1 << 16);
                for (int i = nextPart.getAndIncrement(); i < outcomes.length; i = nextPart.getAndIncrement()) {
                    AggregationPlan.Part part = plan.parts().get(i);
                    if (part.batch() != batch) {
                        handInBatch();
                        batch = part.batch();
                        collector.collectInto(borrowTable(), batch.fromSecond, batch.toSecond);
                    }
                    long start = System.nanoTime();
                    try {
                        read(part, outcomes[i]);
                    } catch (IOException e) {
                        throw Failure.withFile(part.file().file().getPath(), e);
                    }
                    reading += System.nanoTime() - start;
                    partsDone++;
                }
                handInBatch();
                addTotals(collector.rowCounts(), rows, reading, writing);
            } catch (Throwable e) {
                fail(e);
            }
        }

        private void read(AggregationPlan.Part part, PartOutcome outcome) throws IOException {
            try (LogFile.Opened file = part.file().open()) {
                collector.startFile(part.file().day());
                List<UserIndex.Block> blocks = part.blocks();
                if (blocks == null) {
                    outcome.firstRecord = reader.lineStart(file, part.start());
                    outcome.nextRecord = reader.read(file, outcome.firstRecord, part.end(), collector);
                } else {
                    readBlocks(part, blocks, file);
                    outcome.nextRecord = part.file().size();
                }
                outcome.complete = true;
                if (part.makeIndex()) {
                    makeIndex(part.file());
                }
            } finally {
                outcome.rejected = collector.rejectedOfFile();
            }
        }

        private void readBlocks(AggregationPlan.Part part, List<UserIndex.Block> blocks, LogFile.Opened file)
                throws IOException {
            for (UserIndex.Block block : blocks) {
                if (!UserIndex.isUnchanged(file, block)) {
                    distrust(part.file());
                    return;
                }
                reader.read(file, block.start(), block.end(), collector);
            }
            collector.countSkipped(part.rowsSkipped());
        }

        @Override
        public void spill() throws IOException {
            SpilledGroups written = SpilledGroups.write(collector.groups(), output.beside(spills.incrementAndGet()));
            AggregationPlan.Batch current = Objects.requireNonNull(batch);
            BatchState done = batchStates[current.number];
            synchronized (done) {
                done.spilled.add(written);
            }
            collector.groups().clear();
            collector.collectInto(collector.groups(), current.fromSecond, current.toSecond);
        }

        /** Adds the collected groups to their batch; merges and writes the batch if all of it has been read. */
        private void handInBatch() throws IOException {
            if (batch != null) {
                handIn(batch);
            }
        }

        private void handIn(AggregationPlan.Batch batch) throws IOException {
            BatchState all = batchStates[batch.number];
            synchronized (all) {
                all.done.add(collector.groups());
                all.partsLeft -= partsDone;
                partsDone = 0;
                if (all.partsLeft > 0) {
                    return;
                }
            }
            checkCuts(batch);
            if (!findAll && !distrusted().isEmpty()) {
                throw new WrongAssumption();
            }
            // After a wrong assumption the attempt reads on to find the other wrong ones, but writes nothing.
            if (distrusted().isEmpty()) {
                long start = System.nanoTime();
                if (all.spilled.isEmpty() && all.done.size() == 1 && plainWriter.canWrite(all.done.get(0))) {
                    writePlain(batch, all.done.get(0));
                } else {
                    merge(batch, all);
                }
                output.finish(batch.number);
                writing += System.nanoTime() - start;
            } else {
                output.finish(batch.number);
            }
            for (GroupTable done : all.done) {
                returnTable(done);
            }
        }

        private void writePlain(AggregationPlan.Batch batch, GroupTable all) throws IOException {
            int[] order = all.order();
            for (int next = 0; next < all.size(); ) {
                next = plainWriter.write(all, order, next, ENOUGH_TO_WRITE, text);
                output.write(batch.number, text);
            }
            rows += all.size();
        }

        private void merge(AggregationPlan.Batch batch, BatchState all) throws IOException {
            List<MergedGroups.Source> sources = new ArrayList<>(all.spilled);
            for (GroupTable done : all.done) {
                sources.add(new MergedGroups.InMemory(done));
            }
            MergedGroups merge = new MergedGroups(sources, query);
            for (ResultRow row = merge.next(); row != null; row = merge.next()) {
                format.write(row, text);
                rows++;
                if (text.length > ENOUGH_TO_WRITE) {
                    output.write(batch.number, text);
                }
            }
            output.write(batch.number, text);
        }

        private void checkCuts(AggregationPlan.Batch batch) {
            AggregationPlan.Part before = null;
            for (AggregationPlan.Part part : batch.parts) {
                // A part that does not start at 0 belongs to the file of the part before it.
                if (before != null
                        && part.start() > 0
                        && outcomes[before.number()].nextRecord != outcomes[part.number()].firstRecord) {
                    distrust(part.file());
                }
                before = part;
            }
        }
    }
}
