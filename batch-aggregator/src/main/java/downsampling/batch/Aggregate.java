package downsampling.batch;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * {@code aggregate}: {@link AggregateOptions} to an {@link Aggregation}, its result to a {@link ResultFile}, and the
 * report.
 *
 * <p>A run takes a third of a second, of which picocli would be most, so a command line that is plain (every option
 * known, once and with a value) is read here; anything else, and anything wrong, goes to picocli. Both know the options
 * from {@link AggregateOption} alone. For the same reason this class and those it uses in a good run do without
 * lambdas, streams and {@link String#format}: the first use of each costs some milliseconds.
 */
final class Aggregate {

    private final AggregateOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    /** Where people are told what happens; not standard output when data goes there. */
    private final PrintWriter say;

    private final long started = System.nanoTime();
    private long listed;
    private long aggregated;

    private Aggregate(AggregateOptions options, PrintWriter out, PrintWriter err) {
        this.options = options;
        this.out = out;
        this.err = err;
        say = options.result() == null || options.reportJson() ? err : out;
    }

    /** The subcommand for picocli. */
    static CommandLine command() {
        CommandSpec[] spec = new CommandSpec[1];
        Callable<Integer> callable = () -> run(spec[0].commandLine());
        spec[0] = CommandSpec.wrapWithoutInspection(callable).name("aggregate").mixinStandardHelpOptions(true);
        spec[0].usageMessage()
                .sortOptions(false)
                .abbreviateSynopsis(true)
                .description(
                        "Sums up the metrics of log files per period, user and app.",
                        "Rows count with from <= timestamp < to: the end is exclusive.")
                .footer(AggregateOption.FOOTER);
        for (AggregateOption option : AggregateOption.values()) {
            spec[0].addOption(option.spec());
        }
        return new CommandLine(spec[0]);
    }

    private static int run(CommandLine command) {
        AggregateOptions options;
        try {
            options = AggregateOptions.of(given(command.getParseResult()), System.getenv());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, e.getMessage());
        }
        return new Aggregate(options, command.getOut(), command.getErr()).run();
    }

    /** The options that picocli has found. */
    static Map<AggregateOption, String> given(ParseResult parsed) {
        Map<AggregateOption, String> given = new EnumMap<>(AggregateOption.class);
        for (AggregateOption option : AggregateOption.values()) {
            OptionSpec matched = parsed.matchedOption(option.names.get(0));
            if (matched != null) {
                given.put(option, matched.<Object>getValue().toString());
            }
        }
        return given;
    }

    /** Runs a command line that needs no picocli, and returns its exit code; null when it may need it. */
    static Integer runIfPlain(String... args) {
        Map<AggregateOption, String> given = plain(args);
        if (given == null) {
            return null;
        }
        new Preparation().start();
        AggregateOptions options;
        try {
            options = AggregateOptions.of(given, System.getenv());
        } catch (IllegalArgumentException e) {
            // Picocli will come to the same and say it in its way.
            return null;
        }
        return new Aggregate(options, new PrintWriter(System.out), new PrintWriter(System.err)).run();
    }

    static Map<AggregateOption, String> plain(String... args) {
        if (args.length == 0 || !args[0].equals("aggregate")) {
            return null;
        }
        Map<String, AggregateOption> known = new LinkedHashMap<>();
        for (AggregateOption option : AggregateOption.values()) {
            for (String name : option.names) {
                known.put(name, option);
            }
        }
        Map<AggregateOption, String> given = new EnumMap<>(AggregateOption.class);
        for (int i = 1; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            AggregateOption option = known.get(equals < 0 ? args[i] : args[i].substring(0, equals));
            if (option == null || given.containsKey(option) || option.isSwitch() != equals < 0) {
                return null;
            }
            given.put(option, equals < 0 ? "true" : args[i].substring(equals + 1));
        }
        return given;
    }

    /** Does, on a processor that has nothing to do yet, what the first rows would have to wait for: some 10 ms. */
    private static final class Preparation extends Thread {

        Preparation() {
            setDaemon(true);
        }

        @Override
        public void run() {
            byte[] word = new byte[Long.BYTES];
            Words.put(word, 0, Words.at(word, 0));
            new Text().add(0);
        }
    }

    private int run() {
        try {
            return aggregate();
        } catch (IOException e) {
            return failed(describe(e));
        } catch (OutOfMemoryError e) {
            long heap = Runtime.getRuntime().maxMemory() >> 20;
            return failed("the groups do not fit into a heap of " + heap + " MB; java -Xmx allows more");
        }
    }

    private int failed(String message) {
        err.println("aggregate: ".concat(message));
        err.flush();
        return 1;
    }

    private int aggregate() throws IOException {
        Query query = options.query();
        List<LogFile> files = logFiles(query);
        listed = System.nanoTime();
        boolean json = options.format() == AggregateOptions.Format.JSON;
        try (ResultFile file = new ResultFile(options.result());
                ResultOutput result = new ResultOutput(file.temporary(), query, json)) {
            Aggregation aggregation = new Aggregation(
                    query,
                    files,
                    options.threads(),
                    options.strict(),
                    options.index(),
                    Aggregation.Sizes.NORMAL,
                    result,
                    json);
            boolean done = aggregation.run();
            result.complete(json);
            aggregated = System.nanoTime();
            if (!done) {
                List<String> first = new RejectReport(1, null).read(aggregation.filesWithRejects());
                return failed("stopped at a line that is no log row (--strict): " + String.join("", first));
            }
            tellRejects(aggregation);
            if (aggregation.indexProblem() != null) {
                err.println("aggregate: warning: an index could not be kept: " + describe(aggregation.indexProblem()));
                err.flush();
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

    private List<LogFile> logFiles(Query query) throws IOException {
        if (query.from() == query.to()) {
            return List.of();
        }
        long first = Math.floorDiv(query.from(), 86400L);
        long last = Math.floorDiv(query.to() - 1, 86400L);
        List<LogFile> files = LogFile.list(new File(options.inputDir()), first, last);
        List<Long> days = new ArrayList<>();
        for (LogFile file : files) {
            days.add(file.day());
        }
        String missing = AggregateReport.missingDays(options.inputDir(), days, first, last);
        if (missing != null) {
            err.println(missing);
            err.flush();
        }
        return files;
    }

    private void tellRejects(Aggregation aggregation) throws IOException {
        long count = aggregation.account().rejected();
        if (count == 0 && options.rejects() == null) {
            return;
        }
        List<String> messages = options.rejects() == null
                ? new RejectReport(AggregateReport.REJECTS_SHOWN, null).read(aggregation.filesWithRejects())
                : keepRejects(
                        aggregation.filesWithRejects(),
                        Path.of(options.rejects()).toAbsolutePath());
        if (count == 0) {
            return;
        }
        for (String line : AggregateReport.rejects(count, options.rejects(), "--rejects=FILE", messages)) {
            err.println(line);
        }
        err.flush();
    }

    private static List<String> keepRejects(List<LogFile> files, Path rejects) throws IOException {
        Path temporary = rejects.resolveSibling("." + rejects.getFileName() + "." + System.nanoTime() + ".tmp");
        try {
            List<String> messages;
            try (OutputStream keep = new BufferedOutputStream(new FileOutputStream(temporary.toFile()))) {
                messages = new RejectReport(AggregateReport.REJECTS_SHOWN, keep).read(files);
            }
            Files.move(temporary, rejects, StandardCopyOption.REPLACE_EXISTING);
            return messages;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Brings the finished result to where it is wanted; returns where that is. */
    private String deliver(ResultFile file, Query query) throws IOException {
        if (options.format() == AggregateOptions.Format.TABLE) {
            layOut(file.temporary().toPath(), 1 + (query.byUser() ? 1 : 0) + (query.byApp() ? 1 : 0));
        }
        if (options.result() != null) {
            String saved = file.publish().toString();
            say.println("Results saved to: ".concat(saved));
            return saved;
        }
        try (InputStream in = new FileInputStream(file.temporary())) {
            in.transferTo(System.out);
        }
        System.out.flush();
        if (System.out.checkError()) {
            throw new IOException("standard output was closed before all of the result was written");
        }
        return "standard output";
    }

    private static void layOut(Path csv, int names) throws IOException {
        Path table = csv.resolveSibling(csv.getFileName() + ".table");
        try {
            Table.layOut(csv, table, names);
            Files.move(table, csv, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(table);
        }
    }

    private void tellReport(Aggregation aggregation, List<LogFile> files, String saved) {
        Account account = aggregation.account();
        if (options.reportJson()) {
            long milliseconds = (System.nanoTime() - started) / 1_000_000;
            PrintWriter to = options.result() == null ? err : out;
            to.println(AggregateReport.json(files.size(), account, aggregation.groups(), saved, milliseconds));
            to.flush();
        } else if (!options.quiet()) {
            long now = System.nanoTime();
            List<RunReport.Phase> phases = List.of(
                    new RunReport.Phase("finding files", listed - started, 0, files.size()),
                    new RunReport.Phase("read, sum up, write", aggregated - listed, account.read(), files.size()),
                    new RunReport.Phase("hand over", now - aggregated, 0, 0));
            say.print(AggregateReport.text(files.size(), account, aggregation.groups(), saved, phases));
            say.flush();
        }
    }

    static String describe(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + " is not there";
        }
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + " may not be read or written";
        }
        if (e instanceof FileSystemException other && other.getReason() != null) {
            return other.getFile() + ": " + other.getReason();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
