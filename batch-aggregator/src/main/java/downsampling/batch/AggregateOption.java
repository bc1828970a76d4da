package downsampling.batch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;

/** The options of {@code aggregate}. This is the only place where they are named and described. */
enum AggregateOption {
    FROM(
            "from_datetime",
            "TIME",
            "start of the time range, \"YYYY-MM-DD HH:MM:SS\" or YYYY-MM-DD; a row at exactly this time counts"),
    TO(
            "to_datetime",
            "TIME",
            "end of the time range, written the same way and not before the start; a row at exactly this time does not"
                    + " count"),
    GRANULARITY(
            "granularity",
            "PERIOD",
            "length of a period: a whole number followed by s, m, h, d or day, such as 30m or 1day;"
                    + " periods are counted from 1970-01-01 00:00"),
    DIMENSIONS("dimensions", "NAMES", "what to group by: user, app, or both with a comma between; empty for totals"),
    USER(
            "user",
            "NAMES",
            "count only these users, with commas between; an empty name stands for rows without a user"
                    + " (default: all users)"),
    APP("app", "NAMES", "count only these apps, written the same way (default: all apps)"),
    AGGREGATES(
            "aggregates",
            "NAMES",
            "columns for each metric: any of sum, count, min, max and mean, with commas between (default: sum)"),
    THREADS(
            "threads",
            "N",
            "number of threads, 1 to 1024; the result does not depend on it (default: the number of processors)"),
    INPUT_DIR("input-dir", "DIR", "folder of the log files, which are named YYYY-MM-DD.log.csv (default: ./csv_logs)"),
    RESULTS_DIR("results-dir", "DIR", "folder for the result; it is created if it is missing (default: ./results)"),
    OUTPUT(
            "output",
            "FILE",
            "name of the result; if a file has that name already, the result gets a number, as in result_1.csv;"
                    + " - stands for standard output; a device or a pipe is written to directly"
                    + " (default: result.csv, or .json or .txt to match the format)"),
    FORMAT("format", "NAME", "csv, json or table (default: csv)"),
    REJECTS(
            "rejects",
            "FILE",
            "keep the lines that are not log rows in this file, byte for byte; an older file of that name is replaced"),
    STRICT("strict", null, "stop with exit code 1 at the first line that is not a log row"),
    INDEX(
            "index",
            null,
            "with --user, read only the parts of the log files that hold these users, if the files are sorted by user;"
                    + " a small hidden file beside each log file says where the parts are, and is created when it is"
                    + " missing or out of date"),
    REPORT(
            "report",
            "FORM",
            "form of the closing report: text, or json for a single object on standard output, with everything else on"
                    + " standard error (default: text)"),
    QUIET("quiet", null, "print neither the query nor a closing report in text; warnings are still printed");

    /** What the help says after the options. */
    static final String[] FOOTER = {
        "An option that is missing or empty takes its value from an environment variable:",
        "BATCH_AGGREGATOR_INPUT_DIR for --input-dir, and so on. If an option is given",
        "twice, the last one counts. A name may be shortened as long as it is unique.",
        "Exit codes: 0 done, also when no row matched; 1 failed; 2 usage error."
    };

    /** The spellings of the name, with two hyphens; the first one is the main name. */
    final List<String> names = new ArrayList<>();

    private final @Nullable String value;
    private final String description;

    /** @param value what the help calls the value; null for a switch */
    AggregateOption(String name, @Nullable String value, String description) {
        names.add("--".concat(name));
        if (name.indexOf('_') >= 0) {
            names.add("--".concat(name.replace('_', '-')));
        } else if (name.indexOf('-') >= 0) {
            names.add("--".concat(name.replace('-', '_')));
        }
        this.value = value;
        this.description = description;
    }

    boolean isSwitch() {
        return value == null;
    }

    String variable() {
        return EnvironmentVariables.nameOf(names.get(0));
    }

    /** The main names of all options. */
    static String[] mainNames() {
        List<String> main = new ArrayList<>();
        for (AggregateOption option : values()) {
            main.add(option.names.get(0));
        }
        return main.toArray(new String[0]);
    }

    OptionSpec spec() {
        OptionSpec.Builder spec =
                OptionSpec.builder(names.toArray(new String[0])).description(description);
        return isSwitch()
                ? spec.type(boolean.class).build()
                : spec.type(String.class).paramLabel(value).build();
    }
}
