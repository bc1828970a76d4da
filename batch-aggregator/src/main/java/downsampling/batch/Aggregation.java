package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a query over log files with several threads: an {@link AggregationPlan} says how the work is divided, and an
 * {@link AggregationAttempt} carries it out.
 *
 * <p>Two assumptions make this fast, and both are checked:
 *
 * <ul>
 *   <li>Every row lies in the batch of its file. The first row that does not (it is dated outside its file) makes the
 *       run start over with everything in one batch.
 *   <li>Every part of a file begins where a record begins: the last record of a part must end where the next part
 *       began. Otherwise a line break was inside quotes, and that file must not be cut. The same holds for a file of
 *       which a part is no longer what its {@link UserIndex} was made from. The first such file ends the first attempt
 *       at once, because other files are probably like it; from then on only large files are cut, and a later attempt
 *       goes on to its end and finds all such files. If the first file to be cut begins with line breaks inside quotes,
 *       that first attempt is skipped.
 * </ul>
 *
 * <p>So a run makes at most two attempts more than the first, however many files there are.
 *
 * @param index whether indexes of users are used, and made where there are none
 */
record Aggregation(
        Query query,
        List<LogFile> files,
        int threads,
        boolean strict,
        boolean index,
        Sizes sizes,
        OrderedResultOutput output) {

    /**
     * Sizes that only tests change.
     *
     * @param buffer bytes read at a time
     * @param minPart a file smaller than twice this is not cut, in bytes
     * @param maxPart no part of a file is larger than this, in bytes
     * @param heap the memory there is, in bytes; all groups together may use a fifth of it, and the rest is for
     *     growing, sorting and writing
     */
    record Sizes(int buffer, long minPart, long maxPart, long heap) {
        static final Sizes NORMAL =
                new Sizes(1 << 17, 1 << 20, 1 << 24, Runtime.getRuntime().maxMemory());
    }

    /**
     * Writes the rows of the result to the output.
     *
     * @return the attempt that came to its end with every assumption met
     * @throws RejectedLineException if the run is strict and a line was rejected
     */
    AggregationAttempt run() throws IOException {
        AggregationPlan.Assumptions assumptions = AggregationPlan.assumptions(files, threads, sizes);
        while (true) {
            AggregationPlan plan = AggregationPlan.of(query, files, threads, index, sizes, assumptions);
            AggregationAttempt attempt =
                    new AggregationAttempt(query, plan, threads, strict, assumptions.cautious(), sizes, output);
            boolean oneBatch = assumptions.oneBatch();
            try {
                attempt.run();
            } catch (AggregationAttempt.WrongAssumption e) {
                // The attempt knows which files it was wrong about.
            } catch (RowCollector.StrayRow e) {
                oneBatch = true;
            } catch (RowCollector.StrictStop e) {
                List<String> first = new RejectReport(1, null).read(attempt.filesWithRejects());
                if (!first.isEmpty()) {
                    throw new RejectedLineException(first.get(0));
                }
                // The line was rejected only because a cut was wrong.
                attempt.distrustFilesWithRejects();
            }
            if (oneBatch == assumptions.oneBatch() && attempt.distrusted().isEmpty()) {
                return attempt;
            }
            List<LogFile> uncut = new ArrayList<>(assumptions.uncut());
            uncut.addAll(attempt.distrusted());
            assumptions = new AggregationPlan.Assumptions(oneBatch, uncut, assumptions.cautious() || !uncut.isEmpty());
            output.restart();
        }
    }
}
