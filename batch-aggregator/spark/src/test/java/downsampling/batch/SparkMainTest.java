package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Runs the command as users type it, beside the one for one machine, and compares exit code, output and files. */
class SparkMainTest {

    private static SparkSession spark;

    @TempDir
    Path folder;

    private Path logs;
    private Path results;
    private String out;
    private String err;

    @BeforeAll
    static void start() {
        spark = SparkForTests.session();
    }

    @BeforeEach
    void threeDaysOfLogs() throws IOException {
        logs = Files.createDirectory(folder.resolve("logs"));
        results = folder.resolve("results");
        for (int day = 1; day <= 3; day += 2) {
            List<String> rows = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                rows.add("2025-01-0%d %02d:00:00,%s,app %d,%d,2,3,4,5,6,7,8,9"
                        .formatted(
                                day,
                                i % 24,
                                List.of("ü", "a,b", "say \"\"hi\"\"", "user10", "user2")
                                        .get(i % 5)
                                        .replaceFirst("^(.*[,\"].*)$", "\"$1\""),
                                i % 3,
                                i * day));
            }
            rows.add(7, "bad");
            Files.write(logs.resolve("2025-01-0" + day + LogFile.SUFFIX), rows);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--dimensions=user,app --granularity=12h",
                "--dimensions=user --granularity=2d --aggregates=sum,count,min,max,mean --user=ü,user10,user2",
                "--dimensions= --granularity=1day --format=json --aggregates=mean,max",
            })
    void isByteForByteWhatOneMachineSays(String options) throws IOException {
        List<String> own = List.of(options.split(" "));
        assertThat(run(SparkMain.command(), own)).isZero();
        String sparkOut = out;
        String sparkErr = err;
        assertThat(run(Main.command(), own, "aggregate")).isZero();
        String extension = options.contains("json") ? ".json" : ".csv";
        assertThat(results.resolve("result" + extension))
                .hasSameBinaryContentAs(results.resolve("result_1" + extension));
        assertThat(sparkErr).isEqualTo(err.replace("--rejects=FILE", "--rejects=DIR"));
        assertThat(sparkErr).contains("2025-01-01.log.csv, line 8, column 1: found 1 field");
        assertThat(rowCounts(sparkOut)).isEqualTo(rowCounts(out)).hasSize(6);
        assertThat(names(results)).containsExactlyInAnyOrder("result" + extension, "result_1" + extension);
    }

    @Test
    void partsAreResultFilesByThemselvesInOrder() throws IOException {
        SparkForTests.splits(2000);
        for (String format : List.of("csv", "json")) {
            List<String> options = List.of("--dimensions=user,app", "--granularity=1h", "--format=" + format);
            assertThat(run(SparkMain.command(), options)).isZero();
            assertThat(run(SparkMain.command(), options, "--parts")).isZero();
            String whole = Files.readString(results.resolve("result." + format));
            Path parts = results.resolve("result_1." + format);
            assertThat(out).contains("Results saved to: " + parts);
            List<String> joined = new ArrayList<>();
            for (String name : names(parts)) {
                if (name.startsWith("part-")) {
                    assertThat(name).endsWith("." + format);
                    List<String> lines = Files.readAllLines(parts.resolve(name));
                    assertThat(lines.get(0)).isEqualTo(whole.lines().findFirst().orElseThrow());
                    joined.addAll(
                            format.equals("csv") ? lines.subList(1, lines.size()) : lines.subList(1, lines.size() - 1));
                }
            }
            assertThat(names(parts)).contains("_SUCCESS");
            assertThat(whole.lines()
                            .filter(line -> line.length() > 1 && !line.startsWith("timestamp"))
                            .map(line -> line.replaceFirst(",$", "")))
                    .isEqualTo(joined.stream()
                            .map(line -> line.replaceFirst(",$", ""))
                            .toList());
        }
    }

    @Test
    void parquetHasTheSameNumbersInTypedColumns() throws IOException {
        List<String> options = List.of("--dimensions=user", "--granularity=1d", "--aggregates=sum,count,min,mean");
        assertThat(run(SparkMain.command(), options)).isZero();
        assertThat(run(SparkMain.command(), options, "--format=parquet")).isZero();
        assertThat(run(SparkMain.command(), options, "--format=parquet", "--parts", "--output=parts.parquet"))
                .isZero();
        assertThat(results.resolve("result.parquet")).isRegularFile();
        for (String name : List.of("result.parquet", "parts.parquet")) {
            List<Row> rows =
                    spark.read().parquet(results.resolve(name).toString()).collectAsList();
            assertThat(rows.get(0).getAs("timestamp").equals(LocalDateTime.of(2025, 1, 1, 0, 0)))
                    .isTrue();
            assertThat(rows.get(0).schema().treeString())
                    .startsWith("root\n |-- timestamp: timestamp_ntz (nullable = true)\n |-- user: string")
                    .contains("metric_1_sum: decimal(38,0)")
                    .contains("metric_9_count: long")
                    .contains("metric_9_mean: decimal(25,6)");
            assertThat(rows.stream()
                            .map(row -> row.<LocalDateTime>getAs("timestamp").toLocalDate() + " 00:00:00,"
                                    + quoted(row.getAs("user")) + "," + row.getAs("metric_1_sum") + ","
                                    + row.getAs("metric_1_count")))
                    .isEqualTo(Files.readString(results.resolve("result.csv"))
                            .lines()
                            .skip(1)
                            .map(line -> line.replaceFirst("^(.*?,(\"(\"\"|[^\"])*\"|[^,]*),[^,]*,[^,]*),.*", "$1"))
                            .toList());
        }
    }

    private static String quoted(String name) {
        return name.contains(",") || name.contains("\"") ? "\"" + name.replace("\"", "\"\"") + "\"" : name;
    }

    @Test
    void rejectedLinesAreKeptWithFileAndReason() throws IOException {
        Path kept = folder.resolve("kept");
        List<String> options = List.of("--dimensions=", "--granularity=1d", "--rejects=" + kept, "--report=json");
        assertThat(run(SparkMain.command(), options)).isZero();
        assertThat(out)
                .startsWith("{\"files\":2,\"read\":402,\"aggregated\":400,\"filtered_out\":0,\"rejected\":2,"
                        + "\"groups\":2,\"result\":\"" + results.resolve("result.csv") + "\",");
        assertThat(err).contains("2 lines are not log rows and were rejected, see " + kept + ":");
        Row row = spark.read().parquet(kept.toString()).orderBy("file").first();
        assertThat(row.<String>getAs("file"))
                .isEqualTo(logs.resolve("2025-01-01.log.csv").toString());
        assertThat(row.<Long>getAs("line")).isEqualTo(8);
        assertThat(row.<String>getAs("reason")).isEqualTo("found 1 field, expected at least 12 fields");
        assertThat(row.<byte[]>getAs("row")).asString().isEqualTo("bad\n");
        assertThat(run(SparkMain.command(), options)).isEqualTo(1);
        assertThat(err).isEqualTo("aggregate: --rejects=" + kept + " already exists\n");
    }

    @Test
    void withoutMatchingRowsThereIsNoFile() throws IOException {
        for (String format : List.of("csv", "parquet")) {
            assertThat(run(
                            SparkMain.command(),
                            List.of("--dimensions=user", "--granularity=1d", "--user=nobody", "--format=" + format)))
                    .isZero();
            assertThat(out).contains("No data found matching criteria.");
            assertThat(names(results)).isEmpty();
        }
    }

    @Test
    void failuresAreOneLine() throws IOException {
        assertThat(run(SparkMain.command(), List.of("--dimensions=", "--granularity=1d", "--strict")))
                .isEqualTo(1);
        assertThat(err.lines().skip(1))
                .containsExactly("aggregate: stopped at a line that is not a log row (--strict): "
                        + logs.resolve("2025-01-01.log.csv")
                        + ", line 8, column 1: found 1 field, expected at least 12 fields");
        Path file = Files.createDirectory(logs.resolve("2025-01-02.log.csv"));
        assertThat(run(SparkMain.command(), List.of("--dimensions=", "--granularity=1d")))
                .isEqualTo(1);
        assertThat(err.lines()).singleElement().asString().contains(file.toString());
        logs = folder.resolve("nowhere");
        assertThat(run(SparkMain.command(), List.of("--dimensions=", "--granularity=1d")))
                .isEqualTo(1);
        assertThat(err).isEqualTo("aggregate: " + logs + " does not exist\n");
        assertThat(names(results)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--granularity=1w",
                "--format=table",
                "--index",
                "--output=- --parts",
                "--output=- --format=parquet",
                "--master=spark://host:7077",
                "--dimensions=metric",
            })
    void usageErrorsExitWith2AndOneLineSaysWhy(String options) {
        assertThat(run(SparkMain.command(), List.of(options.split(" ")), "--granularity=1d", "--dimensions="))
                .isEqualTo(2);
        assertThat(err.lines()).singleElement().asString().contains("--").doesNotContain("Exception");
    }

    /** The lines of the report that count rows, files and groups. */
    private static List<String> rowCounts(String report) {
        return report.lines()
                .filter(line -> line.matches(" *(files|rows read|aggregated|filtered out|rejected|groups) .*"))
                .toList();
    }

    private static List<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().collect(Collectors.toList());
        }
    }

    private int run(CommandLine program, List<String> options, String... more) {
        List<String> all = new ArrayList<>(List.of(more));
        for (String option : options) {
            String name = option.replaceFirst("=.*", "=");
            all.removeIf(other -> other.startsWith(name));
            all.add(option);
        }
        all.add("--from_datetime=2025-01-01");
        all.add("--to_datetime=2025-01-04");
        all.add("--input-dir=" + logs);
        all.add("--results_dir=" + results);
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        int exitCode = program.setOut(new PrintWriter(outText))
                .setErr(new PrintWriter(errText))
                .execute(all.toArray(String[]::new));
        out = outText.toString();
        err = errText.toString();
        return exitCode;
    }
}
