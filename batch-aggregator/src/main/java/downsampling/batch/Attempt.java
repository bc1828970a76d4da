package downsampling.batch;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Carries out a {@link Plan}, once. The threads take one part after another, each into its own {@link Groups}; the last
 * one done with a batch merges and writes it in its turn. A batch that one thread has read alone, as normally each is,
 * needs no merging.
 *
 * <p>Memory grows with the groups of the batches at hand, never with rows. When the groups of a thread take more than
 * their share of the heap, they are spilled to disk in order ({@link SpilledGroups}) and merged at the end.
 */
final class Attempt {

    /** Bytes of result that a thread collects before it writes them, for which it may have to wait for its turn. */
    private static final int ENOUGH_TO_WRITE = 1 << 22;

    /** A file was not as assumed. */
    static final class WrongAssumption extends RuntimeException {
        private static final long serialVersionUID = 1;

        WrongAssumption() {
            super(null, null, false, false);
        }
    }

    /** What has come of a batch so far; guarded by itself. */
    private static final class Progress {
        final List<Groups> done = new ArrayList<>();
        final List<SpilledGroups> spilled = new ArrayList<>();
        int partsLeft;
    }

    /** What has come of a part; written by the thread that reads it. */
    private static final class Outcome {
        long firstRecord;
        long nextRecord;
        long rejected;
        boolean complete;
    }

    private final Query query;
    private final Plan plan;
    private final int threads;
    private final boolean strict;
    /** Whether it goes on when a file is not as assumed, to find all of that kind. */
    private final boolean toTheEnd;

    private final Aggregation.Sizes sizes;
    private final ResultOutput output;
    /** Bytes that the groups of one thread may take before they are spilled. */
    private final long groupsLimit;

    private final Outcome[] outcomes;
    private final Progress[] progress;
    private final AtomicInteger nextPart = new AtomicInteger();
    private final AtomicInteger spills = new AtomicInteger();

    // Guarded by this.
    private final Deque<Groups> pool = new ArrayDeque<>();
    private final List<LogFile> distrusted = new ArrayList<>();
    private Account account = Account.EMPTY;
    private long groups;
    private long readingNanos;
    private long writingNanos;
    private Throwable failure;
    private IOException indexProblem;
    /** In the folder of the log files; comes with the first index. */
    private Workspace forIndexes;

    Attempt(
            Query query,
            Plan plan,
            int threads,
            boolean strict,
            boolean toTheEnd,
            Aggregation.Sizes sizes,
            ResultOutput output) {
        this.query = query;
        this.plan = plan;
        this.threads = Math.max(1, Math.min(threads, plan.parts().size()));
        this.strict = strict;
        this.toTheEnd = toTheEnd;
        this.sizes = sizes;
        this.output = output;
        groupsLimit = sizes.heap() / 5 / this.threads;
        outcomes = new Outcome[plan.parts().size()];
        int batches = 0;
        for (Plan.Part part : plan.parts()) {
            outcomes[part.number()] = new Outcome();
            batches = part.batch().number + 1;
        }
        progress = new Progress[batches];
        for (Plan.Part part : plan.parts()) {
            int batch = part.batch().number;
            if (progress[batch] == null) {
                progress[batch] = new Progress();
                progress[batch].partsLeft = part.batch().parts.size();
            }
        }
    }

    /**
     * Writes the result's rows to the output, if nothing was assumed wrongly.
     *
     * @throws WrongAssumption when a file was not as assumed, unless it is to go on to the end
     * @throws RowCollector.Stray when a row lies outside its file's batch
     * @throws RowCollector.StrictStop when it is strict and a line was rejected
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
        for (Progress batch : progress) {
            for (SpilledGroups spilled : batch.spilled) {
                spilled.close();
            }
        }
        if (forIndexes != null) {
            forIndexes.close();
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

    /** The files that were not as assumed, each once. */
    synchronized List<LogFile> distrusted() {
        return distrusted;
    }

    private synchronized void distrust(LogFile file) {
        for (LogFile other : distrusted) {
            if (other == file) {
                return;
            }
        }
        distrusted.add(file);
    }

    /** Lets the files that may hold rejected lines be read whole next time. */
    void distrustFilesWithRejects() {
        for (LogFile file : filesWithRejects()) {
            distrust(file);
        }
    }

    /** The files with rejected lines, in order; when it stopped, those that may hold the first one. */
    List<LogFile> filesWithRejects() {
        List<LogFile> found = new ArrayList<>();
        for (Plan.Part part : plan.parts()) {
            Outcome outcome = outcomes[part.number()];
            boolean suspect = outcome.rejected > 0 || !outcome.complete;
            if (suspect && (found.isEmpty() || found.get(found.size() - 1) != part.file())) {
                found.add(part.file());
            }
        }
        return found;
    }

    synchronized Account account() {
        return account;
    }

    synchronized long groups() {
        return groups;
    }

    synchronized IOException indexProblem() {
        return indexProblem;
    }

