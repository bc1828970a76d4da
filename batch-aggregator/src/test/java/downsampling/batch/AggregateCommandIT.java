package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts the jar as users do, in a process of its own. */
class AggregateCommandIT {

    private static final Path JAR = Path.of("target", "batch-aggregator.jar");

    @TempDir
    Path folder;

    @Test
    void generatesAndAggregatesWithTheSameResultForAnyNumberOfThreads() throws Exception {
        assertThat(run("generate", "--days=5", "--logs-per-day=2000", "--seed=1", "--output-dir=" + folder))
                .isZero();
        List<String> results = new ArrayList<>();
        for (int threads : new int[] {1, 2, 7}) {
            assertThat(aggregate("--threads=" + threads, "--output=-", "--granularity=30m", "--dimensions=user,app"))
                    .isZero();
            results.add(Files.readString(folder.resolve("out")));
        }
        assertThat(results.get(0)).startsWith("timestamp,user,app,metric_1,");
        assertThat(results).allMatch(results.get(0)::equals);
        // Standard output has the result and nothing else; the report went to standard error.
        assertThat(results.get(0).lines()).allMatch(line -> line.split(",").length == 12);
        assertThat(Files.readString(folder.resolve("err"))).contains("rows read");
    }

    @Test
    void aMillionUsersFitInto64Megabytes() throws Exception {
        assertThat(run(
                        "generate",
                        "--days=2",
                        "--logs-per-day=500000",
                        "--users=1000000",
                        "--seed=1",
                        "--output-dir=" + folder))
                .isZero();
        assertThat(aggregate("--granularity=1day", "--dimensions=user", "--output=days.csv"))
                .isZero();
        assertThat(aggregate("--granularity=100day", "--dimensions=user", "--output=all.csv"))
                .isZero();
        assertThat(metric1(folder.resolve("results/days.csv"))).isEqualTo(metric1(folder.resolve("results/all.csv")));
        assertThat(names(folder.resolve("results"))).containsExactlyInAnyOrder("days.csv", "all.csv");
    }

