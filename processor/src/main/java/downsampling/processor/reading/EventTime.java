package downsampling.processor.reading;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ISO-8601 timestamps, read quickly in the shape nearly every producer writes and by a pattern in all others.
 *
 * <p>A date, a {@code T} or a blank, hours and minutes, seconds where there are some, with a fraction of any length after a
 * point or a comma; then {@code Z}, an offset or nothing. The days and hours are those of the calendar and the clock: no 24:00,
 * no leap second. {@code times.csv} among the tests holds the cases, and the CSV replay and the live page read by the same rules.
 *
 * <p>The quick way accepts {@code yyyy-MM-ddTHH:mm:ss}, optionally with a fraction of up to nine digits, then {@code Z}, or
 * nothing where the zone for such times is UTC; it is several times faster than a pattern and makes no garbage. Whatever
 * it does not recognise to the last character goes to the pattern, which also decides what an error is.
 */
public final class EventTime {
    private static final Pattern ISO = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
            + "(?::([0-9]{2})(?:[.,]([0-9]++))?)?"
            + "(?: ?([Zz])| ?([+-])([0-9]{2})(?:(:?)([0-9]{2})(?:\\11([0-9]{2}))?)?)?");

    /** Bytes of {@code yyyy-MM-dd}. */
    static final int DATE_LENGTH = 10;

    private static final int[] DAYS_BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    private static final int[] DAYS_IN_MONTH = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private EventTime() {}

    /**
     * Milliseconds since the epoch, a finer fraction cut off; negative before 1970.
     *
     * @param text UTF-8
     * @param zone the zone of a timestamp that names none
     * @throws DateTimeException if the text is no ISO-8601 timestamp
     */
    public static long parse(byte[] text, int offset, int length, ZoneId zone) {
        long quick = quick(text, offset, length, zone);
        if (quick >= 0) {
            return quick;
        }
        Matcher iso = ISO.matcher(new String(text, offset, length, StandardCharsets.UTF_8));
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

    /** The same where the text has the common shape and lies in 1970 to 9999, else -1. */
    static long quick(byte[] t, int o, int length, ZoneId zone) {
        long day = length < DATE_LENGTH ? -1 : date(t, o);
        long time = timeOfDay(t, o + DATE_LENGTH, o + length, zone.equals(ZoneOffset.UTC));
        return day < 0 || time < 0 || (time & 0xFF) != length - DATE_LENGTH ? -1 : day + (time >>> 8);
    }

    /** The first millisecond of a day, {@code yyyy-MM-dd}, from 1970 to 9999; -1 where there is none at this index. */
    static long date(byte[] t, int o) {
        if (t[o + 4] != '-' || t[o + 7] != '-') {
            return -1;
        }
        int year = two(t, o) * 100 + two(t, o + 2);
        int month = two(t, o + 5);
        int day = two(t, o + 8);
        // A character that is no digit made its part negative, see two().
        if (year < 1970 || month < 1 || month > 12 || day < 1) {
            return -1;
        }
        boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (day > DAYS_IN_MONTH[month - 1] + (leap && month == 2 ? 1 : 0)) {
            return -1;
        }
        int before = year - 1;
        long days = 365L * (year - 1970)
                + (before / 4 - before / 100 + before / 400)
                - 477 // leap days before 1970
                + DAYS_BEFORE_MONTH[month - 1]
                + (leap && month > 2 ? 1 : 0)
                + day
                - 1;
        return days * 86_400_000;
    }

    /**
     * The time of day that begins with {@code T} at an index, and ends with {@code Z}, or without one where that means the same.
     *
     * @param end no byte from here on is read
     * @param utc whether a time that names no zone is in UTC
     * @return milliseconds since midnight, shifted by eight bits, and in those how many bytes it takes; -1 where there is none
     */
    static long timeOfDay(byte[] t, int o, int end, boolean utc) {
        if (end - o < 9 || t[o] != 'T' || t[o + 3] != ':' || t[o + 6] != ':') {
            return -1;
        }
        int hour = two(t, o + 1);
        int minute = two(t, o + 4);
        int second = two(t, o + 7);
        int at = o + 9;
        int millis = 0;
        if (at < end && t[at] == '.') {
            int unit = 100;
            int first = ++at;
            for (; at < end && t[at] >= '0' && t[at] <= '9'; at++, unit /= 10) {
                millis += (t[at] - '0') * unit;
            }
            if (at == first || at - first > 9) {
                return -1;
            }
        }
        if (at < end && t[at] == 'Z') {
            at++;
        } else if (!utc) {
            return -1;
        }
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
            return -1;
        }
        return ((hour * 60 + minute) * 60_000L + second * 1000L + millis) << 8 | at - o;
    }

    /** Two digits as a number, or one so negative that no sum with it is taken for a date. */
    private static int two(byte[] t, int at) {
        int tens = t[at] - '0';
        int ones = t[at + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1_000_000 : tens * 10 + ones;
    }
}
