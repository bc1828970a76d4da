package downsampling.batch;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.OptionSpec;

/** The options of {@code aggregate}; the only place where they are named and described. */
enum AggregateOption {
    FROM("from_datetime", "TIME", "first second that counts, \"YYYY-MM-DD HH:MM:SS\" or YYYY-MM-DD"),
    TO("to_datetime", "TIME", "first second that does not count any more, not before the first; the end is exclusive"),
    GRANULARITY(
            "granularity",
            "PERIOD",
            "length of a period: a whole number of s, m, h, d or day, such as 30m or 1day;"
                    + " periods are counted from 1970-01-01 00:00"),
    DIMENSIONS("dimensions", "NAMES", "user, app, or both with a comma; empty for totals"),
    USER("user", "NAMES", "only these users, with commas between; an empty one among them is one (default: all)"),
    APP("app", "NAMES", "only these apps, likewise (default: all)"),
    AGGREGATES(
            "aggregates", "NAMES", "columns for each metric: sum, count, min, max, mean, with commas (default: sum)"),
    THREADS("threads", "N", "1 to 1024; the result does not depend on it (default: the number of processors)"),
    INPUT_DIR("input-dir", "DIR", "where the log files are, YYYY-MM-DD.log.csv (default: ./csv_logs)"),
    RESULTS_DIR("results-dir", "DIR", "where the result goes, made if missing (default: ./results)"),
    OUTPUT(
            "output",
            "FILE",
            "name of the result; when it is taken, one with a number, result_1.csv; - for standard output; a device"
                    + " or a pipe is written into"
                    + " (default: result.csv, or .json or .txt as the format has it)"),
    FORMAT("format", "NAME", "csv, json or table (default: csv)"),
    REJECTS(
            "rejects",
            "FILE",
            "keep the lines that are no log rows in this file, as they are, in place of what was in it"),
    STRICT("strict", null, "end with exit code 1 at the first line that is no log row"),
    INDEX(
            "index",
            null,
            "with --user, read only their part of files that are sorted by user; a small hidden file beside each"
                    + " says where it is, and is made when it is missing or out of date"),
    REPORT(
            "report",
            "FORM",
            "the closing report: text, or json for one object on standard output, with all else on standard error"
                    + " (default: text)"),
    QUIET("quiet", null, "neither the query nor a closing report in text; warnings remain");

    /** What the help says below the options. */
    static final String[] FOOTER = {
        "Without an option, or with an empty value, its environment variable counts:",
        "BATCH_AGGREGATOR_INPUT_DIR for --input-dir and so on. Of an option given",
        "twice the last one counts. A name may be shortened if only one begins so.",
        "Exit codes: 0 done, also when no row matched; 1 failed; 2 usage."
    };

    /** With two hyphens; the first is the main one. */
    final List<String> names = new ArrayList<>();

    private final String value;
    private final String description;

    /** @param value what to call the value in the help; null for a switch */
    AggregateOption(String name, String value, String description) {
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

    /** The names of all options, each once. */
    static String[] mainNames() {
        String[] main = new String[values().length];
        for (AggregateOption option : values()) {
            main[option.ordinal()] = option.names.get(0);
        }
        return main;
    }

    OptionSpec spec() {
        OptionSpec.Builder spec =
                OptionSpec.builder(names.toArray(new String[0])).description(description);
        return isSwitch()
                ? spec.type(boolean.class).build()
                : spec.type(String.class).paramLabel(value).build();
    }
}
