package downsampling.batch;

import static downsampling.batch.AggregationTest.DAY;
import static downsampling.batch.AggregationTest.FIRST_DAY;
import static downsampling.batch.AggregationTest.query;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spark agrees with the engine for one machine on result, counts and rejected lines, however the work is divided. */
class SparkAggregationTest {

    private static final String ROW = "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n";

    private static SparkSession spark;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        spark = SparkForTests.session();
    }

    @AfterAll
    static void normalSplits() {
        SparkForTests.splits(1 << 27);
    }

    @Test
    void agreesWithOneMachineOnRandomLogs() throws IOException {
        for (int seed = 0; seed < 10; seed++) {
            Path logs = Files.createDirectory(folder.resolve("logs" + seed));
            Query query = new RandomLogs(seed).write(logs);
            if (query.from() == query.to()) {
                continue;
            }
            int split = seed % 3 == 0 ? 1 << 27 : 200 + 100 * (seed % 5);
            SplitReader.Sizes sizes =
                    seed % 2 == 0 ? SplitReader.Sizes.NORMAL : new SplitReader.Sizes(1 + seed % 7 * 50, 2000);
            check(query, logs, split, sizes, "seed " + seed + ", splits of " + split);
        }
    }

    @Test
    void agreesWithOneMachineWhereverAFileIsCut() throws IOException {
        Files.writeString(folder.resolve("2025-01-01.log.csv"), AggregationTest.HOSTILE);
        for (int split : new int[] {20, 53, 90, 150, 222}) {
            check(query(1800, true, true), folder, split, new SplitReader.Sizes(split / 3, 1), "splits of " + split);
        }
    }

    @Test
    void aQuoteOverManyCutsIsFoundAndTheFileReadUncut() throws IOException {
        // A name holds log rows: a split that begins among them mistakes them for rows, and so does the next one.
        String inside = ROW.repeat(50);
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"),
                ROW + "2025-01-01 00:00:00,\"" + inside + "\",a,1,2,3,4,5,6,7,8,9\n" + ROW);
        Files.writeString(folder.resolve("2025-01-02.log.csv"), ROW.repeat(20));
        check(query(DAY, true, false), folder, 300, SplitReader.Sizes.NORMAL, "quote over cuts");
    }

    @Test
    void sumsBeyond64BitsStayExact() throws IOException {
        String row = "2025-01-01 00:00:00,u,a" + ",9223372036854775807".repeat(5) + ",-9223372036854775808".repeat(4);
        for (int day = 1; day <= 3; day++) {
            Files.writeString(folder.resolve("2025-01-0" + day + ".log.csv"), (row + "\n").repeat(7));
        }
        for (List<Measure> measures : List.of(List.of(Measure.SUM), List.of(Measure.values()))) {
            Query query =
                    new Query(FIRST_DAY, FIRST_DAY + 3 * DAY, 3 * DAY, true, false, List.of(), List.of("a"), measures);
            check(query, folder, 200, new SplitReader.Sizes(100, 1), "measures " + measures);
        }
    }

    @Test
    void aLineOfMoreThanAMegabyteIsRejectedWholeAndTheNextOneRead() throws IOException {
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"),
                ROW + ROW.replace("u", "u".repeat(RowParser.MAX_RECORD)) + ROW + "\"" + "q".repeat(3_000_000) + "\n"
                        + ROW);
        check(query(DAY, true, false), folder, 1 << 27, SplitReader.Sizes.NORMAL, "uncut");
        check(query(DAY, true, false), folder, 700_000, new SplitReader.Sizes(100_000, 1000), "cut");
    }

    @Test
    void aRowCountsByItsOwnTimeInWhateverFileItStands() throws IOException {
        Files.writeString(folder.resolve("2025-01-01.log.csv"), ROW + ROW.replace("2025-01-01", "2025-01-03"));
        Files.writeString(folder.resolve("2025-01-03.log.csv"), ROW.replace("2025-01-01", "2024-12-31") + ROW);
        check(query(DAY, true, false), folder, 1 << 27, SplitReader.Sizes.NORMAL, "strays");
    }

    @Test
    void aStrictRunEndsAtTheFirstRejectedLineAndAtNoneThatOnlyAWrongCutMakes() throws IOException {
        Path file = folder.resolve("2025-01-01.log.csv");
        Files.writeString(file, ROW.repeat(8) + ROW.replace("u", "\"u\nv\"").repeat(40));
        SparkForTests.splits(300);
        assertThat(strict()).isNull();
        Files.writeString(file, "bad\n" + ROW, StandardOpenOption.APPEND);
        Files.writeString(folder.resolve("2025-01-02.log.csv"), "worse\n");
        assertThat(strict())
                .isEqualTo("stopped at a line that is not a log row (--strict): " + file
                        + ", line 89, column 1: found 1 field, expected at least 12 fields");
    }

    /** The message with which a strict run stopped; null if it did not. */
    private String strict() throws IOException {
        Query query = query(DAY, true, false);
        SparkAggregation aggregation = new SparkAggregation(spark, query, true, SplitReader.Sizes.NORMAL);
        try (SparkResult result = result(query, folder)) {
            aggregation.run(find(folder, FIRST_DAY / DAY, FIRST_DAY / DAY + 5), result);
            return null;
        } catch (RejectedLineException e) {
            return e.getMessage();
        }
    }

    private static List<LocatedFileStatus> find(Path folder, long first, long last) throws IOException {
        return SparkAggregation.find(
                folder.toString(), first, last, spark.sparkContext().hadoopConfiguration());
    }

    private static SparkResult result(Query query, Path folder) throws IOException {
        String results = Files.createTempDirectory(folder, "results").toString();
        AggregateOptions options = new AggregateOptions(
                query, 2, folder.toString(), results, "result.csv", ResultFormat.CSV, null, false, false, false, true);
        return new SparkResult(options, false, spark.sparkContext().hadoopConfiguration());
    }

    private static void check(Query query, Path logs, int split, SplitReader.Sizes sizes, String which)
            throws IOException {
        SparkForTests.splits(split);
        FastAggregation local = FastAggregation.run(query, logs, 2);
        long first = Math.floorDiv(query.from(), DAY);
        long last = Math.floorDiv(query.to() - 1, DAY);
        SparkAggregation aggregation = new SparkAggregation(spark, query, false, sizes);
        SparkAggregation.Finished finished;
        try (SparkResult result = result(query, logs)) {
            finished = aggregation.run(find(logs, first, last), result);
            if (finished.groups() > 0) {
                assertThat(Files.readString(Path.of(result.deliver())))
                        .as("result, " + which)
                        .isEqualTo(local.csv());
            } else {
                assertThat(local.csv().lines()).as("result, " + which).hasSize(1);
            }
        }
        assertThat(finished.rowCounts()).as("account, " + which).isEqualTo(local.rowCounts());
        if (local.rowCounts().rejected() == 0) {
            return;
        }
        ByteArrayOutputStream rejects = new ByteArrayOutputStream();
        List<String> messages =
                new RejectReport(Integer.MAX_VALUE, null).read(LogFile.list(logs.toFile(), first, last));
        List<Row> rows = finished.rejects().collectAsList();
        assertThat(rows.stream()
                        .filter(row -> !row.getString(3).equals(SparkRejects.MORE))
                        .map(SparkRejects::describe))
                .as("messages, " + which)
                .isEqualTo(messages);
        for (int i = 0; i < rows.size(); i++) {
            byte[] row = rows.get(i).getAs("row");
            rejects.writeBytes(row);
            boolean goesOn = i + 1 < rows.size() && rows.get(i + 1).getString(3).equals(SparkRejects.MORE);
            if (row[row.length - 1] != '\n' && row[row.length - 1] != '\r' && !goesOn) {
                rejects.write('\n');
            }
        }
        assertThat(rejects.toString(StandardCharsets.ISO_8859_1))
                .as("rejects, " + which)
                .isEqualTo(local.rejects());
        assertThat(finished.describeRejects(2)).isEqualTo(messages.subList(0, Math.min(2, messages.size())));
    }
}
