package downsampling.batch;

import java.io.BufferedOutputStream;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code aggregate}: options to a {@link Query}, {@link Aggregation} to a {@link ResultFile}, and the report. */
@Command(
        name = "aggregate",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Sums up the metrics of log files per period, user and app.",
            "Rows count with from <= timestamp < to: the end is exclusive."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done, also when no row matched", "1:failed", "2:usage"})
final class Aggregate implements Callable<Integer> {

    private static final int REJECTS_SHOWN = 5;

    enum Format {
        csv,
        json,
        table;

        String extension() {
            return this == table ? "txt" : name();
        }
    }

    enum Report {
        text,
        json
    }

    @Option(
            names = {"--from_datetime", "--from-datetime"},
            required = true,
            paramLabel = "TIME",
            defaultValue = "${env:FROM_DATETIME}",
            description = "first second that counts, YYYY-MM-DD [HH:MM:SS]")
    private String from;

    @Option(
            names = {"--to_datetime", "--to-datetime"},
            required = true,
            paramLabel = "TIME",
            defaultValue = "${env:TO_DATETIME}",
            description = "first second that does not count any more, YYYY-MM-DD [HH:MM:SS]")
    private String to;

    @Option(
            names = "--granularity",
            required = true,
            paramLabel = "PERIOD",
            defaultValue = "${env:GRANULARITY}",
            description = "length of a period: a whole number of s, m, h, d or day, such as 30m or 1day;"
                    + " periods are counted from 1970-01-01 00:00")
    private String granularity;

    @Option(
            names = "--dimensions",
            required = true,
            paramLabel = "NAMES",
            defaultValue = "${env:DIMENSIONS}",
            description = "user, app, or both with a comma; empty for totals")
    private String dimensions;

    @Option(
            names = "--user",
            paramLabel = "NAMES",
            defaultValue = "${env:AGGREGATE_USER}",
            description = "only these users, with commas between (default: all)")
    private String users;

    @Option(
            names = "--app",
            paramLabel = "NAMES",
            defaultValue = "${env:AGGREGATE_APP}",
            description = "only these apps, with commas between (default: all)")
    private String apps;

    @Option(
            names = "--aggregates",
            paramLabel = "NAMES",
            defaultValue = "${env:AGGREGATES:-sum}",
            description = "columns for each metric: sum, count, min, max, mean, with commas between"
                    + " (default: ${DEFAULT-VALUE})")
    private String aggregates;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "${env:THREADS}",
            description = "1 to 1024; the result does not depend on it (default: the number of processors)")
    private Integer threads;

    @Option(
            names = {"--input-dir", "--input_dir"},
            paramLabel = "DIR",
            defaultValue = "${env:INPUT_DIR:-./csv_logs}",
            description = "where the log files are, YYYY-MM-DD.log.csv (default: ${DEFAULT-VALUE})")
    private Path inputDir;

    @Option(
            names = {"--results-dir", "--results_dir"},
            paramLabel = "DIR",
            defaultValue = "${env:RESULTS_DIR:-./results}",
            description = "where the result goes, made if missing (default: ${DEFAULT-VALUE})")
    private Path resultsDir;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            defaultValue = "${env:OUTPUT}",
            description = "name of the result; one that is taken gets a number, result_1.csv; - for standard output"
                    + " (default: result.csv, or .json or .txt as the format has it)")
    private String output;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            defaultValue = "${env:FORMAT:-csv}",
            description = "csv, json or table (default: ${DEFAULT-VALUE})")
    private Format format;

    @Option(
            names = "--rejects",
            paramLabel = "FILE",
            defaultValue = "${env:REJECTS}",
            description = "keep the lines that are no log rows in this file, as they are")
    private Path rejects;

    @Option(names = "--strict", description = "end with exit code 1 at the first line that is no log row")
    private boolean strict;

    @Option(
            names = "--report",
            paramLabel = "FORM",
            defaultValue = "${env:REPORT:-text}",
            description = "the closing report as text, or as one JSON object on standard output; all else is then on"
                    + " standard error (default: ${DEFAULT-VALUE})")
    private Report report;

    @Option(names = "--quiet", description = "no closing report in text; warnings remain")
    private boolean quiet;

    @Spec
    private CommandSpec spec;

    private Aggregation.Sizes sizes = Aggregation.Sizes.NORMAL;

    private final long started = System.nanoTime();
    private PrintWriter err;
    private PrintWriter say;
    private long listed;
    private long aggregated;

    @Override
    public Integer call() {
        err = spec.commandLine().getErr();
        boolean stdoutTaken = "-".equals(output) || report == Report.json;
        say = stdoutTaken ? err : spec.commandLine().getOut();
        try {
            return run();
        } catch (IOException e) {
            return failed(describe(e));
        } catch (OutOfMemoryError e) {
            return failed("the groups do not fit into a heap of "
                    + (Runtime.getRuntime().maxMemory() >> 20) + " MB; allow more with java -Xmx");
        }
    }

    private int failed(String message) {
        err.println("aggregate: " + message);
        err.flush();
        return 1;
    }

    private int run() throws IOException {
        Query query = query();
        int threadCount = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        if (threadCount < 1 || threadCount > 1024) {
            throw usage("--threads=" + threadCount + ": expected a whole number from 1 to 1024");
        }
        List<LogFile> files = logFiles(query);
        listed = System.nanoTime();
        boolean json = format == Format.json;
        Path wanted = "-".equals(output)
                ? null
                : resultsDir
                        .resolve(output == null || output.isEmpty() ? "result." + format.extension() : output)
                        .toAbsolutePath();
        try (ResultFile file = new ResultFile(wanted);
                RandomAccessFile temporary =
                        new RandomAccessFile(file.temporary().toFile(), "rw")) {
            ResultOutput out = new ResultOutput(temporary, query, json);
            Aggregation aggregation = new Aggregation(query, files, threadCount, strict, sizes, out, json);
            boolean done = aggregation.run();
            out.complete(json);
            aggregated = System.nanoTime();
            tellRejects(aggregation, done);
            if (!done) {
                return 1;
            }
            String saved = null;
            if (aggregation.groups() == 0) {
                say.println("No data found matching criteria.");
            } else {
                saved = deliver(file, query);
            }
            say.flush();
            tellReport(aggregation, files, saved);
            return 0;
        }
    }

    private Query query() {
        boolean byUser = false;
        boolean byApp = false;
        for (String dimension : names(dimensions)) {
            switch (dimension) {
                case "user" -> byUser = true;
                case "app" -> byApp = true;
                default -> throw usage("--dimensions=" + dimensions + ": '" + dimension + "', expected user or app");
            }
        }
        try {
            List<Measure> measures = new ArrayList<>();
            for (String name : names(aggregates)) {
                measures.add(Measure.of(name));
            }
            return new Query(
                    time("--from_datetime", from),
                    time("--to_datetime", to),
                    Query.parseGranularity(granularity),
                    byUser,
                    byApp,
                    names(users),
                    names(apps),
                    measures);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    /** The names between commas, trimmed, without empty ones. */
    private static List<String> names(String list) {
        List<String> names = new ArrayList<>();
        int from = 0;
        while (list != null && from <= list.length()) {
            int comma = list.indexOf(',', from);
            int to = comma < 0 ? list.length() : comma;
            String name = list.substring(from, to).strip();
            if (!name.isEmpty() && !names.contains(name)) {
                names.add(name);
            }
            from = to + 1;
        }
        return names;
    }

    /** Seconds since 1970 of {@code YYYY-MM-DD}, alone or with {@code HH:MM} or {@code HH:MM:SS}. */
    private long time(String option, String text) {
        try {
            int length = text.length();
            if (length == 10) {
                return LocalDate.parse(text).toEpochDay() * 86400;
            }
            if (length > 10 && (text.charAt(10) == ' ' || text.charAt(10) == 'T')) {
                String iso = text.substring(0, 10).concat("T").concat(text.substring(11));
                LocalDateTime time = LocalDateTime.parse(iso);
                if (time.getNano() == 0) {
                    return time.toEpochSecond(ZoneOffset.UTC);
                }
            }
        } catch (DateTimeException e) {
            // Said below.
        }
        throw usage(option + "=" + text + ": expected YYYY-MM-DD HH:MM:SS or YYYY-MM-DD");
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private List<LogFile> logFiles(Query query) throws IOException {
        if (query.from() == query.to()) {
            return List.of();
        }
        long first = Math.floorDiv(query.from(), 86400L);
        long last = Math.floorDiv(query.to() - 1, 86400L);
        List<LogFile> files = LogFile.list(inputDir, first, last);
        List<String> missing = new ArrayList<>();
        long expected = first;
        for (LogFile file : files) {
            addDays(missing, expected, file.day() - 1);
            expected = file.day() + 1;
        }
        addDays(missing, expected, last);
        if (!missing.isEmpty()) {
            long count = last - first + 1 - files.size();
            err.println("aggregate: no log file in " + inputDir + " for " + count + (count == 1 ? " day: " : " days: ")
                    + String.join(", ", missing));
            err.flush();
        }
        return files;
    }

    private static void addDays(List<String> missing, long first, long last) {
        if (first == last) {
            missing.add(LocalDate.ofEpochDay(first).toString());
        } else if (first < last) {
            missing.add(LocalDate.ofEpochDay(first) + " to " + LocalDate.ofEpochDay(last));
        }
    }

    private void tellRejects(Aggregation aggregation, boolean done) throws IOException {
        long count = done ? aggregation.account().rejected() : 1;
        if (count == 0 && rejects == null) {
            return;
        }
        List<String> messages;
        if (rejects == null || !done) {
            messages = new RejectReport(done ? REJECTS_SHOWN : 1, null).read(aggregation.filesWithRejects());
        } else {
            Path temporary = rejects.toAbsolutePath()
                    .resolveSibling("." + rejects.getFileName() + "."
                            + ProcessHandle.current().pid() + ".tmp");
            try {
                try (OutputStream keep = new BufferedOutputStream(Files.newOutputStream(temporary))) {
                    messages = new RejectReport(REJECTS_SHOWN, keep).read(aggregation.filesWithRejects());
                }
                Files.move(temporary, rejects, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        }
        if (!done) {
            err.println("aggregate: stopped at a line that is no log row (--strict): " + String.join("", messages));
        } else if (count > 0) {
            err.println("aggregate: warning: " + RunReport.grouped(count)
                    + (count == 1 ? " line is no log row and was rejected" : " lines are no log rows and were rejected")
                    + (rejects == null ? " (--rejects FILE keeps them):" : ", see " + rejects + ":"));
            for (String message : messages) {
                err.println("  " + message);
            }
            if (count > messages.size()) {
                err.println("  and " + RunReport.grouped(count - messages.size()) + " more");
            }
        }
        err.flush();
    }

    /** Brings the finished result to where it is wanted; returns where that is. */
    private String deliver(ResultFile file, Query query) throws IOException {
        if (format == Format.table) {
            int names = 1 + (query.byUser() ? 1 : 0) + (query.byApp() ? 1 : 0);
            Path table = file.temporary().resolveSibling(file.temporary().getFileName() + ".table");
            try {
                Table.layOut(file.temporary(), table, names);
                Files.move(table, file.temporary(), StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(table);
            }
        }
        if ("-".equals(output)) {
            try (InputStream in = new FileInputStream(file.temporary().toFile())) {
                in.transferTo(System.out);
            }
            System.out.flush();
            if (System.out.checkError()) {
                throw new IOException("standard output was closed before the result was written");
            }
            return "standard output";
        }
        String saved = file.publish().toString();
        say.println("Results saved to: " + saved);
        return saved;
    }

    private void tellReport(Aggregation aggregation, List<LogFile> files, String saved) {
        Account account = aggregation.account();
        if (report == Report.json) {
            PrintWriter out = "-".equals(output) ? err : spec.commandLine().getOut();
            Text json = new Text();
            json.add("{\"files\":").add(files.size());
            json.add(",\"read\":").add(account.read());
            json.add(",\"aggregated\":").add(account.aggregated());
            json.add(",\"filtered_out\":").add(account.filteredOut());
            json.add(",\"rejected\":").add(account.rejected());
            json.add(",\"groups\":").add(aggregation.groups());
            json.add(",\"result\":");
            if (saved == null) {
                json.add("null");
            } else {
                json.addJson(saved);
            }
            json.add(",\"milliseconds\":")
                    .add((System.nanoTime() - started) / 1_000_000)
                    .add('}');
            out.println(json);
            out.flush();
        } else if (!quiet) {
            Map<String, String> results = new LinkedHashMap<>();
            results.put("files", RunReport.grouped(files.size()));
            results.put("rows read", RunReport.grouped(account.read()));
            results.put("  aggregated", RunReport.grouped(account.aggregated()));
            results.put("  filtered out", RunReport.grouped(account.filteredOut()));
            results.put("  rejected", RunReport.grouped(account.rejected()));
            results.put("groups", RunReport.grouped(aggregation.groups()));
            results.put("result", saved == null ? "none" : saved);
            long now = System.nanoTime();
            List<RunReport.Phase> phases = List.of(
                    new RunReport.Phase("options and files", listed - started, 0, files.size()),
                    new RunReport.Phase("read, sum, write", aggregated - listed, account.read(), files.size()),
                    new RunReport.Phase("deliver", now - aggregated, aggregation.groups(), files.size()));
            say.print(RunReport.of("Aggregated", results, phases));
            say.flush();
        }
    }

    private static String describe(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + " is not there";
        }
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + " may not be read or written";
        }
        if (e instanceof FileSystemException other && other.getReason() != null) {
            return other.getFile() + ": " + other.getReason();
        }
        if (e instanceof FileNotFoundException || e.getMessage() != null) {
            return e.getMessage();
        }
        return e.toString();
    }
}
