package downsampling.batch;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reports on a run of {@code aggregate} to people and programs, whatever the engine. Failures and warnings go to
 * standard error; everything else goes to standard output, unless data is written there.
 */
final class AggregateReport {

    /** How many rejected lines are described in the warning. */
    static final int REJECTS_SHOWN = 5;

    /** How many stretches of missing days are named in the warning. */
    private static final int GAPS_SHOWN = 10;

    private final AggregateOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    private final PrintWriter info;
    private final boolean resultOnStandardOutput;
    private final long started = System.nanoTime();

    /**
     * @param resultOnStandardOutput whether the result is written to standard output
     * @param dataOnStandardOutput whether the result or other data is written to standard output
     */
    AggregateReport(
            AggregateOptions options,
            PrintWriter out,
            PrintWriter err,
            boolean resultOnStandardOutput,
            boolean dataOnStandardOutput) {
        this.options = options;
        this.out = out;
        this.err = err;
        this.resultOnStandardOutput = resultOnStandardOutput;
        info = dataOnStandardOutput || options.reportJson() ? err : out;
    }

    /** Reports in one line why the run failed, and returns the exit code. */
    static int failed(PrintWriter err, String message) {
        err.println("aggregate: ".concat(message));
        err.flush();
        return 1;
    }

    private void warn(String line) {
        err.println("aggregate: ".concat(line));
        err.flush();
    }

    /** Prints what the run will do, unless it is to be quiet, and warns of variables under their old names. */
    void printQuery() {
        String old = EnvironmentVariables.oldNames(System.getenv(), AggregateOption.mainNames());
        if (old != null) {
            warn(old);
        }
        if (!options.quiet()) {
            info.print(query(options));
            info.flush();
        }
    }

    /**
     * Warns of days that were asked for and have no log file.
     *
     * @param days the days that have one, in order
     */
    void warnOfMissingDays(List<Long> days) {
        String missing = missingDays(
                options.inputDir(),
                days,
                options.query().firstDay(),
                options.query().lastDay());
        if (missing != null) {
            warn(missing);
        }
    }

    void warnOfIndexProblem(IOException problem) {
        warn("warning: an index could not be written: ".concat(Failure.describe(problem)));
    }

    /**
     * Warns of rejected lines, if there are any.
     *
     * @param keeping the option that would keep them
     * @param first a description of each of the first rejected lines
     */
    void warnOfRejects(long count, String keeping, List<String> first) {
        if (count > 0) {
            for (String line : rejects(count, options.rejects(), keeping, first)) {
                err.println(line);
            }
            err.flush();
        }
    }

    /**
     * Prints where the result is.
     *
     * @param saved where it is; null if no row matched
     */
    void printResult(@Nullable String saved) {
        if (saved == null) {
            info.println("No data found matching criteria.");
        } else if (!resultOnStandardOutput) {
            info.println("Results saved to: ".concat(saved));
        }
        info.flush();
    }

    /** Whether {@link #printClosingReport} prints text for people, which includes phases and CPU time. */
    boolean isText() {
        return !options.quiet() && !options.reportJson();
    }

    /**
     * Prints the closing report.
     *
     * @param saved where the result is; null if there is none
     * @param phases the phases of the run, without the total
     * @param reading CPU time used while log files were read; null if other processes read them
     */
    void printClosingReport(
            int files,
            RowCounts rowCounts,
            long groups,
            @Nullable String saved,
            List<RunReport.Phase> phases,
            RunReport.@Nullable Usage reading) {
        long nanos = System.nanoTime() - started;
        if (options.reportJson()) {
            PrintWriter to = resultOnStandardOutput ? err : out;
            to.println(json(files, rowCounts, groups, saved, nanos / 1_000_000));
            to.flush();
        } else if (!options.quiet()) {
            List<RunReport.Phase> all = new ArrayList<>(phases);
            all.add(new RunReport.Phase("TOTAL", nanos, rowCounts.read(), files));
            info.print(text(files, rowCounts, groups, saved, all, reading));
            info.flush();
        }
    }

    /**
     * Names the days without a log file in one line; null if there are none.
     *
     * @param days the days that have a log file, in order
     * @param first the first day that was asked for
     * @param last the last day that was asked for
     */
    private static @Nullable String missingDays(String inputDir, List<Long> days, long first, long last) {
        List<String> missing = new ArrayList<>();
        long expected = first;
        for (long day : days) {
            addDays(missing, expected, day - 1);
            expected = day + 1;
        }
        addDays(missing, expected, last);
        if (missing.isEmpty()) {
            return null;
        }
        long count = last - first + 1 - days.size();
        int shown = Math.min(GAPS_SHOWN, missing.size());
        int more = missing.size() - shown;
        return "there is no log file in " + inputDir + " for " + count + (count == 1 ? " day: " : " days: ")
                + String.join(", ", missing.subList(0, shown))
                + (more == 0 ? "" : ", and " + more + (more == 1 ? " more gap" : " more gaps"));
    }