    @Test
    void anInterruptedRunLeavesNothingBehind() throws Exception {
        assertThat(run("generate", "--days=3", "--logs-per-day=300000", "--seed=1", "--output-dir=" + folder))
                .isZero();
        Process process = start(command("--granularity=1s", "--dimensions=user,app", "--threads=1"));
        Path results = folder.resolve("results");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (names(results).isEmpty() && process.isAlive() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        // This sends SIGTERM; the JVM treats SIGINT the same way.
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isIn(143, 0);
        // If the run had already finished, the complete result is there.
        assertThat(names(results)).allMatch(name -> process.exitValue() == 0 && name.equals("result.csv"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "--version",
                "aggregate --help",
                "aggregate --granularity=1d --dimensions=",
                "aggregate --granularity=1d --dimensions= --report=json",
                "aggregate --granularity=1d --dimensions= --output=-",
                "aggregate --granularity=1d --dimensions= --format=table --output=-",
                "aggregate --granularity=1d --dimensions= --output=/dev/full",
                "aggregate --granularity=1d --dimensions= --rejects=/dev/full",
                "generate --days=1 --logs-per-day=1 --start-date=2030-01-01",
            })
    @EnabledOnOs(OS.LINUX)
    void whatCannotBeWrittenIsAFailureAndALine(String line) throws Exception {
        Files.writeString(folder.resolve("2025-01-01.log.csv"), "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\nbad\n");
        List<String> arguments = new ArrayList<>(List.of(line.split(" ")));
        if (line.contains("=")) {
            arguments.addAll(List.of("--" + (line.startsWith("g") ? "output" : "input") + "-dir=" + folder));
        }
        if (line.contains("granularity")) {
            arguments.addAll(List.of("--from-datetime=2025-01-01", "--to-datetime=2025-01-02"));
            arguments.add("--results-dir=" + folder.resolve("results"));
        }
        ProcessBuilder builder = builder(arguments.toArray(String[]::new));
        assertThat(builder.redirectOutput(Path.of("/dev/full").toFile()).start().waitFor())
                .isEqualTo(1);
        assertThat(err().lines().filter(said -> said.contains("No space left on device")))
                .as(this::err)
                .hasSize(1);
        assertThat(err()).doesNotContain("Exception");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatTheLocaleHasNoCharactersForIsRefusedAndReadInUtf8() throws Exception {
        Files.writeString(
                folder.resolve("2025-01-01.log.csv"),
                "2025-01-01 00:00:00,zoë,a,1,2,3,4,5,6,7,8,9\n2025-01-01 00:00:00,b?b,a,1,2,3,4,5,6,7,8,9\n");
        for (String option : List.of("--user=zo\u00EB,b?b", "--output=zo\u00EB.csv", "--rejects=zo\u00EB")) {
            assertThat(inLocale("C", option)).isEqualTo(2);
            assertThat(err()).contains("LC_ALL=C.UTF-8").hasLineCount(1);
        }
        assertThat(names(folder.resolve("results"))).isEmpty();
        assertThat(inLocale("C", "--user=b?b")).as(this::err).isZero();
        assertThat(inLocale("C.UTF-8", "--user=zo\u00EB,b?b", "--output=zo\u00EB.csv"))
                .isZero();
        assertThat(Files.readAllLines(folder.resolve("results/zo\u00EB.csv"))).hasSize(3);
    }

    /** Starts the jar through a shell, which passes the bytes of the arguments on as they are. */
    private int inLocale(String locale, String... options) throws Exception {
        List<String> words = new ArrayList<>(
                builder(command("--granularity=1d", "--dimensions=user")).command());
        words.addAll(List.of(options));
        Path script = folder.resolve("script");
        Files.writeString(script, "exec '" + String.join("' '", words) + "'\n");
        ProcessBuilder shell = new ProcessBuilder("sh", script.toString());
        shell.environment().put("LC_ALL", locale);
        return shell.redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start()
                .waitFor();
    }

    @Test
    void theNextRunTidiesUpAfterOneThatWasKilled() throws Exception {
        assertThat(run("generate", "--days=3", "--logs-per-day=300000", "--seed=1", "--output-dir=" + folder))
                .isZero();
        Path results = folder.resolve("results");
        Process process = start(command("--granularity=1s", "--dimensions=user,app", "--threads=1"));
        // A folder without a lock in it may just be being made, and would stay for a minute.
        while (names(results).stream()
                        .noneMatch(name -> Files.exists(results.resolve(name).resolve("lock")))
                && process.isAlive()) {
            Thread.onSpinWait();
        }
        process.destroyForcibly().waitFor();
        assertThat(aggregate("--granularity=1d", "--dimensions=")).isZero();
        assertThat(names(results)).allMatch(name -> name.endsWith(".csv"));
    }

    private String err() {
        try {
            return Files.readString(folder.resolve("err"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static List<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static long metric1(Path csv) throws IOException {
        try (var lines = Files.lines(csv)) {
            return lines.skip(1)
                    .mapToLong(line -> Long.parseLong(line.split(",")[2]))
                    .sum();
        }
    }

    private String[] command(String... options) {
        List<String> command = new ArrayList<>();
        command.add("aggregate");
        command.add("--from-datetime=2025-01-01");
        command.add("--to-datetime=" + LocalDate.of(2025, 1, 11));
        command.add("--input-dir=" + folder);
        command.add("--results-dir=" + folder.resolve("results"));
        command.addAll(List.of(options));
        return command.toArray(String[]::new);
    }

    private int aggregate(String... options) throws Exception {
        return run(command(options));
    }

    private int run(String... arguments) throws Exception {
        return start(arguments).waitFor();
    }

    private Process start(String... arguments) throws IOException {
        return builder(arguments).start();
    }

    private ProcessBuilder builder(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx64m");
        command.add("-jar");
        command.add(JAR.toString());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
    }
}
