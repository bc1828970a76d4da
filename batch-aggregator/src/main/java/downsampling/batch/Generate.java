package downsampling.batch;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code generate}: writes one log file per day, several days at a time. A file appears under its name when it is
 * complete and not before, whatever ends the run.
 */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = {
            "Writes one log file per day, YYYY-MM-DD.log.csv, sorted by user:",
            "timestamp,user,app,metric_1,...,metric_9; no header, CRLF line ends.",
            "Files that are there are kept unless --force is given. Beside each file its index is",
            "written, .YYYY-MM-DD.log.csv.index, for aggregate --index."
        },
        sortOptions = false)
final class Generate implements Callable<Integer> {

    private static final LocalDate LAST_DATE = LocalDate.of(9999, 12, 31);

    @Option(
            names = "--days",
            paramLabel = "N",
            defaultValue = "${env:DAYS:-90}",
            description = "days, one file each (default: ${DEFAULT-VALUE})")
    private int days;

    @Option(
            names = {"--logs-per-day", "--logs_per_day"},
            paramLabel = "N",
            defaultValue = "${env:LOGS_PER_DAY:-50000}",
            description = "rows in each file (default: ${DEFAULT-VALUE})")
    private int logsPerDay;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "${env:THREADS:-4}",
            description = "days written at a time, 1 to 1024 (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(
            names = {"--batch-size", "--batch_size"},
            paramLabel = "N",
            defaultValue = "${env:BATCH_SIZE:-10000}",
            description = "rows a thread makes in memory before it writes them, about 100 bytes each, 1 to 1000000"
                    + " (default: ${DEFAULT-VALUE})")
    private int batchSize;

    @Option(
            names = {"--start-date", "--start_date"},
            paramLabel = "YYYY-MM-DD",
            defaultValue = "${env:START_DATE:-2025-01-01}",
            description = "the first day (default: ${DEFAULT-VALUE})")
    private LocalDate startDate;

    @Option(
            names = {"--output-dir", "--output_dir"},
            paramLabel = "DIR",
            defaultValue = "${env:OUTPUT_DIR:-./csv_logs}",
            description = "where the files go, made if missing (default: ${DEFAULT-VALUE})")
    private Path outputDir;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "${env:USERS:-99}",
            description = "users, user1 to userN, 1 to 10000000 (default: ${DEFAULT-VALUE})")
    private int users;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "${env:SEED}",
            description = "a whole number; the same seed gives the same files byte for byte, whatever the number of"
                    + " threads (default: another one each time, shown in the report)")
    private Long seed;

    @Option(names = "--force", description = "replace files that are there")
    private boolean force;

    @Option(names = "--quiet", description = "no report at the end")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    /** Keeps apart what two runs write into one folder. */
    private final String runId = Long.toHexString(new SplittableRandom().nextLong());

    private final AtomicInteger written = new AtomicInteger();
    private final AtomicLong makingNanos = new AtomicLong();
    private final AtomicLong writingNanos = new AtomicLong();

    @Override
    public Integer call() {
        checkOptions();
        try {
            refuseToOverwrite();
            run();
            return 0;
        } catch (IOException e) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("generate: " + describe(e));
            err.flush();
            return 1;
        }
    }

    private void checkOptions() {
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
            throw new IOException(there.get(0) + " is there already, " + there.size() + " of " + days
                    + " files in all; nothing was written (--force replaces them)");
        }
    }

    private void run() throws IOException {
        long start = System.nanoTime();
        long usedSeed = seed != null ? seed : new SplittableRandom().nextLong();
        Files.createDirectories(outputDir);
        LogGenerator generator = new LogGenerator(logsPerDay, users, batchSize, usedSeed);
        try (ProgressBar progress = progressBar()) {
            writeAll(generator, progress);
        }
        if (!quiet) {
            report(usedSeed, System.nanoTime() - start);
        }
    }

    private void writeAll(LogGenerator generator, ProgressBar progress) throws IOException {
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, days));
        // Ctrl-C: the JVM ends when this is done, so each thread has removed its unfinished file by then.
        Thread onShutdown = new Thread(() -> stop(pool));
        Runtime.getRuntime().addShutdownHook(onShutdown);
        try {
            CompletionService<Void> files = new ExecutorCompletionService<>(pool);
            dates().forEach(date -> files.submit(() -> writeFile(generator, date, progress)));
            for (int day = 0; day < days; day++) {
                files.take().get();
            }
        } catch (ExecutionException | InterruptedException e) {
            stop(pool);
            Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
            throw new IOException(describe(cause) + "; " + written + " of " + days + " files were written", cause);
        } finally {
            stop(pool);
            removeShutdownHook(onShutdown);
        }
    }

    /** Interrupts the threads, which closes the files they write, and waits until they have removed them. */
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
            // The JVM is shutting down: the hook is running.
        }
    }

    private Void writeFile(LogGenerator generator, LocalDate date, ProgressBar progress) throws IOException {
        Path file = file(date);
        // Not named *.log.csv, so that an aggregation beside this run does not read half a file.
        Path unfinished = outputDir.resolve("." + file.getFileName() + "." + runId + ".tmp");
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
            }
            if (force) {
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                // Refuses to replace a file that has appeared since the start.
                Files.move(unfinished, file);
            }
            written.incrementAndGet();
            long start = System.nanoTime();
            index.save(file.toFile(), logsPerDay);
            writingNanos.addAndGet(System.nanoTime() - start);
        } finally {
            Files.deleteIfExists(unfinished);
        }
        return null;
    }

    /** None unless a person looks. */
    private ProgressBar progressBar() {
        if (!stderrIsTerminal()) {
            return null;
        }
        return new ProgressBarBuilder()
                .setTaskName("generate")
                .setInitialMax((long) days * logsPerDay)
                .setUnit(" rows", 1)
                .build();
    }

    private static boolean stderrIsTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null;
        }
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
                        new RunReport.Phase("whole run", nanos, rows, days))));
        out.flush();
    }

    private Stream<LocalDate> dates() {
        return startDate.datesUntil(startDate.plusDays(days));
    }

    private Path file(LocalDate date) {
        return outputDir.resolve(date + ".log.csv");
    }

    /** In one line; many of the JDK's file exceptions have no message but the path. */
    private static String describe(Throwable problem) {
        if (problem instanceof ClosedByInterruptException || problem instanceof InterruptedException) {
            return "interrupted";
        }
        if (problem instanceof FileSystemException file && file.getReason() == null) {
            return file.getClass().getSimpleName() + ": " + file.getMessage();
        }
        return problem instanceof IOException ? problem.getMessage() : problem.toString();
    }
}