    /** Describes in a few lines what the run will do. */
    private static String query(AggregateOptions options) {
        Query query = options.query();
        StringBuilder text = new StringBuilder();
        text.append("Query: ").append(new ByteBuilder().addTime(query.from())).append(" to ");
        text.append(new ByteBuilder().addTime(query.to())).append(", the end not included\n");
        text.append("Granularity: ").append(period(query.granularity())).append(" | Dimensions: ");
        text.append(
                query.byUser() ? query.byApp() ? "user, app" : "user" : query.byApp() ? "app" : "none, totals only");
        text.append(" | Aggregates: ");
        for (int i = 0; i < query.measures().size(); i++) {
            text.append(i == 0 ? "" : ", ").append(query.measures().get(i).label());
        }
        text.append('\n');
        filter(text, "User filter: ", query.users());
        filter(text, "App filter: ", query.apps());
        text.append("Threads: ").append(options.threads());
        text.append(" | Log files: ").append(options.inputDir()).append("\n\n");
        return text.toString();
    }

    private static String period(long seconds) {
        return seconds % 86400 == 0
                ? seconds / 86400 + " d"
                : seconds % 3600 == 0
                        ? seconds / 3600 + " h"
                        : seconds % 60 == 0 ? seconds / 60 + " m" : seconds + " s";
    }

    private static void filter(StringBuilder text, String name, List<String> wanted) {
        if (!wanted.isEmpty()) {
            text.append(name);
            for (int i = 0; i < wanted.size(); i++) {
                text.append(i == 0 ? "" : ", ").append(wanted.get(i).isEmpty() ? "(empty)" : wanted.get(i));
            }
            text.append('\n');
        }
    }

    private static void addDays(List<String> missing, long first, long last) {
        if (first == last) {
            missing.add(LocalDate.ofEpochDay(first).toString());
        } else if (first < last) {
            missing.add(LocalDate.ofEpochDay(first) + " to " + LocalDate.ofEpochDay(last));
        }
    }

    /**
     * The warning about rejected lines, in several lines.
     *
     * @param kept where they are kept; null if they are not kept
     * @param keeping the option that would keep them
     * @param first a description of each of the first rejected lines
     */
    private static List<String> rejects(long count, @Nullable String kept, String keeping, List<String> first) {
        List<String> lines = new ArrayList<>();
        lines.add("aggregate: warning: " + RunReport.grouped(count)
                + (count == 1 ? " line is not a log row and was rejected" : " lines are not log rows and were rejected")
                + (kept == null ? " (" + keeping + " keeps them):" : ", see " + kept + ":"));
        for (String message : first) {
            lines.add("  ".concat(message));
        }
        if (count > first.size()) {
            lines.add("  and " + RunReport.grouped(count - first.size()) + " more");
        }
        return lines;
    }

    /** @param saved where the result is; null if there is none */
    private static String json(int files, RowCounts rowCounts, long groups, @Nullable String saved, long milliseconds) {
        ByteBuilder json = new ByteBuilder();
        json.add("{\"files\":").add(files);
        json.add(",\"read\":").add(rowCounts.read());
        json.add(",\"aggregated\":").add(rowCounts.aggregated());
        json.add(",\"filtered_out\":").add(rowCounts.filteredOut());
        json.add(",\"rejected\":").add(rowCounts.rejected());
        json.add(",\"groups\":").add(groups);
        json.add(",\"result\":");
        if (saved == null) {
            json.add("null");
        } else {
            json.addJson(saved);
        }
        return json.add(",\"milliseconds\":").add(milliseconds).add('}').toString();
    }

    /**
     * @param saved where the result is; null if there is none
     * @param usage CPU time used while log files were read; null if other processes read them
     */
    private static String text(
            int files,
            RowCounts rowCounts,
            long groups,
            @Nullable String saved,
            List<RunReport.Phase> phases,
            RunReport.@Nullable Usage usage) {
        Map<String, String> results = new LinkedHashMap<>();
        results.put("files", RunReport.grouped(files));
        results.put("rows read", RunReport.grouped(rowCounts.read()));
        results.put("  aggregated", RunReport.grouped(rowCounts.aggregated()));
        results.put("  filtered out", RunReport.grouped(rowCounts.filteredOut()));
        results.put("  rejected", RunReport.grouped(rowCounts.rejected()));
        results.put("groups", RunReport.grouped(groups));
        results.put("result", saved == null ? "none" : saved);
        return RunReport.of("Aggregated", results, phases, usage);
    }
}