    synchronized double shareOfWriting() {
        return writingNanos == 0 ? 0 : (double) writingNanos / (readingNanos + writingNanos);
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
        if (failure == null || failure instanceof InterruptedIOException) {
            failure = e;
        }
        nextPart.set(Integer.MAX_VALUE / 2);
        output.abort();
    }

    private synchronized void settle(Account own, long rows, long reading, long writing) {
        account = account.plus(own);
        groups += rows;
        readingNanos += reading;
        writingNanos += writing;
    }

    private synchronized Workspace forIndexes(LogFile file) throws IOException {
        if (forIndexes == null) {
            forIndexes = Workspace.in(file.file().getParentFile());
        }
        return forIndexes;
    }

    private void makeIndex(LogFile log) {
        try {
            UserIndex.make(log.file(), forIndexes(log));
        } catch (IOException e) {
            // The result does not need it.
            synchronized (this) {
                indexProblem = e;
            }
        }
    }

    /** One thread's share. */
    private final class Worker implements Runnable, RowCollector.Spill {

        private final LogReader reader = new LogReader(sizes.buffer());
        private final RowCollector collector = new PlainRowCollector(query, strict, this, groupsLimit);
        private final PlainGroupWriter plainWriter = new PlainGroupWriter(query, output.format());
        private final ResultFormat format = new ResultFormat(query, output.format());
        private final Text text = new Text();
        private Plan.Batch batch;
        private int partsDone;
        private long rows;
        private long reading;
        private long writing;

        @Override
        public void run() {
            try {
                text.reserve(1 << 16);
                for (int i = nextPart.getAndIncrement(); i < outcomes.length; i = nextPart.getAndIncrement()) {
                    Plan.Part part = plan.parts().get(i);
                    if (part.batch() != batch) {
                        handIn();
                        batch = part.batch();
                        collector.into(take(), batch.fromSecond, batch.toSecond);
                    }
                    long start = System.nanoTime();
                    try {
                        read(part, outcomes[i]);
                    } catch (IOException e) {
                        throw Failure.of(part.file().file().getPath(), e);
                    }
                    reading += System.nanoTime() - start;
                    partsDone++;
                }
                handIn();
                settle(collector.account(), rows, reading, writing);
            } catch (Throwable e) {
                fail(e);
            }
        }

        private void read(Plan.Part part, Outcome outcome) throws IOException {
            try (LogFile.Opened file = part.file().open()) {
                collector.ofDay(part.file().day());
                if (part.blocks() == null) {
                    outcome.firstRecord = reader.lineStart(file, part.start());
                    outcome.nextRecord = reader.read(file, outcome.firstRecord, part.end(), collector);
                } else {
                    readBlocks(part, file);
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

        private void readBlocks(Plan.Part part, LogFile.Opened file) throws IOException {
            for (UserIndex.Block block : part.blocks()) {
                if (!UserIndex.holds(file, block)) {
                    distrust(part.file());
                    return;
                }
                reader.read(file, block.start(), block.end(), collector);
            }
            collector.skip(part.rowsSkipped());
        }

        @Override
        public void spill() throws IOException {
            SpilledGroups written = SpilledGroups.write(collector.groups(), output.beside(spills.incrementAndGet()));
            Progress done = progress[batch.number];
            synchronized (done) {
                done.spilled.add(written);
            }
            collector.groups().clear();
            collector.into(collector.groups(), batch.fromSecond, batch.toSecond);
        }

        /** Gives what was collected to the batch; merges and writes it when this was the last of it. */
        private void handIn() throws IOException {
            if (batch == null) {
                return;
            }
            Progress all = progress[batch.number];
            synchronized (all) {
                all.done.add(collector.groups());
                all.partsLeft -= partsDone;
                partsDone = 0;
                if (all.partsLeft > 0) {
                    return;
                }
            }
            checkCuts();
            if (!toTheEnd && !distrusted().isEmpty()) {
                throw new WrongAssumption();
            }
            // What an assumption has spoiled is read on, for what else was wrong, but not written any more.
            if (distrusted().isEmpty()) {
                long start = System.nanoTime();
                if (all.spilled.isEmpty() && all.done.size() == 1 && plainWriter.canWrite(all.done.get(0))) {
                    writePlain(all.done.get(0));
                } else {
                    merge(all);
                }
                output.finish(batch.number);
                writing += System.nanoTime() - start;
            } else {
                output.finish(batch.number);
            }
            for (Groups done : all.done) {
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

        private void merge(Progress all) throws IOException {
            List<Merge.Run> runs = new ArrayList<>(all.spilled);
            for (Groups done : all.done) {
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
            Plan.Part before = null;
            for (Plan.Part part : batch.parts) {
                if (before != null
                        && before.file() == part.file()
                        && outcomes[before.number()].nextRecord != outcomes[part.number()].firstRecord) {
                    distrust(part.file());
                }
                before = part;
            }
        }
    }
}
