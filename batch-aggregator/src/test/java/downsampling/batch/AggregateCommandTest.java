package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the command as users type it, and checks exit code, output and files. */
class AggregateCommandTest {

    private static final String HEADER =
            "metric_1,metric_2,metric_3,metric_4,metric_5,metric_6,metric_7,metric_8,metric_9\n";

    @TempDir
    Path folder;

    private Path logs;
    private Path results;
    private String out;
    private String err;

    @BeforeEach
    void folders() throws IOException {
        logs = Files.createDirectory(folder.resolve("logs"));
        results = folder.resolve("results");
    }

    /** Such names once made the program try the same name forever, because no folder lists them. */
    @Test
    void whatCanBeNoFilesNameIsRefused() {
        for (String option : List.of("--rejects=", "--output=")) {
            for (String name : List.of("..", ".", "/", "results/..")) {
                assertThat(aggregate("--granularity=1d", "--dimensions=", option + name))
                        .as(option + name)
                        .isEqualTo(2);
            }
        }
    }

    @Test
    void sumsUpPerPeriodUserAndApp() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 00:00:00,user1,facebook,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:29:59,user1,facebook,1,1,1,1,1,1,1,1,1",
                "2025-01-01 00:30:00,user10,tik tok,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:30:00,user2,\"a,b\",1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=30m", "--dimensions=user,app")).isZero();
        assertThat(result("result.csv")).isEqualTo("timestamp,user,app," + HEADER + """
                        2025-01-01 00:00:00,user1,facebook,2,3,4,5,6,7,8,9,10
                        2025-01-01 00:30:00,user10,tik tok,1,2,3,4,5,6,7,8,9
                        2025-01-01 00:30:00,user2,"a,b",1,2,3,4,5,6,7,8,9
                        """);
        assertThat(out).contains("Results saved to: " + results.resolve("result.csv"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--dimensions=                  | timestamp,metric_1",
                "--dimensions=user              | timestamp,user,metric_1",
                "--dimensions=app               | timestamp,app,metric_1",
                "--dimensions=user,app          | timestamp,user,app,metric_1",
                "--dimensions=app,user          | timestamp,user,app,metric_1",
                "--dimensions= app , user       | timestamp,user,app,metric_1",
            })
    void columnsAreUserThenAppInWhateverOrderTheyAreAskedFor(String dimensions, String header) throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1day", dimensions)).isZero();
        assertThat(result("result.csv")).startsWith(header + ",metric_2,");
    }

    @Test
    void theEndOfTheRangeIsExclusiveAndItsBeginningIsNot() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 09:59:59,u,a,1,0,0,0,0,0,0,0,0",
                "2025-01-01 10:00:00,u,a,10,0,0,0,0,0,0,0,0",
                "2025-01-01 10:59:59,u,a,100,0,0,0,0,0,0,0,0",
                "2025-01-01 11:00:00,u,a,1000,0,0,0,0,0,0,0,0");
        assertThat(run(
                        "--from-datetime=2025-01-01 10:00:00",
                        "--to-datetime=2025-01-01 11:00:00",
                        "--granularity=1h",
                        "--dimensions="))
                .isZero();
        assertThat(result("result.csv")).endsWith("\n2025-01-01 10:00:00,110,0,0,0,0,0,0,0,0\n");
        assertThat(out).contains("aggregated        2").contains("filtered out      2");
    }

    @Test
    void filtersAreTrimmedAndTakeSeveralNames() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 00:00:00,user1,a,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:00:00,user2,b,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:00:00,user3,a,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1d", "--dimensions=user", "--user= user2 ,user1", "--app=a"))
                .isZero();
        assertThat(result("result.csv").lines().skip(1)).containsExactly("2025-01-01 00:00:00,user1,1,2,3,4,5,6,7,8,9");
    }

    @Test
    void aTakenNameIsFollowedByOneAboveTheHighestNumber() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            assertThat(aggregate("--granularity=1d", "--dimensions=user")).isZero();
            names.add(saved());
        }
        Files.writeString(results.resolve("result_17.csv"), "kept");
        Files.writeString(results.resolve("result_x.csv"), "kept");
        Files.writeString(results.resolve("result_99.json"), "kept");
        assertThat(aggregate("--granularity=1d", "--dimensions=user")).isZero();
        names.add(saved());
        Files.delete(results.resolve("result.csv"));
        assertThat(aggregate("--granularity=1d", "--dimensions=user")).isZero();
        names.add(saved());
        assertThat(names).containsExactly("result.csv", "result_1.csv", "result_2.csv", "result_18.csv", "result.csv");
        assertThat(result("result_17.csv")).isEqualTo("kept");
        try (var files = Files.list(results)) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith("."));
        }
    }

    @Test
    void aTakenNameWithoutAnExtensionGetsOneWithItsNumber() {
        assertThat(ResultFile.freeName("summary", ".csv", "summary")).isEqualTo("summary_1.csv");
        assertThat(ResultFile.freeName("x", ".csv", "x", "x_3")).isEqualTo("x_1.csv");
        assertThat(ResultFile.freeName("x", ".csv", "x", "x_3.csv")).isEqualTo("x_4.csv");
        assertThat(ResultFile.freeName("x", ".csv", "x_3")).isEqualTo("x");
        assertThat(ResultFile.freeName(".x", ".csv", ".x")).isEqualTo(".x_1.csv");
        assertThat(ResultFile.freeName("a.b.csv", ".csv", "a.b.csv", "a.b_1.csv"))
                .isEqualTo("a.b_2.csv");
    }

    @Test
    void namesMayBeShortenedAndTheLastOfARepeatedOptionCounts() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9", "2025-01-01 00:00:00,v,a,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--gran=30m", "--dim=user", "--user=u", "--user=v", "--gran", "1d"))
                .isZero();
        assertThat(result("result.csv").lines().skip(1)).containsExactly("2025-01-01 00:00:00,v,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--gran=1d", "--dim=", "--in=x")).isEqualTo(2);
        assertThat(err).isEqualTo("aggregate: --in may stand for any of --index, --input-dir (see --help)\n");
    }

    @Test
    void noUserIsNobodyAndNotEverybody() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9", "2025-01-01 00:00:00,,a,5,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1d", "--dimensions=user", "--user=,"))
                .isZero();
        assertThat(result("result.csv").lines().skip(1)).containsExactly("2025-01-01 00:00:00,,5,2,3,4,5,6,7,8,9");
        assertThat(out)
                .startsWith("Query: 2025-01-01 00:00:00 to 2025-01-04 00:00:00, the end not included\n"
                        + "Granularity: 1 d | Dimensions: user | Aggregates: sum\nUser filter: (empty)\nThreads: ");
        assertThat(out)
                .containsPattern("reading, summing up +\\d")
                .containsPattern("writing the result +\\d")
                .containsPattern("TOTAL +\\d")
                .contains("CPU usage, reading");
    }

    @Test
    void manyMissingDaysTakeNoMoreThanALine() throws IOException {
        for (int year = 1000; year < 1100; year++) {
            Files.createFile(logs.resolve(year + "-06-01.log.csv"));
        }
        assertThat(run("--from_datetime=1000-01-01", "--to_datetime=2000-01-01", "--granularity=1d", "--dimensions="))
                .isZero();
        assertThat(err)
                .startsWith(
                        "aggregate: there is no log file in " + logs + " for 365142 days: 1000-01-01 to 1000-05-31, ")
                .endsWith(", and 91 more gaps\n")
                .hasSizeLessThan(500)
                .hasLineCount(1);
    }

    @Test
    void noLogFileIsWrittenOver() throws IOException {
        String row = "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9";
        log("2025-01-01", row, "bad");
        log("2026-01-01", row);
        Path log = logs.resolve("2025-01-01.log.csv");
        Files.createSymbolicLink(folder.resolve("symbolic"), Path.of("logs", "2025-01-01.log.csv"));
        Files.createLink(folder.resolve("hard"), log);
        Files.createSymbolicLink(folder.resolve("folder"), logs);
        List<Path> names = List.of(
                log,
                logs.resolve("2026-01-01.log.csv"),
                logs.resolve("2027-01-01.log.csv"),
                logs.resolve("../logs/./2025-01-01.log.csv"),
                folder.resolve("symbolic"),
                folder.resolve("hard"),
                folder.resolve("folder/2025-01-01.log.csv"));
        for (Path name : names) {
            for (String option : List.of("--rejects=", "--output=")) {
                assertThat(aggregate("--granularity=1d", "--dimensions=", option + name))
                        .as(option + name)
                        .isEqualTo(2);
                assertThat(err)
                        .isEqualTo("aggregate: " + option + name
                                + ": expected a file that is not a log file in --input-dir (see --help)\n");
            }
        }
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + logs))
                .isEqualTo(1);
        assertThat(log).hasContent(row + "\nbad");
        assertThat(results).doesNotExist();
    }

    @Test
    void rejectsFollowASymbolicLinkAndReplaceWhatItLeadsTo() throws IOException {
        log("2025-01-01", "bad");
        for (String target : List.of("there", "new")) {
            Path link = folder.resolve("to-" + target);
            Files.createSymbolicLink(link, Path.of(target));
            if (target.equals("there")) {
                Files.writeString(folder.resolve(target), "old and longer than what comes");
            }
            assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + link))
                    .isZero();
            assertThat(link).isSymbolicLink();
            assertThat(folder.resolve(target)).hasContent("bad");
        }
    }

    @Test
    void aTargetThatCannotBeWrittenIsToldBeforeTheRun() throws IOException {
        log("2025-01-01", "bad");
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + folder.resolve("nowhere/rejects")))
                .isEqualTo(1);
        assertThat(err)
                .isEqualTo("aggregate: " + folder.resolve("nowhere/rejects") + " cannot be written: "
                        + folder.resolve("nowhere") + " does not exist\n");
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + file.resolve("rejects")))
                .isEqualTo(1);
        assertThat(err).endsWith(file + " is not a folder\n").hasLineCount(1);
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--output=" + file.resolve("result")))
                .isEqualTo(1);
        assertThat(err.lines()).last().isEqualTo("aggregate: " + file + " is not a folder");
        assertThat(out).doesNotContain("rows read");
    }

    @Test
    void whatIsNoRegularFileIsWrittenIntoAndNotReplaced() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9", "bad");
        for (String option : List.of("--rejects=", "--output=")) {
            // The pipe needs a reader for as long as anything writes to it.
            Path copy = folder.resolve("copy");
            Process cat = new ProcessBuilder("cat", pipe.toString())
                    .redirectOutput(copy.toFile())
                    .start();
            assertThat(aggregate("--granularity=1d", "--dimensions=", option + pipe))
                    .isZero();
            assertThat(cat.waitFor()).isZero();
            assertThat(Files.readString(copy)).contains(option.equals("--rejects=") ? "bad\n" : "timestamp,metric_1");
            assertThat(Files.isRegularFile(pipe)).isFalse();
        }
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=/dev/null", "--output=/dev/null"))
                .isZero();
        assertThat(Path.of("/dev/null"))
                .satisfies(device -> assertThat(Files.isRegularFile(device)).isFalse());
        assertThat(Path.of("/dev/null_1")).doesNotExist();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aDescriptorIsWrittenToOnlyIfItIsOpenForThat() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9", "bad");
        Path file = Files.writeString(folder.resolve("file"), "kept\n");
        Path link = folder.resolve("link");
        for (String option : List.of("--rejects=", "--output=")) {
            try (InputStream in = new FileInputStream(file.toFile())) {
                // The JDK's classes and the program's jar are open like this, under numbers that look free.
                Path descriptor = descriptorOf(file);
                Files.createSymbolicLink(link, descriptor);
                for (Path name : List.of(descriptor, link)) {
                    assertThat(aggregate("--granularity=1d", "--dimensions=", option + name))
                            .isEqualTo(1);
                    assertThat(err).isEqualTo("aggregate: " + name + " is not open for writing\n");
                }
                assertThat(in.readAllBytes()).asString().isEqualTo("kept\n");
            }
            Files.delete(link);
            assertThat(aggregate("--granularity=1d", "--dimensions=", option + "/proc/self/fd/1000000"))
                    .isEqualTo(1);
            assertThat(err).isEqualTo("aggregate: /proc/self/fd/1000000 does not exist\n");
        }
        try (FileOutputStream given = new FileOutputStream(file.toFile(), true)) {
            assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + descriptorOf(file)))
                    .isZero();
            given.write('\n');
        }
        assertThat(Files.readString(file)).isEqualTo("kept\nbad\n\n");
        Path log = logs.resolve("2025-01-01.log.csv");
        try (FileOutputStream given = new FileOutputStream(log.toFile(), true)) {
            assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + descriptorOf(log)))
                    .isEqualTo(2);
            given.flush();
        }
    }

    private static Path descriptorOf(Path file) throws IOException {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(descriptor -> {
                        try {
                            return Files.isSameFile(descriptor, file);
                        } catch (IOException e) {
                            return false;
                        }
                    })
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void noResultInTheFolderOfSharedMemoryIsWrittenOver() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9");
        Path memory = Path.of("/dev/shm");
        assumeThat(memory).isWritable();
        Path taken = Files.createTempFile(memory, "aggregate", ".csv");
        Path free = Path.of(taken.toString().replace(".csv", "_1.csv"));
        try {
            assertThat(aggregate("--granularity=1d", "--dimensions=", "--output=" + taken))
                    .isZero();
            assertThat(taken).isEmptyFile();
            assertThat(free).isNotEmptyFile();
        } finally {
            Files.deleteIfExists(taken);
            Files.deleteIfExists(free);
        }
    }

    @Test
    void aPipeInALogFilesPlaceIsNotWaitedFor() throws IOException, InterruptedException {
        Path pipe = logs.resolve("2025-01-01.log.csv");
        assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertThat(aggregate("--granularity=1d", "--dimensions=")).isEqualTo(1);
        assertThat(err).isEqualTo("aggregate: " + pipe + " is not a regular file\n");
    }

    @Test
    void withoutMatchingRowsThereIsNoFile() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1d", "--dimensions=user", "--user=nobody"))
                .isZero();
        assertThat(out).contains("No data found matching criteria.");
        assertThat(results).isEmptyDirectory();
    }

    @Test
    void anEmptyFileAndAFolderWithoutFilesHaveNoData() throws IOException {
        assertThat(aggregate("--granularity=1d", "--dimensions=user")).isZero();
        assertThat(out).contains("No data found matching criteria.");
        log("2025-01-01");
        assertThat(aggregate("--granularity=1d", "--dimensions=user")).isZero();
        assertThat(out).contains("No data found matching criteria.");
        assertThat(err)
                .isEqualTo("aggregate: there is no log file in " + logs + " for 2 days: 2025-01-02 to 2025-01-03\n");
    }

    @Test
    void everyMeasureThereIs() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 00:00:00,u,a,1,-2,0,0,0,0,0,0,0",
                "2025-01-01 00:00:00,u,a,2,-3,0,0,0,0,0,0,0",
                "2025-01-01 00:00:00,u,a,2,5,0,0,0,0,0,0,0");
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--aggregates=sum,count,min,max,mean"))
                .isZero();
        assertThat(result("result.csv"))
                .startsWith(
                        "timestamp,metric_1_sum,metric_1_count,metric_1_min,metric_1_max,metric_1_mean,metric_2_sum,")
                .contains("\n2025-01-01 00:00:00,5,3,1,2,1.666667,0,3,-3,5,0,0,3,0,0,0,");
    }

    @Test
    void jsonIsAnArrayOfObjects() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 00:00:00,\"say \"\"hi\"\"\",a\\b,1,2,3,4,5,6,7,8,9",
                "2025-01-01 01:00:00,ü,\t,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1h", "--dimensions=user,app", "--format=json"))
                .isZero();
        String metrics = "\"metric_1\":1,\"metric_2\":2,\"metric_3\":3,\"metric_4\":4,\"metric_5\":5,"
                + "\"metric_6\":6,\"metric_7\":7,\"metric_8\":8,\"metric_9\":9}";
        assertThat(result("result.json"))
                .isEqualTo("[\n{\"timestamp\":\"2025-01-01 00:00:00\",\"user\":\"say \\\"hi\\\"\",\"app\":\"a\\\\b\","
                        + metrics + ",\n{\"timestamp\":\"2025-01-01 01:00:00\",\"user\":\"ü\",\"app\":\"\\u0009\","
                        + metrics + "\n]\n");
    }

    @Test
    void aTableHasItsColumnsUnderEachOther() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 00:00:00,\"\"\"x\"\"\",a,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:00:00,somebody,a,100000000,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1d", "--dimensions=user", "--format=table"))
                .isZero();
        assertThat(result("result.txt")
                        .lines()
                        .map(line -> line.substring(0, 40).strip()))
                .containsExactly(
                        "timestamp            user       metric_1",
                        "2025-01-01 00:00:00  \"x\"               1",
                        "2025-01-01 00:00:00  somebody  100000000");
    }

    @Test
    @SuppressWarnings("StringConcatToTextBlock") // line breaks are part of what is tested
    void rejectedLinesAreCountedShownAndKept() throws IOException {
        Files.write(
                logs.resolve("2025-01-01.log.csv"),
                ("timestamp,user,app,metric_1\r\n"
                                + "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\r\n"
                                + "2025-02-30 00:00:00,u,a,1,2,3,4,5,6,7,8,9\r\n"
                                + "2025-01-01 00:00:00,\u00C3\u00BC,a,1,2,drei,4,5,6,7,8,9\r\n"
                                + "too,few\n"
                                + "2025-01-01 00:00:00,u\u00FF,a,1,2,3,4,5,6,7,8,9\n"
                                + "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n"
                                + "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,99999999999999999999\n"
                                + "2025-01-01 00:00:00,u,a,\"1,2,3,4,5,6,7,8,9")
                        .getBytes(StandardCharsets.ISO_8859_1));
        Path kept = folder.resolve("rejects.csv");
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--rejects=" + kept))
                .isZero();
        String file = "  " + logs.resolve("2025-01-01.log.csv") + ", line ";
        assertThat(err.lines().skip(1))
                .containsExactly(
                        "aggregate: warning: 6 lines are not log rows and were rejected, see " + kept + ":",
                        file
                                + "3, column 1: found \"2025-02-30 00:00:00\", expected a date and time as YYYY-MM-DD HH:MM:SS",
                        file + "4, column 29: found \"drei\", expected a whole number",
                        file + "5, column 1: found 2 fields, expected at least 12 fields",
                        file + "6, column 22: found byte 0xFF, expected valid UTF-8",
                        file
                                + "8, column 41: found \"99999999999999999999\", expected a whole number of at most 64 bits",
                        "  and 1 more");
        assertThat(Files.readString(kept, StandardCharsets.ISO_8859_1))
                .isEqualTo("2025-02-30 00:00:00,u,a,1,2,3,4,5,6,7,8,9\r\n"
                        + "2025-01-01 00:00:00,\u00C3\u00BC,a,1,2,drei,4,5,6,7,8,9\r\n"
                        + "too,few\n"
                        + "2025-01-01 00:00:00,u\u00FF,a,1,2,3,4,5,6,7,8,9\n"
                        + "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,99999999999999999999\n"
                        + "2025-01-01 00:00:00,u,a,\"1,2,3,4,5,6,7,8,9\n");
        assertThat(result("result.csv")).endsWith("\n2025-01-01 00:00:00,2,4,6,8,10,12,14,16,18\n");
    }

    @Test
    void aFaultMayStandBehindTheNextRejectedLine() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,\"a", "bad", "ü\"x,1,2,3,4,5,6,7,8,9");
        assertThat(aggregate("--granularity=1d", "--dimensions=")).isZero();
        String file = "  " + logs.resolve("2025-01-01.log.csv") + ", line ";
        assertThat(err.lines().skip(2))
                .containsExactly(
                        file
                                + "3, column 3: found \"x\", expected a comma or the end of the line after a closing quote",
                        file + "2, column 1: found 1 field, expected at least 12 fields",
                        file + "3, column 1: found 10 fields, expected at least 12 fields");
    }

    @Test
    void aStrictRunEndsAtTheFirstRejectedLineWithoutAResult() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9");
        log("2025-01-02", "2025-01-02 00:00:00,u,a,1,2,3,4,5,6,7,8,9", "bad");
        log("2025-01-03", "worse");
        for (int threads = 1; threads <= 3; threads++) {
            assertThat(aggregate("--granularity=1d", "--dimensions=", "--strict", "--threads=" + threads))
                    .isEqualTo(1);
            assertThat(err)
                    .isEqualTo("aggregate: stopped at a line that is not a log row (--strict): "
                            + logs.resolve("2025-01-02.log.csv")
                            + ", line 2, column 1: found 1 field, expected at least 12 fields\n");
            assertThat(results).isEmptyDirectory();
        }
    }

    @Test
    void theReportAsJsonIsAloneOnStandardOutput() throws IOException {
        log(
                "2025-01-01",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:00:00,v,a,1,2,3,4,5,6,7,8,9",
                "bad");
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--user=u", "--report=json"))
                .isZero();
        assertThat(out)
                .startsWith("{\"files\":1,\"read\":3,\"aggregated\":1,\"filtered_out\":1,\"rejected\":1,\"groups\":1,"
                        + "\"result\":\"" + results.resolve("result.csv") + "\",\"milliseconds\":")
                .endsWith("}\n");
        assertThat(err).contains("Results saved to: ");
    }

    @Test
    void quietLeavesOutTheReportAndKeepsTheWarning() throws IOException {
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9", "bad");
        assertThat(aggregate("--granularity=1d", "--dimensions=", "--quiet")).isZero();
        assertThat(out).isEqualTo("Results saved to: " + results.resolve("result.csv") + "\n");
        assertThat(err).contains("1 line is not a log row and was rejected");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--granularity=1w",
                "--granularity=0m",
                "--granularity=-1m",
                "--granularity=1.5h",
                "--granularity=m",
                "--granularity=99999999999999999999s",
                "--granularity=1m --dimensions=user,metric",
                "--granularity=1m --threads=0",
                "--granularity=1m --threads=x",
                "--granularity=1m --aggregates=median",
                "--granularity=10000000d --from_datetime=1969-12-31",
                "--granularity=1m --t=1",
                "--granularity=1m --format=xml",
                "--granularity=1m --from_datetime=2025-02-30",
                "--granularity=1m --from_datetime=2025-01-01T",
                "--granularity=1m --from_datetime=2025-01-04",
                "--granularity=1m --report=xml",
                "--granularity=1m --strict=maybe",
                "--granularity=1m --nonsense",
            })
    void usageErrorsExitWith2AndOneLineSaysWhy(String options) {
        List<String> all = new ArrayList<>(List.of(options.split(" ")));
        addUnlessThere(all, "--dimensions=user");
        addUnlessThere(all, "--from_datetime=2025-01-01");
        addUnlessThere(all, "--to_datetime=2025-01-03");
        assertThat(run(all.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.lines().findFirst().orElseThrow()).isNotBlank();
        assertThat(err).doesNotContain("Exception").doesNotContain("\tat ");
    }

    @Test
    void aMissingFolderAnUnreadableFileAndAFolderInAFilesPlaceFailInOneLine() throws IOException {
        logs = folder.resolve("nowhere");
        assertThat(aggregate("--granularity=1d", "--dimensions=")).isEqualTo(1);
        assertThat(err).isEqualTo("aggregate: " + logs + " does not exist\n");

        logs = folder.resolve("logs");
        Path file = Files.createDirectory(logs.resolve("2025-01-01.log.csv"));
        assertThat(aggregate("--granularity=1d", "--dimensions=")).isEqualTo(1);
        assertThat(err.lines()).last().asString().isEqualTo("aggregate: " + file + " is not a regular file");
        assertThat(results).doesNotExist();

        Files.delete(file);
        log("2025-01-01", "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9");
        assumeThat(file.toFile().setReadable(false) && !file.toFile().canRead())
                .as("file permissions bind this user")
                .isTrue();
        assertThat(aggregate("--granularity=1d", "--dimensions=")).isEqualTo(1);
        assertThat(err.lines()).last().asString().contains(file.toString());
    }

    @Test
    void periodsMayBeAnyWholeNumberOfUnits() {
        assertThat(List.of("1s", "45s", "30m", "7h", "1d", "1day", "10day").stream()
                        .map(Query::parseGranularity))
                .containsExactly(1L, 45L, 1800L, 25200L, 86400L, 86400L, 864000L);
    }

    private static void addUnlessThere(List<String> options, String option) {
        String name = option.substring(0, option.indexOf('=') + 1);
        if (options.stream().noneMatch(other -> other.startsWith(name))) {
            options.add(option);
        }
    }

    private void log(String day, String... rows) throws IOException {
        Files.writeString(logs.resolve(day + LogFile.SUFFIX), rows.length == 0 ? "" : String.join("\n", rows) + "\n");
    }

    private int aggregate(String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("--from_datetime=2025-01-01");
        all.add("--to_datetime=2025-01-04");
        return run(all.toArray(String[]::new));
    }

    private int run(String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add(0, "aggregate");
        all.add("--input-dir=" + logs);
        all.add("--results_dir=" + results);
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        int exitCode = Main.command()
                .setOut(new PrintWriter(outText))
                .setErr(new PrintWriter(errText))
                .execute(all.toArray(String[]::new));
        out = outText.toString();
        err = errText.toString();
        return exitCode;
    }

    private String saved() {
        String line = out.lines()
                .filter(any -> any.startsWith("Results saved to: "))
                .findFirst()
                .orElseThrow();
        return Path.of(line.substring("Results saved to: ".length()))
                .getFileName()
                .toString();
    }

    private String result(String name) throws IOException {
        return Files.readString(results.resolve(name));
    }
}
