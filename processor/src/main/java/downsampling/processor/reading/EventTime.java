package downsampling.processor.reading;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ISO-8601 timestamps, by a pattern.
 *
 * <p>A date, a {@code T} or a blank, hours and minutes, seconds where there are some, with a fraction of any length after a
 * point or a comma; then {@code Z}, an offset or nothing. The days and hours are those of the calendar and the clock: no 24:00,
 * no leap second. {@code times.csv} among the tests holds the cases, and the CSV replay and the live page read by the same rules.
 * {@link PlainTime} reads the common shapes faster.
 */
public final class EventTime {
    private static final Pattern ISO = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
            + "(?::([0-9]{2})(?:[.,]([0-9]++))?)?"
            + "(?: ?([Zz])| ?([+-])([0-9]{2})(?:(:?)([0-9]{2})(?:\\11([0-9]{2}))?)?)?");

    private EventTime() {}

    /**
     * Milliseconds since the epoch, a finer fraction cut off; negative before 1970.
     *
     * @param zone the zone of a timestamp that names none
     * @throws DateTimeException if the text is no ISO-8601 timestamp
     */
    public static long parse(String text, ZoneId zone) {
        Matcher iso = ISO.matcher(text);
        if (!iso.matches()) {
            throw new DateTimeException("no ISO-8601 timestamp");
        }
        LocalDateTime local = LocalDateTime.of(
                number(iso, 1), number(iso, 2), number(iso, 3), number(iso, 4), number(iso, 5), number(iso, 6));
        String fraction = iso.group(7) == null ? "" : iso.group(7);
        int millis = Integer.parseInt((fraction + "000").substring(0, 3));
        return local.atZone(zone(iso, zone)).toEpochSecond() * 1000 + millis;
    }

    private static ZoneId zone(Matcher iso, ZoneId otherwise) {
        if (iso.group(8) != null) {
            return ZoneOffset.UTC;
        }
        if (iso.group(9) == null) {
            return otherwise;
        }
        int sign = iso.group(9).equals("-") ? -1 : 1;
        return ZoneOffset.ofHoursMinutesSeconds(sign * number(iso, 10), sign * number(iso, 12), sign * number(iso, 13));
    }

    /** Zero for a part that is left out. */
    private static int number(Matcher iso, int group) {
        return iso.group(group) == null ? 0 : Integer.parseInt(iso.group(group));
    }
}
