package downsampling.batch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs the real engine on a folder, for comparison with {@link SlowAggregation}.
 *
 * @param csv the result
 * @param rejects the rejected lines, as they are
 */
record FastAggregation(String csv, RowCounts rowCounts, String rejects) {

    static FastAggregation run(Query query, Path folder, int threads, Aggregation.Sizes sizes) throws IOException {
        List<LogFile> files =
                LogFile.list(folder.toFile(), Math.floorDiv(query.from(), 86400), Math.floorDiv(query.to() - 1, 86400));
        Path result = Files.createTempFile(folder, "result", ".tmp");
        try (OrderedResultOutput output = new OrderedResultOutput(result.toFile(), query, ResultFormat.CSV)) {
            Aggregation aggregation = new Aggregation(query, files, threads, false, false, sizes, output);
            AggregationAttempt finished = aggregation.run();
            output.complete();
            ByteArrayOutputStream rejects = new ByteArrayOutputStream();
            new RejectReport(0, rejects).read(finished.filesWithRejects());
            return new FastAggregation(
                    Files.readString(result), finished.rowCounts(), rejects.toString(StandardCharsets.ISO_8859_1));
        } finally {
            Files.delete(result);
        }
    }

    static FastAggregation run(Query query, Path folder, int threads) throws IOException {
        return run(query, folder, threads, Aggregation.Sizes.NORMAL);
    }
}
