package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spark against the engine for one machine: same result, same account, same rejects, however the work is cut. */
class SparkAggregationTest {

    private static final long DAY = 86400;
    private static final long FIRST_DAY = LocalDate.of(2025, 1, 1).toEpochDay() * DAY;
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
        for (int seed = 0; seed < 30; seed++) {
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

    private static void check(Query query, Path logs, int split, SplitReader.Sizes sizes, String which)
            throws IOException {
        SparkForTests.splits(split);
        FastAggregation local = FastAggregation.run(query, logs, 2);
        SparkAggregation aggregation = new SparkAggregation(spark, query, false, sizes);
        aggregation.find(logs.toString(), Math.floorDiv(query.from(), DAY), Math.floorDiv(query.to() - 1, DAY));
        Path results = Files.createTempDirectory(logs, "results");
        AggregateOptions options = new AggregateOptions(
                query,
                2,
                "",
                results.toString(),
                "result.csv",
                AggregateOptions.Format.CSV,
                null,
                false,
                false,
                false,
                true);
        try (SparkResult result =
                new SparkResult(options, false, spark.sparkContext().hadoopConfiguration())) {
            assertThat(aggregation.run(result)).isTrue();
            String csv = Files.readString(Path.of(result.deliver()));
            assertThat(csv).as("result, " + which).isEqualTo(local.csv());
            assertThat(aggregation.groups())
                    .as("groups, " + which)
                    .isEqualTo(csv.lines().count() - 1);
        }
        assertThat(aggregation.account()).as("account, " + which).isEqualTo(local.account());
    }
}
