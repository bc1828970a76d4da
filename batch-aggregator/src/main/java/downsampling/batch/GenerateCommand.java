package downsampling.batch;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The subcommand {@code generate}: it writes one log file per day, several days at a time. A file appears under its
 * name only when it is complete, however the run ends.
 */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = {
            "Writes one log file per day, YYYY-MM-DD.log.csv, sorted by user:",
            "timestamp,user,app,metric_1,...,metric_9; no header, CRLF line ends.",
            "If one of the files exists, nothing is written unless --force is given. Beside each file",
            "its index is written, .YYYY-MM-DD.log.csv.index, for aggregate --index."
        },
        footer = {
            "An option that is missing or empty takes its value from an environment variable:",
            "BATCH_AGGREGATOR_OUTPUT_DIR for --output-dir, and so on. If an option is given",
            "twice, the last one counts. A name may be shortened as long as it is unique.",
            "Exit codes: 0 done; 1 failed; 2 usage error."
        },
        sortOptions = false,
        defaultValueProvider = GenerateCommand.FromEnvironment.class)
final class GenerateCommand implements Callable<Integer> {

    private static final LocalDate LAST_DATE = LocalDate.of(9999, 12, 31);

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "90",
            description = "number of days; each has one file (default: ${DEFAULT-VALUE})")
    private int days;

    @Option(
            names = {"--logs-per-day", "--logs_per_day"},
            paramLabel = "N",
            defaultValue = "50000",
            description = "number of rows in each file (default: ${DEFAULT-VALUE})")
    private int logsPerDay;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "4",
            description = "number of days written at a time, 1 to 1024 (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(
            names = {"--batch-size", "--batch_size"},
            paramLabel = "N",
            defaultValue = "10000",
            description =
                    "number of rows that a thread makes in memory before it writes them, about 100 bytes each, 1 to"
                            + " 1000000"
                            + " (default: ${DEFAULT-VALUE})")
    private int batchSize;

    @Option(
            names = {"--start-date", "--start_date"},
            paramLabel = "YYYY-MM-DD",
            defaultValue = "2025-01-01",
            description = "the first day (default: ${DEFAULT-VALUE})")
    private LocalDate startDate;

    @Option(
            names = {"--output-dir", "--output_dir"},
            paramLabel = "DIR",
            defaultValue = "./csv_logs",
            description = "folder for the files; it is created if it is missing (default: ${DEFAULT-VALUE})")
    private Path outputDir;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "99",
            description = "number of users, 1 to 10000000; they are called user1 to userN (default: ${DEFAULT-VALUE})")
    private int users;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "a whole number; the same seed gives the same files byte for byte, whatever the number of"
                    + " threads (default: a different one each time, which the report shows)")
    private @Nullable Long seed;

    @Option(names = "--force", description = "replace existing files")
    private boolean force;

    @Option(names = "--quiet", description = "print neither the configuration nor a closing report")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    /** Reads options that have a value from the environment; for switches see {@link #isOn}. */
    static final class FromEnvironment implements IDefaultValueProvider {
        @Override
        public @Nullable String defaultValue(ArgSpec argument) {
            return argument instanceof OptionSpec option && option.arity().max() > 0
                    ? EnvironmentVariables.value(option.longestName().replace('_', '-'), System.getenv())
                    : null;
        }
    }

    private final AtomicInteger written = new AtomicInteger();
    private final AtomicLong makingNanos = new AtomicLong();
    private final AtomicLong writingNanos = new AtomicLong();

    @Override
    public Integer call() {
        checkOptions();
        PrintWriter err = spec.commandLine().getErr();
        String old = EnvironmentVariables.oldNames(
                System.getenv(),
                spec.options().stream().map(OptionSpec::longestName).toArray(String[]::new));
        if (old != null) {
            err.println("generate: " + old);
            err.flush();
        }
        try {
            refuseToOverwrite();
            run();
            return 0;
        } catch (IOException e) {
            err.println("generate: " + Failure.describe(e));
            err.flush();
            return 1;
        }
    }

    private void checkOptions() {
        force |= isOn("--force");
        quiet |= isOn("--quiet");
        checkRange("--days", days, 1, Integer.MAX_VALUE);
        checkRange("--logs-per-day", logsPerDay, 1, Integer.MAX_VALUE);
        checkRange("--threads", threads, 1, 1024);
        checkRange("--batch-size", batchSize, 1, 1_000_000);
        checkRange("--users", users, 1, 10_000_000);
        if (startDate.getYear() < 1 || startDate.plusDays(days - 1L).isAfter(LAST_DATE)) {
            throw usage("--start-date=" + startDate + " with --days=" + days + ": expected days from 0001-01-01 to "
                    + LAST_DATE);
        }
    }

    private boolean isOn(String option) {
        String value = EnvironmentVariables.value(option, System.getenv());
        if (value == null || value.equals("false")) {
            return false;
        }
        if (!value.equals("true")) {
            throw usage(EnvironmentVariables.nameOf(option) + "=" + value + ": expected true or false");
        }
        return true;
    }

    private void checkRange(String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw usage(option + "=" + value + ": expected a whole number from " + min + " to " + max);
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private void refuseToOverwrite() throws IOException {
        if (force) {
            return;
        }
        List<Path> there = dates().map(this::file)
                .filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                .toList();
        if (!there.isEmpty()) {
            throw new IOException(there.size() + " of " + days + (there.size() == 1 ? " files exists" : " files exist")
                    + " already, beginning with " + there.get(0) + "; nothing was written (--force replaces them)");
        }
    }

    private void run() throws IOException {
        long start = System.nanoTime();
        long usedSeed = seed != null ? seed : new SplittableRandom().nextLong();
        if (!Files.isDirectory(outputDir)) {
            Files.createDirectories(outputDir);
        }
        if (!quiet) {
            configuration(usedSeed);
        }
        LogGenerator generator = new LogGenerator(logsPerDay, users, batchSize, usedSeed);
        try (Workspace workspace = Workspace.in(outputDir.toFile());
                @Nullable ProgressBar progress = progressBar()) {
            writeAll(generator, workspace, progress);
        }
        if (!quiet) {
            report(usedSeed, System.nanoTime() - start);
        }
    }

    private void writeAll(LogGenerator generator, Workspace workspace, @Nullable ProgressBar progress)
            throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, days));
        // After Ctrl-C the JVM waits for this hook, so every thread has removed its unfinished file before the end.
        Thread onShutdown = new Thread(() -> stop(pool));
        Runtime.getRuntime().addShutdownHook(onShutdown);
        try {
            CompletionService<Void> files = new ExecutorCompletionService<>(pool);
            dates().forEach(date -> files.submit(() -> writeFile(generator, date, workspace, progress)));
            for (int day = 0; day < days; day++) {
                files.take().get();
            }
        } catch (ExecutionException | InterruptedException e) {
            stop(pool);
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            throw new IOException(
                    Failure.describe(cause) + "; " + written + " of " + days + " files were written", cause);
        } finally {
            stop(pool);
            removeShutdownHook(onShutdown);
        }
    }

    /** Interrupts the threads, which closes their unfinished files, and waits until they have removed these. */
    private static void stop(ExecutorService pool) {
        pool.shutdownNow();
        try {
            pool.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeShutdownHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is shutting down, and the hook is running.
        }
    }

    private Void writeFile(LogGenerator generator, LocalDate date, Workspace workspace, @Nullable ProgressBar progress)
            throws IOException {
        Path file = file(date);
        // The unfinished file does not lie among the log files, where an aggregation could read half of it.
        Path unfinished = workspace.file(file.getFileName().toString()).toPath();
        UserIndex.Writer index = new UserIndex.Writer();
        try {
            try (OutputStream out = Files.newOutputStream(unfinished, StandardOpenOption.CREATE_NEW)) {
                generator.write(date, out, index, (rows, making, writing) -> {
                    makingNanos.addAndGet(making);
                    writingNanos.addAndGet(writing);
                    if (progress != null) {
                        progress.stepBy(rows);
                    }
                });
            } catch (IOException e) {
                throw Failure.withFile(file.toString(), e);
            }
            if (force) {
                // A symbolic link stays a link; the file that it leads to is replaced.
                Files.move(unfinished, Destination.follow(file), StandardCopyOption.REPLACE_EXISTING);
            } else {
                // Unlike a replacing move, this fails if the file has appeared since the start.
                Files.move(unfinished, file);
            }
            written.incrementAndGet();
            long start = System.nanoTime();
            index.save(file.toFile(), logsPerDay, workspace);
            writingNanos.addAndGet(System.nanoTime() - start);
        } finally {
            Files.deleteIfExists(unfinished);
        }
        return null;
    }

    /** The progress bar; null if standard error is not a terminal. */
    private @Nullable ProgressBar progressBar() {
        if (!stderrIsTerminal()) {
            return null;
        }
        return new ProgressBarBuilder()
                .setTaskName("generate")
                .setInitialMax((long) days * logsPerDay)
                .setUnit(" rows", 1)
                .build();
    }

    /** Whether standard error is a terminal; without {@code /proc} it is a guess, which JDK 22 and newer get wrong. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean stderrIsTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null;
        }
    }

    private void configuration(long usedSeed) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("Days: " + days + " from " + startDate + " on | Logs per day: " + RunReport.grouped(logsPerDay)
                + " | Logs: " + RunReport.grouped((long) days * logsPerDay));
        out.println("Users: " + RunReport.grouped(users) + " | Seed: " + usedSeed + " | Threads: " + threads
                + " | Batch size: " + RunReport.grouped(batchSize));
        out.println("Output directory: " + outputDir);
        out.println();
        out.flush();
    }

    private void report(long usedSeed, long nanos) {
        long rows = (long) days * logsPerDay;
        Map<String, String> results = new LinkedHashMap<>();
        results.put("files", String.valueOf(days));
        results.put("logs", RunReport.grouped(rows));
        results.put("output directory", outputDir.toString());
        results.put("seed", String.valueOf(usedSeed));
        PrintWriter out = spec.commandLine().getOut();
        out.print(RunReport.of(
                "Generated",
                results,
                List.of(
                        new RunReport.Phase("making (threads)", makingNanos.get(), rows, days),
                        new RunReport.Phase("writing (threads)", writingNanos.get(), rows, days),
                        new RunReport.Phase("TOTAL", nanos, rows, days)),
                null));
        out.flush();
    }

    private Stream<LocalDate> dates() {
        return startDate.datesUntil(startDate.plusDays(days));
    }

    private Path file(LocalDate date) {
        return outputDir.resolve(date + ".log.csv");
    }
}
