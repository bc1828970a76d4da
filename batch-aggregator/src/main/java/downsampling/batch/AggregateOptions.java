package downsampling.batch;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a run of {@code aggregate} is to do.
 *
 * @param threads 1 to 1024
 * @param result the file to write; null for standard output
 * @param rejects the file for rejected lines; null for none
 * @param strict whether the run ends at the first rejected line
 * @param index whether indexes of users are used, and made where there are none
 * @param reportJson whether the report is JSON on standard output, rather than text
 * @param quiet whether there is no report in text
 */
record AggregateOptions(
        Query query,
        int threads,
        File inputDir,
        File result,
        Format format,
        File rejects,
        boolean strict,
        boolean index,
        boolean reportJson,
        boolean quiet) {

    enum Format {
        CSV,
        JSON,
        TABLE
    }

    AggregateOptions {
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("--threads=" + threads + ": expected a whole number from 1 to 1024");
        }
    }

    /**
     * From options as they were given, and what was not from the environment.
     *
     * @throws IllegalArgumentException with option, value and what is allowed
     */
    static AggregateOptions of(Map<AggregateOption, String> given, Map<String, String> environment) {
        return new Reader(given, environment).read();
    }

    private record Reader(Map<AggregateOption, String> given, Map<String, String> environment) {

        AggregateOptions read() {
            String format = get(AggregateOption.FORMAT, "csv");
            String extension = switch (format) {
                case "csv", "json" -> format;
                case "table" -> "txt";
                default -> throw wrong(AggregateOption.FORMAT, format, "csv, json or table");
            };
            String output = get(AggregateOption.OUTPUT, "result.".concat(extension));
            String resultsDir = get(AggregateOption.RESULTS_DIR, "./results");
            String rejects = get(AggregateOption.REJECTS, null);
            return new AggregateOptions(
                    query(),
                    threads(),
                    new File(get(AggregateOption.INPUT_DIR, "./csv_logs")),
                    output.equals("-") ? null : resolve(resultsDir, output),
                    format.equals("csv") ? Format.CSV : format.equals("json") ? Format.JSON : Format.TABLE,
                    rejects == null ? null : new File(rejects),
                    isOn(AggregateOption.STRICT),
                    isOn(AggregateOption.INDEX),
                    reportJson(),
                    isOn(AggregateOption.QUIET));
        }

        private static File resolve(String folder, String name) {
            File file = new File(name);
            return (file.isAbsolute() ? file : new File(folder, name)).getAbsoluteFile();
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
                    throw wrong(AggregateOption.AGGREGATES, aggregates, "some of sum, count, min, max, mean");
                }
                measures.add(measure);
            }
            String granularity = required(AggregateOption.GRANULARITY);
            long seconds = Query.parseGranularity(granularity);
            if (seconds == 0) {
                throw wrong(AggregateOption.GRANULARITY, granularity, "a whole number of s, m, h, d or day, as in 30m");
            }
            return new Query(
                    time(AggregateOption.FROM),
                    time(AggregateOption.TO),
                    seconds,
                    byUser,
                    byApp,
                    names(get(AggregateOption.USER, "")),
                    names(get(AggregateOption.APP, "")),
                    measures);
        }

        private int threads() {
            String threads = get(AggregateOption.THREADS, null);
            try {
                return threads == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(threads);
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

        /** Seconds since 1970 of {@code YYYY-MM-DD}, alone or with {@code HH:MM} or {@code HH:MM:SS}. */
        private long time(AggregateOption option) {
            String text = required(option);
            int length = text.length();
            String whole =
                    length == 10 || length == 16 ? text.concat(" 00:00:00".substring(length == 10 ? 0 : 6)) : text;
            byte[] time = whole.getBytes(StandardCharsets.UTF_8);
            if (time.length == 19 && time[10] == 'T') {
                time[10] = ' ';
            }
            RowParser parser = new RowParser();
            if (!parser.parseTimestamp(time, 0, time.length)) {
                throw wrong(option, text, "YYYY-MM-DD HH:MM:SS or YYYY-MM-DD");
            }
            return parser.seconds;
        }

        private String required(AggregateOption option) {
            String value = get(option, null);
            if (value == null && !given.containsKey(option)) {
                throw new IllegalArgumentException(
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
            String value = given.get(option);
            if (value == null) {
                value = environment.get(option.variable());
            }
            return value == null ? otherwise : value;
        }

        private static IllegalArgumentException wrong(AggregateOption option, String value, String expected) {
            return new IllegalArgumentException(option.names.get(0) + "=" + value + ": expected " + expected);
        }

        /** The names between commas, trimmed, without empty ones. */
        private static List<String> names(String list) {
            List<String> names = new ArrayList<>();
            int from = 0;
            while (from <= list.length()) {
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
    }
}
