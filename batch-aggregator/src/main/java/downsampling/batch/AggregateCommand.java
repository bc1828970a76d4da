package downsampling.batch;

import java.io.BufferedOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The subcommand {@code aggregate}: it makes an {@link Aggregation} from {@link AggregateOptions}, has it write into a
 * {@link ResultFile}, and reports.
 *
 * <p>A run takes a third of a second, and picocli alone would take longer than the rest. So this class reads a command
 * line itself if it is plain (every option is known and is given once, with a value), and leaves to picocli any other
 * command line and everything that is wrong. Both know the options from {@link AggregateOption} alone. For the same
 * reason this class, and every class that a successful run uses, does without lambdas, streams and
 * {@link String#format}: the first use of each costs some milliseconds.
 */
final class AggregateCommand {

    private final AggregateOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    private final long started = System.nanoTime();

    private AggregateCommand(AggregateOptions options, PrintWriter out, PrintWriter err) {
        this.options = options;
        this.out = out;
        this.err = err;
    }

    /** Runs a command whose options picocli has read, and returns its exit code. */
    interface Action {
        int run(CommandLine command) throws Exception;
    }

    /** The subcommand for picocli. */
    static LenientCommandLine command() {
        List<OptionSpec> options = new ArrayList<>();
        for (AggregateOption option : AggregateOption.values()) {
            options.add(option.spec());
        }
        return command(
                "aggregate",
                "Sums up the metrics of log files per period, user and app.",
                options,
                AggregateCommand::run);
    }

    /** A command that aggregates, on whatever engine. */
    static LenientCommandLine command(String name, String summary, List<OptionSpec> options, Action action) {
        CommandSpec[] spec = new CommandSpec[1];
        Callable<Integer> callable = () -> action.run(spec[0].commandLine());
        spec[0] = CommandSpec.wrapWithoutInspection(callable).name(name).mixinStandardHelpOptions(true);
        spec[0].usageMessage()
                .sortOptions(false)
                .abbreviateSynopsis(true)
                .description(summary, "Rows count with from <= timestamp < to: the end is exclusive.")
                .footer(AggregateOption.FOOTER);
        options.forEach(spec[0]::addOption);
        return new LenientCommandLine(spec[0]);
    }

    private static int run(CommandLine command) {
        try {
            AggregateOptions options = AggregateOptions.of(optionsGiven(command.getParseResult()), System.getenv());
            return new AggregateCommand(options, command.getOut(), command.getErr()).run();
        } catch (UsageException e) {
            throw new ParameterException(command, e.getMessage());
        }
    }

    /** The options that picocli has found, with their values as text. */
    static Map<AggregateOption, String> optionsGiven(ParseResult parsed) {
        Map<AggregateOption, String> given = new EnumMap<>(AggregateOption.class);
        for (AggregateOption option : AggregateOption.values()) {
            OptionSpec matched = parsed.matchedOption(option.names.get(0));
            if (matched != null) {
                given.put(option, matched.<Object>getValue().toString());
            }
        }
        return given;
    }

    /** Runs a command line that does not need picocli and returns its exit code; null if it may need picocli. */
    static @Nullable Integer runIfPlain(PrintWriter out, PrintWriter err, String... args) {
        Map<AggregateOption, String> given = parsePlain(args);
        if (given == null) {
            return null;
        }
        new WarmUp().start();
        try {
            return new AggregateCommand(AggregateOptions.of(given, System.getenv()), out, err).run();
        } catch (UsageException e) {
            // Picocli will find the same fault, and its handler reports it.
            return null;
        }
    }

    static @Nullable Map<AggregateOption, String> parsePlain(String... args) {
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

    /** Runs code for the first time on an idle processor that the first rows would otherwise wait for, some 10 ms. */
    private static final class WarmUp extends Thread {

        WarmUp() {
            setDaemon(true);
        }

        @Override
        public void run() {
            byte[] word = new byte[Long.BYTES];
            EightBytes.put(word, 0, EightBytes.at(word, 0));
            new ByteBuilder().add(0);
        }
    }

    private int run() {
        try {
            return aggregate();
        } catch (IOException e) {
            return AggregateReport.failed(err, Failure.describe(e));
        } catch (OutOfMemoryError e) {
            long heap = Runtime.getRuntime().maxMemory() >> 20;
            return AggregateReport.failed(
                    err, "the groups do not fit into a heap of " + heap + " MB; java -Xmx sets a larger one");
        }
    }

    private int aggregate() throws IOException {
        Query query = options.query();
        // A destination that would make the run fail at its end makes it fail now.
        File named = options.result();
        Destination result = named == null ? null : Destination.of(AggregateOption.OUTPUT, named, options.inputDir());
        if (result != null && result.isInPlace()) {
            result.check();
        }
        Destination rejects = null;
        if (options.rejects() != null) {
            rejects = Destination.of(AggregateOption.REJECTS, new File(options.rejects()), options.inputDir());
            rejects.check();
        }
        boolean toStandardOutput = result == null || result.isStandardOutput();
        AggregateReport report = new AggregateReport(
                options, out, err, toStandardOutput, toStandardOutput || rejects != null && rejects.isStandardOutput());
        report.printQuery();
        List<LogFile> files = logFiles(query, report);
        try (ResultFile file = new ResultFile(result, ".".concat(options.format().extension));
                OrderedResultOutput output = new OrderedResultOutput(file.temporary(), query, options.format())) {
            Aggregation aggregation = new Aggregation(
                    query,
                    files,
                    options.threads(),
                    options.strict(),
                    options.index(),
                    Aggregation.Sizes.NORMAL,
                    output);
            long listed = System.nanoTime();
            RunReport.Usage before = report.isText() ? RunReport.Usage.now() : RunReport.Usage.UNKNOWN;
            AggregationAttempt finished = aggregation.run();
            output.complete();
            long aggregated = System.nanoTime();
            RunReport.Usage reading = report.isText() ? RunReport.Usage.now().since(before) : RunReport.Usage.UNKNOWN;
            RowCounts rowCounts = finished.rowCounts();
            if (rowCounts.rejected() > 0 || rejects != null) {
                report.warnOfRejects(
                        rowCounts.rejected(), "--rejects=FILE", keepRejects(finished.filesWithRejects(), rejects));
            }
            if (finished.indexProblem() != null) {
                report.warnOfIndexProblem(finished.indexProblem());
            }
            String saved = finished.groups() == 0 ? null : deliver(file, query);
            report.printResult(saved);
            // Threads read and write side by side, so each of the two phases is given its share of that time.
            long writing = Math.round((aggregated - listed) * finished.shareOfWriting());
            int days = files.size();
            report.printClosingReport(
                    days,
                    rowCounts,
                    finished.groups(),
                    saved,
                    List.of(
                            new RunReport.Phase("finding files", listed - started, 0, days),
                            new RunReport.Phase(
                                    "reading, summing up", aggregated - listed - writing, rowCounts.read(), days),
                            new RunReport.Phase(
                                    "writing the result", writing + System.nanoTime() - aggregated, 0, days)),
                    reading);
            return 0;
        }
    }

    private List<LogFile> logFiles(Query query, AggregateReport report) throws IOException {
        if (query.from() == query.to()) {
            return List.of();
        }
        List<LogFile> files = LogFile.list(new File(options.inputDir()), query.firstDay(), query.lastDay());
        List<Long> days = new ArrayList<>();
        for (LogFile file : files) {
            days.add(file.day());
        }
        report.warnOfMissingDays(days);
        return files;
    }

    /**
     * Reads the files with rejected lines once more, and keeps those lines if that was asked for.
     *
     * @return a description of each of the first rejected lines
     */
    private static List<String> keepRejects(List<LogFile> files, @Nullable Destination rejects) throws IOException {
        if (rejects == null) {
            return new RejectReport(AggregateReport.REJECTS_SHOWN, null).read(files);
        }
        if (rejects.isInPlace()) {
            return keepRejects(files, rejects.open(), rejects.file());
        }
        try (Workspace workspace = Workspace.in(rejects.file().getParentFile())) {
            File whole = workspace.file("rejects");
            List<String> messages = keepRejects(files, new FileOutputStream(whole), rejects.file());
            rejects.replaceBy(whole);
            return messages;
        }
    }

    private static List<String> keepRejects(List<LogFile> files, OutputStream into, File named) throws IOException {
        try (OutputStream keep = new BufferedOutputStream(into)) {
            return new RejectReport(AggregateReport.REJECTS_SHOWN, keep).read(files);
        } catch (IOException e) {
            throw Failure.withFile(named.getPath(), e);
        }
    }

    /** Moves or copies the finished result to its destination, and returns where that is. */
    private String deliver(ResultFile file, Query query) throws IOException {
        if (options.format() == ResultFormat.TABLE) {
            File table = file.beside("table");
            TextTable.layOut(file.temporary(), table, 1 + (query.byUser() ? 1 : 0) + (query.byApp() ? 1 : 0));
            Files.move(table.toPath(), file.temporary().toPath(), StandardCopyOption.REPLACE_EXISTING);
        }
        return file.deliver();
    }
}
