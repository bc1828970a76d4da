package downsampling.batch;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code aggregate} tells people and programs about a run, on whatever engine. */
final class AggregateReport {

    /** How many rejected lines are described. */
    static final int REJECTS_SHOWN = 5;

    private AggregateReport() {}

    /**
     * Names the days without a log file in one line; null when there are none.
     *
     * @param days the days with one, in order
     * @param first the first day asked for
     * @param last the last day asked for
     */
    static String missingDays(String inputDir, List<Long> days, long first, long last) {
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
        return "aggregate: no log file in " + inputDir + " for " + count + (count == 1 ? " day: " : " days: ")
                + String.join(", ", missing);
    }

    private static void addDays(List<String> missing, long first, long last) {
        if (first == last) {
            missing.add(LocalDate.ofEpochDay(first).toString());
        } else if (first < last) {
            missing.add(LocalDate.ofEpochDay(first) + " to " + LocalDate.ofEpochDay(last));
        }
    }

    /**
     * Warns about rejected lines, in several lines.
     *
     * @param kept where they are kept; null when they are not
     * @param keeping the option that keeps them
     * @param first a description of each of the first ones
     */
    static List<String> rejects(long count, String kept, String keeping, List<String> first) {
        List<String> lines = new ArrayList<>();
        lines.add("aggregate: warning: " + RunReport.grouped(count)
                + (count == 1 ? " line is no log row and was rejected" : " lines are no log rows and were rejected")
                + (kept == null ? " (" + keeping + " keeps them):" : ", see " + kept + ":"));
        for (String message : first) {
            lines.add("  ".concat(message));
        }
        if (count > first.size()) {
            lines.add("  and " + RunReport.grouped(count - first.size()) + " more");
        }
        return lines;
    }

    /** @param saved where the result is; null when there is none */
    static String json(int files, Account account, long groups, String saved, long milliseconds) {
        Text json = new Text();
        json.add("{\"files\":").add(files);
        json.add(",\"read\":").add(account.read());
        json.add(",\"aggregated\":").add(account.aggregated());
        json.add(",\"filtered_out\":").add(account.filteredOut());
        json.add(",\"rejected\":").add(account.rejected());
        json.add(",\"groups\":").add(groups);
        json.add(",\"result\":");
        if (saved == null) {
            json.add("null");
        } else {
            json.addJson(saved);
        }
        return json.add(",\"milliseconds\":").add(milliseconds).add('}').toString();
    }

    /** @param saved where the result is; null when there is none */
    static String text(int files, Account account, long groups, String saved, List<RunReport.Phase> phases) {
        Map<String, String> results = new LinkedHashMap<>();
        results.put("files", RunReport.grouped(files));
        results.put("rows read", RunReport.grouped(account.read()));
        results.put("  aggregated", RunReport.grouped(account.aggregated()));
        results.put("  filtered out", RunReport.grouped(account.filteredOut()));
        results.put("  rejected", RunReport.grouped(account.rejected()));
        results.put("groups", RunReport.grouped(groups));
        results.put("result", saved == null ? "none" : saved);
        return RunReport.of("Aggregated", results, phases);
    }
}
