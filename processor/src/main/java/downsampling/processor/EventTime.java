package downsampling.processor;

import static java.time.format.DateTimeFormatter.ISO_LOCAL_DATE;
import static java.time.format.DateTimeFormatter.ISO_LOCAL_TIME;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;

/**
 * ISO-8601 timestamps, read quickly in the shape nearly every producer writes and by {@code java.time} in all others.
 *
 * <p>The quick way takes {@code yyyy-MM-ddTHH:mm:ss}, optionally with a fraction of up to nine digits, then {@code Z}, or
 * nothing where the zone for such times is UTC; it is several times faster than a formatter and makes no garbage. Whatever
 * it does not recognise to the last character goes to the formatter, which also decides what an error is.
 */
final class EventTime {
    private static final DateTimeFormatter ISO = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(ISO_LOCAL_DATE)
            .appendLiteral('T')
            .append(ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffset("+HH:MM", "Z")
            .optionalEnd()
            .optionalStart()
            .appendOffset("+HHmm", "+00") // and +HH
            .optionalEnd()
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT); // or 30 February would be taken for the 28th

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
    static long parse(byte[] text, int offset, int length, ZoneId zone) {
        long quick = quick(text, offset, length, zone);
        if (quick >= 0) {
            return quick;
        }
        String iso = new String(text, offset, length, StandardCharsets.UTF_8);
        if (iso.length() > 10 && iso.charAt(10) == ' ') { // what Python's str(datetime) writes
            iso = iso.substring(0, 10) + 'T' + iso.substring(11);
        }
        TemporalAccessor parsed = ISO.parseBest(iso, Instant::from, LocalDateTime::from);
        Instant instant =
                parsed instanceof LocalDateTime local ? local.atZone(zone).toInstant() : (Instant) parsed;
        try {
            return instant.toEpochMilli();
        } catch (ArithmeticException e) {
            throw new DateTimeException("beyond what milliseconds can count", e);
        }
    }

    /** The same where the text has the common shape and lies in 1970 to 9999, else -1. */
    static long quick(byte[] t, int o, int length, ZoneId zone) {
        if (length < 19
                || t[o + 4] != '-'
                || t[o + 7] != '-'
                || t[o + 10] != 'T'
                || t[o + 13] != ':'
                || t[o + 16] != ':') {
            return -1;
        }
        int year = two(t, o) * 100 + two(t, o + 2);
        int month = two(t, o + 5);
        int day = two(t, o + 8);
        int hour = two(t, o + 11);
        int minute = two(t, o + 14);
        int second = two(t, o + 17);
        int end = o + length;
        int at = o + 19;
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
        boolean utc = at == end ? zone.equals(ZoneOffset.UTC) : at + 1 == end && t[at] == 'Z';
        // A character that is no digit made its part negative, see two().
        if (!utc
                || year < 1970
                || month < 1
                || month > 12
                || day < 1
                || hour < 0
                || hour > 23
                || minute < 0
                || minute > 59
                || second < 0
                || second > 59) {
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
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000L + millis;
    }

    /** Two digits as a number, or one so negative that no sum with it is taken for a date. */
    private static int two(byte[] t, int at) {
        int tens = t[at] - '0';
        int ones = t[at + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1_000_000 : tens * 10 + ones;
    }
}
