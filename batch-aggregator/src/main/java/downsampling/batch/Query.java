package downsampling.batch;

import java.io.Serializable;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;

/**
 * What is asked of the log files. Times are seconds since 1970-01-01 00:00:00, without a zone.
 *
 * @param from the first second of the range
 * @param to the first second after the range, not before {@code from}
 * @param granularity length of a period in seconds, at least 1; periods are counted from 1970-01-01 00:00:00, and no
 *     period of the range begins before the year 0
 * @param byUser whether each user has groups of its own
 * @param byApp whether each app has groups of its own
 * @param users the users to count; empty for all
 * @param apps the apps to count; empty for all
 * @param measures the columns of each metric, in this order; at least one
 */
record Query(
        long from,
        long to,
        long granularity,
        boolean byUser,
        boolean byApp,
        List<String> users,
        List<String> apps,
        List<Measure> measures)
        implements Serializable {

    private static final long YEAR_0 = -62_167_219_200L;

    Query {
        if (to < from) {
            throw new UsageException("--to_datetime=" + LocalDateTime.ofEpochSecond(to, 0, ZoneOffset.UTC)
                    + " lies before --from_datetime=" + LocalDateTime.ofEpochSecond(from, 0, ZoneOffset.UTC));
        }
        if (granularity < 1) {
            throw new UsageException("--granularity: expected at least one second");
        }
        if (Math.floorDiv(from, granularity) * granularity < YEAR_0) {
            throw new UsageException("--granularity=" + granularity
                    + "s: expected a granularity with which the first period begins in the year 0000 or later");
        }
        if (measures.isEmpty()) {
            throw new UsageException("--aggregates: expected one or more of sum, count, min, max, mean");
        }
        users = List.copyOf(users);
        apps = List.copyOf(apps);
        measures = List.copyOf(measures);
    }

    /** The day of the first second, in days since 1970-01-01. */
    long firstDay() {
        return Math.floorDiv(from, 86400L);
    }

    /** The day of the last second, in days since 1970-01-01; before the first when the range is empty at midnight. */
    long lastDay() {
        return Math.floorDiv(to - 1, 86400L);
    }

    /** Whether the user of a row matters. */
    boolean wantsUser() {
        return byUser || !users.isEmpty();
    }

    /** Whether the app of a row matters. */
    boolean wantsApp() {
        return byApp || !apps.isEmpty();
    }

    boolean wantsCounts() {
        return measures.contains(Measure.COUNT) || measures.contains(Measure.MEAN);
    }

    boolean wantsExtremes() {
        return measures.contains(Measure.MIN) || measures.contains(Measure.MAX);
    }

    /**
     * Reads a number and a unit, as in {@code 30m} or {@code 1day}, as seconds; 0 if it is neither, or out of range.
     */
    static long parseGranularity(String text) {
        int digits = 0;
        long number = 0;
        while (digits < text.length() && digits < 12 && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            number = 10 * number + text.charAt(digits++) - '0';
        }
        long unit = switch (text.substring(digits)) {
            case "s" -> 1;
            case "m" -> 60;
            case "h" -> 3600;
            case "d", "day" -> 86400;
            default -> 0;
        };
        return number * unit;
    }
}
