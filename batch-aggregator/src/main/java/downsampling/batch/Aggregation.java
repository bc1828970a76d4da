package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a query over log files with several threads: a {@link AggregationPlan} says how the work is cut, an {@link AggregationAttempt} carries
 * it out.
 *
 * <p>Two things are assumed and checked. A row lies in its file's batch: the first one that does not (a row dated
 * outside its file) makes the run start over with everything in one batch. And the parts of a file begin where a record
 * begins: where a part's last record ends must be where the next part began, else a line break was inside quotes, and
 * that file must not be cut. The same goes for a file of which a part is not what its {@link UserIndex} was made of. The
 * first such file ends the first attempt at once, since others are probably alike, and from then on only large files are
 * cut; a later attempt goes on and finds them all. Files that begin with line breaks inside quotes spare themselves the
 * first of these. So there are two attempts more at most, however many the files are.
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

    private final Query query;
    private final List<LogFile> files;
    private final int threads;
    private final boolean strict;
    private final boolean index;
    private final Sizes sizes;
    private final OrderedResultOutput output;

    /** The one that came to its end, or was the last before the run failed. */
    private AggregationAttempt attempt;

    private String firstReject;

    /** @param index whether indexes of users are used, and made where there are none */
    Aggregation(
            Query query,
            List<LogFile> files,
            int threads,
            boolean strict,
            boolean index,
            Sizes sizes,
            OrderedResultOutput output) {
        this.query = query;
        this.files = files;
        this.threads = threads;
        this.strict = strict;
        this.index = index;
        this.sizes = sizes;
        this.output = output;
    }

    /**
     * Writes the result's rows to the output.
     *
     * @return whether it came to its end; false when the run is strict and a line was rejected
     */
    boolean run() throws IOException {
        AggregationPlan.Assumptions assumptions = AggregationPlan.assumptions(files, threads, sizes);
        while (true) {
            AggregationPlan plan = AggregationPlan.of(query, files, threads, index, sizes, assumptions);
            attempt = new AggregationAttempt(query, plan, threads, strict, assumptions.cautious(), sizes, output);
            boolean oneBatch = assumptions.oneBatch();
            try {
                attempt.run();
            } catch (AggregationAttempt.WrongAssumption e) {
                // Which it is, it knows.
            } catch (RowCollector.StrayRow e) {
                oneBatch = true;
            } catch (RowCollector.StrictStop e) {
                List<String> first = new RejectReport(1, null).read(attempt.filesWithRejects());
                if (!first.isEmpty()) {
                    firstReject = first.get(0);
                    return false;
                }
                // It only seemed so, because of a wrong cut.
                attempt.distrustFilesWithRejects();
            }
            if (oneBatch == assumptions.oneBatch() && attempt.distrusted().isEmpty()) {
                return true;
            }
            List<LogFile> uncut = new ArrayList<>(assumptions.uncut());
            uncut.addAll(attempt.distrusted());
            assumptions = new AggregationPlan.Assumptions(oneBatch, uncut, assumptions.cautious() || !uncut.isEmpty());
            output.restart();
        }
    }

    /** Where a strict run stopped. */
    String firstReject() {
        return firstReject;
    }

    /** What became of the rows. */
    RowCounts rowCounts() {
        return attempt.rowCounts();
    }

    /** Number of rows in the result. */
    long groups() {
        return attempt.groups();
    }

    /** The files with rejected lines, in order. */
    List<LogFile> filesWithRejects() {
        return attempt.filesWithRejects();
    }

    /** Why an index could not be kept; null when all could. */
    IOException indexProblem() {
        return attempt.indexProblem();
    }

    /** Of the time in which the threads read and wrote beside each other, the share in which they wrote: 0 to 1. */
    double shareOfWriting() {
        return attempt.shareOfWriting();
    }
}
