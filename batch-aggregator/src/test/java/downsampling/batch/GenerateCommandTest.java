package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class GenerateCommandTest {

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    // The files

    @Test
    void writesOneFilePerDayFromTheStartDateOn() throws IOException {
        assertThat(generate("--days=3", "--logs-per-day=10", "--start-date=2024-02-28"))
                .isZero();

        assertThat(filesIn(folder)).containsExactly("2024-02-28.log.csv", "2024-02-29.log.csv", "2024-03-01.log.csv");
        assertThat(rows("2024-02-29"))
                .hasSize(10)
                .allSatisfy(row -> assertThat(row).startsWith("2024-02-29 "));
    }

    @Test
    void writesTheLastDayThereIs() {
        assertThat(generate("--days=1", "--logs-per-day=1", "--start-date=9999-12-31"))
                .isZero();

        assertThat(filesIn(folder)).containsExactly("9999-12-31.log.csv");
    }

    @Test
    void endsEveryRowWithCrLfAndWritesNoHeader() throws IOException {
        generate("--days=1", "--logs-per-day=2000");

        String text = Files.readString(folder.resolve("2025-01-01.log.csv"));
        String app = "(facebook|twitter|youtube|instagram|tiktok|whatsapp|telegram|snapchat)";
        assertThat(text.split("(?<=\n)"))
                .hasSize(2000)
                .allMatch(row -> row.matches(
                        "2025-01-01 \\d\\d:\\d\\d:\\d\\d,user[1-9]\\d?," + app + "(,[1-9]\\d{0,3}){9}\r\n"));
    }

    /** Covers one block and many, and blocks that end with a batch, inside one, and many batches later. */
    @ParameterizedTest
    @CsvSource({"1, 99, 10000", "3000, 99, 10000", "20000, 99, 7", "20000, 5000, 300", "20000, 1, 1000"})
    void makesTheIndexThatIsMadeFromTheFile(int logs, int users, int batch) throws IOException {
        generate("--days=1", "--logs-per-day=" + logs, "--users=" + users, "--batch-size=" + batch);

        Path log = folder.resolve("2025-01-01.log.csv");
        Path index = UserIndex.sidecar(log.toFile()).toPath();
        byte[] made = Files.readAllBytes(index);
        try (Workspace workspace = Workspace.in(folder.toFile())) {
            UserIndex.make(log.toFile(), workspace);
        }
        assertThat(made).isEqualTo(Files.readAllBytes(index));
    }

    @Test
    void takesUnderscoresForHyphens() throws IOException {
        int exitCode = commandLine()
                .execute(
                        "--days=1",
                        "--logs_per_day=7",
                        "--batch_size=3",
                        "--start_date=2025-06-01",
                        "--output_dir=" + folder.resolve("made/for/it"));

        assertThat(exitCode).isZero();
        assertThat(Files.readAllLines(folder.resolve("made/for/it/2025-06-01.log.csv")))
                .hasSize(7);
    }

    @ParameterizedTest
    @CsvSource({"1, 20", "9, 500", "10, 500", "11, 500", "99, 5000", "100, 5000", "1234, 20000", "10000000, 3000"})
    void sortsRowsByUserInCodePointOrder(int users, int rows) throws IOException {
        generate("--days=1", "--seed=5", "--users=" + users, "--logs-per-day=" + rows);

        List<String> names =
                rows("2025-01-01").stream().map(row -> row.split(",")[1]).toList();
        assertThat(names)
                .hasSize(rows)
                .isSorted()
                .allSatisfy(name -> assertThat(Integer.parseInt(name.substring("user".length())))
                        .isBetween(1, users));
    }

    @Test
    void drawsUsersAppsTimesAndMetricsUniformly() throws IOException {
        generate("--days=1", "--seed=11", "--logs-per-day=100000");

        Map<String, Long> users = new TreeMap<>();
        Map<String, Long> apps = new TreeMap<>();
        Map<Integer, Long> hours = new TreeMap<>();
        Map<Integer, Long> metrics = new TreeMap<>();
        for (String row : rows("2025-01-01")) {
            String[] fields = row.split(",");
            hours.merge(LocalTime.parse(fields[0].substring(11)).getHour(), 1L, Long::sum);
            users.merge(fields[1], 1L, Long::sum);
            apps.merge(fields[2], 1L, Long::sum);
            for (int metric = 3; metric < 12; metric++) {
                metrics.merge(Integer.parseInt(fields[metric]), 1L, Long::sum);
            }
        }
        assertUniform(users, 99);
        assertUniform(apps, 8);
        assertUniform(hours, 24);
        assertUniform(metrics, 1000);
        assertThat(metrics).containsKeys(1, 1000).doesNotContainKeys(0, 1001);
    }

    /** Allows Pearson's chi-squared five standard deviations on either side of its mean, {@code kinds - 1}. */
    private static void assertUniform(Map<?, Long> counts, int kinds) {
        double total = counts.values().stream().mapToLong(count -> count).sum();
        double expected = total / kinds;
        double chiSquared = counts.values().stream()
                .mapToDouble(count -> (count - expected) * (count - expected) / expected)
                .sum();
        assertThat(counts).hasSize(kinds);
        assertThat(Math.abs(chiSquared - (kinds - 1))).isLessThan(5 * Math.sqrt(2.0 * (kinds - 1)));
    }

    @Test
    void leavesAUsersRowsInNoOrderOfTime() throws IOException {
        generate("--days=1", "--users=1", "--logs-per-day=1000");

        List<String> times =
                rows("2025-01-01").stream().map(row -> row.substring(0, 19)).toList();
        assertThat(times).isNotEqualTo(times.stream().sorted().toList());
    }

    // The seed

    @Test
    void writesTheSameBytesForTheSameSeedWhateverTheThreadsAndBatches() throws IOException {
        generateInto("one", "--seed=42", "--threads=1", "--batch-size=10000");
        generateInto("many", "--seed=42", "--threads=7", "--batch-size=13");

        for (String file : filesIn(folder.resolve("one"))) {
            assertThat(folder.resolve("many").resolve(file))
                    .hasSameBinaryContentAs(folder.resolve("one").resolve(file));
        }
        assertThat(filesIn(folder.resolve("many"))).hasSize(9).isEqualTo(filesIn(folder.resolve("one")));
    }

    @Test
    void writesTheSameDayWhereverTheRunStarts() throws IOException {
        generateInto("from1st", "--seed=42");
        generateInto("from3rd", "--seed=42", "--start-date=2025-01-03");

        assertThat(folder.resolve("from3rd/2025-01-03.log.csv"))
                .hasSameBinaryContentAs(folder.resolve("from1st/2025-01-03.log.csv"));
    }

    @Test
    void writesOtherRowsForEachSeedAndEachDay() throws IOException {
        Set<String> contents = new LinkedHashSet<>();
        for (String seed : List.of("0", "1", "2", "-1")) {
            generateInto(seed, "--seed=" + seed);
            for (String file : filesIn(folder.resolve(seed))) {
                contents.add(Files.readAllLines(folder.resolve(seed).resolve(file)).stream()
                        .map(row -> row.substring("2025-01-01".length()))
                        .collect(Collectors.joining()));
            }
        }
        assertThat(contents).hasSize(4 * 9);
    }

    @Test
    void drawsAnotherSeedEachTimeAndSaysWhich() throws IOException {
        generateInto("a");
        generateInto("b");
        generateInto(
                "c", "--seed=" + seedIn(out.toString().substring(out.toString().lastIndexOf("Generated"))));

        assertThat(folder.resolve("b/2025-01-01.log.csv"))
                .hasSameBinaryContentAs(folder.resolve("c/2025-01-01.log.csv"));
        assertThat(Files.mismatch(folder.resolve("a/2025-01-01.log.csv"), folder.resolve("b/2025-01-01.log.csv")))
                .isNotNegative();
    }

    private void generateInto(String name, String... options) {
        List<String> all =
                new ArrayList<>(List.of("--days=9", "--logs-per-day=100", "--output-dir=" + folder.resolve(name)));
        all.addAll(List.of(options));
        assertThat(commandLine().execute(all.toArray(String[]::new))).isZero();
    }

    private static String seedIn(String report) {
        return report.lines()
                .filter(line -> line.strip().startsWith("seed"))
                .findFirst()
                .orElseThrow()
                .strip()
                .split(" +")[1];
    }

    // Existing files

    @Test
    void neverOverwritesAndWritesNothingWhenAFileIsThere() throws IOException {
        Files.writeString(folder.resolve("2025-01-02.log.csv"), "mine");
        Files.writeString(folder.resolve("2025-01-04.log.csv"), "mine too");

        assertThat(generate("--days=5")).isEqualTo(1);

        assertThat(err.toString())
                .isEqualTo("generate: 2 of 5 files exist already, beginning with "
                        + folder.resolve("2025-01-02.log.csv") + "; nothing was written (--force replaces them)"
                        + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
        assertThat(filesIn(folder)).containsExactly("2025-01-02.log.csv", "2025-01-04.log.csv");
        assertThat(folder.resolve("2025-01-02.log.csv")).hasContent("mine");
    }

    @Test
    void replacesFilesWithForceAndLeavesOthersAlone() throws IOException {
        Files.writeString(folder.resolve("2025-01-02.log.csv"), "old");
        Files.writeString(folder.resolve("2025-01-04.log.csv"), "of another month");

        assertThat(generate("--days=3", "--logs-per-day=5", "--force")).isZero();

        assertThat(rows("2025-01-02")).hasSize(5);
        assertThat(folder.resolve("2025-01-04.log.csv")).hasContent("of another month");
        assertThat(filesIn(folder)).hasSize(4);
    }

    // A file is complete or does not exist

    @Test
    void leavesOnlyWholeFilesWhenOneCannotBeWritten() throws IOException {
        // A folder that is not empty cannot be replaced by a file, not even by root.
        Files.createDirectories(folder.resolve("2025-01-03.log.csv/full"));

        assertThat(generate("--days=6", "--logs-per-day=50", "--force", "--threads=2"))
                .isEqualTo(1);

        int whole = filesIn(folder).size() - 1;
        assertThat(err.toString())
                .startsWith("generate: ")
                .contains("2025-01-03.log.csv")
                .contains("; " + whole + " of 6 files were written")
                .hasLineCount(1);
        assertThat(out.toString()).doesNotContain("Generated");
        for (String file : filesIn(folder)) {
            assertThat(file).endsWith(".log.csv");
            if (Files.isRegularFile(folder.resolve(file))) {
                assertThat(Files.readAllLines(folder.resolve(file))).hasSize(50);
            }
        }
    }

    @Test
    void failsInOneLineWhenTheOutputDirectoryCannotBeMade() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(commandLine().execute("--days=1", "--output-dir=" + file.resolve("below")))
                .isEqualTo(1);

        assertThat(err.toString())
                .startsWith("generate: ")
                .contains(file.toString())
                .hasLineCount(1);
    }

    @Test
    void leavesOnlyWholeFilesWhenItIsStopped() throws IOException, InterruptedException {
        Path output = folder.resolve("logs");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StoppedRun.class.getName(),
                        "--days=100000",
                        "--logs-per-day=20000",
                        "--batch-size=100",
                        "--output-dir=" + output)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        try {
            Instant deadline = Instant.now().plus(Duration.ofSeconds(60));
            while (Files.notExists(output.resolve("2025-01-10.log.csv"))) {
                assertThat(Instant.now()).isBefore(deadline);
                assertThat(process.isAlive()).isTrue();
                Thread.onSpinWait();
            }
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).isNotZero();
        assertThat(filesIn(output)).isNotEmpty().allSatisfy(file -> {
            assertThat(file).endsWith(".log.csv").doesNotStartWith(".");
            assertThat(Files.readAllLines(output.resolve(file))).hasSize(20000);
        });
    }

    /** Has the main method of a JVM of its own. */
    static final class StoppedRun {
        public static void main(String... args) {
            System.exit(new LenientCommandLine(new GenerateCommand()).execute(args));
        }
    }

    // Usage

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--days=0",
                "--days=-1",
                "--days=many",
                "--days=2147483648",
                "--logs-per-day=0",
                "--threads=0",
                "--threads=1025",
                "--batch-size=0",
                "--batch-size=1000001",
                "--users=0",
                "--users=10000001",
                "--start-date=2025-02-30",
                "--start-date=01.01.2025",
                "--start-date=9999-12-31",
                "--start-date=0000-12-31",
                "--seed=x"
            })
    void refusesWhatMakesNoSense(String option) {
        assertThat(generate(option)).isEqualTo(2);

        assertThat(err.toString()).contains(option.substring(0, option.indexOf('=')));
        assertThat(filesIn(folder)).isEmpty();
    }

    @Test
    void emptyValuesCountAsNoneTheLastOfARepeatedOptionCountsAndNamesMayBeShortened() throws IOException {
        assertThat(generate("--days=7", "--logs=3", "--da=2", "--users=", "--threads", "", "--start="))
                .isZero();

        assertThat(filesIn(folder)).containsExactly("2025-01-01.log.csv", "2025-01-02.log.csv");
        assertThat(rows("2025-01-01")).hasSize(3);
    }

    @Test
    void aSymbolicLinkStaysOneWhenWhatItLeadsToIsReplaced() throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path log = folder.resolve("2025-01-01.log.csv");
        Files.createSymbolicLink(log, Path.of("elsewhere", "log"));

        assertThat(generate("--days=1", "--logs=3", "--force")).isZero();

        assertThat(log).isSymbolicLink();
        assertThat(Files.readAllLines(elsewhere.resolve("log"))).hasSize(3);
    }

    @Test
    void saysWhatWasFoundAndWhatIsAllowed() {
        generate("--users=0");

        assertThat(err.toString()).startsWith("generate: --users=0: expected a whole number from 1 to 10000000");
    }

    @Test
    void hasTheDefaultsOfTheOriginal() {
        String help = commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);

        assertThat(help.replaceAll("\\s+", " "))
                .contains(
                        "--days=N number of days; each has one file (default: 90)",
                        "rows in each file (default: 50000)",
                        "1 to 1024 (default: 4)",
                        "(default: 10000)",
                        "the first day (default: 2025-01-01)",
                        "(default: ./csv_logs)",
                        "(default: 99)");
    }

    // The report

    @Test
    void reportsFilesLogsAndWhereTheyAre() {
        generate("--days=20", "--logs-per-day=100", "--seed=3");

        assertThat(out.toString().replaceAll(" +", " "))
                .startsWith("Days: 20 from 2025-01-01 on | Logs per day: 100 | Logs: 2,000\n")
                .contains("\n\nGenerated\n files 20\n logs 2,000\n output directory " + folder + "\n seed 3\nPhases")
                .contains("making (threads)", "writing (threads)", "TOTAL", "rows/s", "peak memory", "I/O");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void saysNothingWhenQuiet() {
        generate("--days=1", "--logs-per-day=1", "--quiet");

        assertThat(out.toString() + err).isEmpty();
    }

    private int generate(String... options) {
        List<String> all = new ArrayList<>(List.of("--output-dir=" + folder));
        all.addAll(Arrays.asList(options));
        return commandLine().execute(all.toArray(String[]::new));
    }

    private CommandLine commandLine() {
        return new LenientCommandLine(new GenerateCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
    }

    private List<String> rows(String date) throws IOException {
        return Files.readAllLines(folder.resolve(LocalDate.parse(date) + ".log.csv"));
    }

    private static Set<String> filesIn(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.endsWith(".index"))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
