package downsampling.batch;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run of {@code aggregate} has been asked to do.
 *
 * @param threads 1 to 1024
 * @param output name of the result, in {@code resultsDir} unless it is absolute; {@code -} means standard output
 * @param rejects the file that keeps rejected lines; null if they are not kept
 * @param strict whether the run fails at the first rejected line
 * @param index whether indexes of users are used, and made where they are missing
 * @param reportJson whether the closing report is JSON on standard output, rather than text
 * @param quiet whether no report in text is printed
 */
record AggregateOptions(
        Query query,
        int threads,
        String inputDir,
        String resultsDir,
        String output,
        ResultFormat format,
        @Nullable String rejects,
        boolean strict,
        boolean index,
        boolean reportJson,
        boolean quiet) {

    /** The formats of this program; the program on Spark has others. */
    static final ResultFormat[] FORMATS = {ResultFormat.CSV, ResultFormat.JSON, ResultFormat.TABLE};

    AggregateOptions {
        if (threads < 1 || threads > 1024) {
            throw new UsageException("--threads=" + threads + ": expected a whole number from 1 to 1024");
        }
    }

    /** The file to write; null for standard output. */
    @Nullable
    File result() {
        if (output.equals("-")) {
            return null;
        }
        File file = new File(output);
        return (file.isAbsolute() ? file : new File(resultsDir, output)).getAbsoluteFile();
    }

    /**
     * Reads options as they were given; an option that is missing takes its value from the environment.
     *
     * @throws UsageException if a value is not allowed or a required one is missing; the message names the option, the
     *     value and what is allowed
     */
    static AggregateOptions of(Map<AggregateOption, String> given, Map<String, String> environment) {
        return of(given, environment, FORMATS);
    }

    /**
     * Does the same for a program with other formats.
     *
     * @param formats the allowed formats, at least two
     */
    static AggregateOptions of(
            Map<AggregateOption, String> given, Map<String, String> environment, ResultFormat... formats) {
        return new Reader(given, environment).read(formats);
    }

    private record Reader(Map<AggregateOption, String> given, Map<String, String> environment) {

        AggregateOptions read(ResultFormat... formats) {
            ResultFormat format = format(formats);
            return new AggregateOptions(
                    query(),
                    threads(),
                    get(AggregateOption.INPUT_DIR, "./csv_logs"),
                    get(AggregateOption.RESULTS_DIR, "./results"),
                    get(AggregateOption.OUTPUT, "result.".concat(format.extension)),
                    format,
                    get(AggregateOption.REJECTS),
                    isOn(AggregateOption.STRICT),
                    isOn(AggregateOption.INDEX),
                    reportJson(),
                    isOn(AggregateOption.QUIET));
        }

        private ResultFormat format(ResultFormat... formats) {
            String name = get(AggregateOption.FORMAT, "csv");
            String expected = "";
            for (int i = 0; i < formats.length; i++) {
                String label = formats[i].label();
                if (label.equals(name)) {
                    return formats[i];
                }
                expected += (i == 0 ? "" : i == formats.length - 1 ? " or " : ", ") + label;
            }
            throw wrong(AggregateOption.FORMAT, name, expected);
        }

        private Query query() {
            boolean byUser = false;
            boolean byApp = false;
            String dimensions = required(AggregateOption.DIMENSIONS);
            for (String dimension : names(dimensions)) {
                switch (dimension) {
                    case "user" -> byUser = true;
                    case "app" -> byApp = true;
                    default -> throw wrong(AggregateOption.DIMENSIONS, dimensions, "user, app, both or nothing");
                }
            }
            List<Measure> measures = new ArrayList<>();
            String aggregates = get(AggregateOption.AGGREGATES, "sum");
            for (String name : names(aggregates)) {
                Measure measure = Measure.of(name);
                if (measure == null) {
                    throw wrong(AggregateOption.AGGREGATES, aggregates, "one or more of sum, count, min, max, mean");
                }
                measures.add(measure);
            }
            String granularity = required(AggregateOption.GRANULARITY);
            long seconds = Query.parseGranularity(granularity);
            if (seconds == 0) {
                throw wrong(
                        AggregateOption.GRANULARITY,
                        granularity,
                        "a whole number followed by s, m, h, d or day, as in 30m");
            }
            return new Query(
                    time(AggregateOption.FROM),
                    time(AggregateOption.TO),
                    seconds,
                    byUser,
                    byApp,
                    filter(AggregateOption.USER),
                    filter(AggregateOption.APP),
                    measures);
        }

        private int threads() {
            String threads = get(AggregateOption.THREADS);
            if (threads == null) {
                return Runtime.getRuntime().availableProcessors();
            }
            try {
                return Integer.parseInt(threads);
            } catch (NumberFormatException e) {
                throw wrong(AggregateOption.THREADS, threads, "a whole number from 1 to 1024");
            }
        }

        private boolean reportJson() {
            String report = get(AggregateOption.REPORT, "text");
            return switch (report) {
                case "text" -> false;
                case "json" -> true;
                default -> throw wrong(AggregateOption.REPORT, report, "text or json");
            };
        }

        /**
         * Reads {@code YYYY-MM-DD}, alone or followed by {@code HH:MM} or {@code HH:MM:SS}, as seconds since 1970.
         * Every number except the year may have a single digit.
         */
        private long time(AggregateOption option) {
            String text = required(option);
            ByteBuilder whole = new ByteBuilder();
            int at = 0;
            int part = 0;
            for (; part < 6 && at < text.length(); part++) {
                if (part > 0) {
                    int next = separator(text, at, part);
                    if (next < 0) {
                        break;
                    }
                    at = next;
                    whole.add("-- ::".charAt(part - 1));
                }
                int digits = 0;
                while (at + digits < text.length() && Character.digit(text.charAt(at + digits), 10) >= 0) {
                    digits++;
                }
                whole.add(digits == 1 && part > 0 ? "0" : "").add(text.substring(at, at + digits));
                at += digits;
            }
            if (part == 3 || part == 5) {
                whole.add(part == 3 ? " 00:00:00" : ":00");
            }
            RowParser parser = new RowParser();
            if (at < text.length() || !parser.parseTimestamp(whole.bytes, 0, whole.length)) {
                throw wrong(option, text, "YYYY-MM-DD HH:MM:SS or YYYY-MM-DD");
            }
            return parser.seconds;
        }

        /** Returns where the next part of a time begins, or -1 if it is not separated from the part before. */
        private static int separator(String text, int at, int part) {
            if (part != 3 || text.charAt(at) == 'T') {
                return text.charAt(at) == "--T::".charAt(part - 1) ? at + 1 : -1;
            }
            int next = at;
            while (next < text.length() && text.charAt(next) == ' ') {
                next++;
            }
            return next == at ? -1 : next;
        }

        private String required(AggregateOption option) {
            String value = get(option);
            if (value == null && option == AggregateOption.DIMENSIONS && given.containsKey(option)) {
                return "";
            }
            if (value == null) {
                throw new UsageException(
                        "Missing required option: '" + option.names.get(0) + "' (or " + option.variable() + ")");
            }
            return value;
        }

        private boolean isOn(AggregateOption option) {
            String value = get(option, "false");
            return switch (value) {
                case "true" -> true;
                case "false" -> false;
                default -> throw wrong(option, value, "true or false");
            };
        }

        private String get(AggregateOption option, String otherwise) {
            String value = get(option);
            return value == null ? otherwise : value;
        }

        private @Nullable String get(AggregateOption option) {
            String value = given.get(option);
            if (value == null || value.isEmpty()) {
                // An empty value of --dimensions is a value: it asks for totals.
                boolean none = value != null && option == AggregateOption.DIMENSIONS;
                value = none ? null : EnvironmentVariables.value(option.names.get(0), environment);
            }
            return value;
        }

        private static UsageException wrong(AggregateOption option, String value, String expected) {
            return new UsageException(option.names.get(0) + "=" + value + ": expected " + expected);
        }

        /** The names asked for, which may include the empty one, since users and apps may be empty; none means all. */
        private List<String> filter(AggregateOption option) {
            String list = get(option);
            return list == null ? List.of() : split(list);
        }

        /** The names between commas, trimmed, without the empty one. */
        private static List<String> names(String list) {
            List<String> names = split(list);
            names.remove("");
            return names;
        }

        /** The names between commas, trimmed, each of them once. */
        private static List<String> split(String list) {
            List<String> names = new ArrayList<>();
            int from = 0;
            while (from <= list.length()) {
                int comma = list.indexOf(',', from);
                int to = comma < 0 ? list.length() : comma;
                String name = list.substring(from, to).strip();
                if (!names.contains(name)) {
                    names.add(name);
                }
                from = to + 1;
            }
            return names;
        }
    }
}
