package downsampling.processor.reading;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * ISO-8601 timestamps, by a pattern.
 *
 * <p>A calendar date, a {@code T} or a blank, hours and minutes, seconds where there are some, with a fraction of any length after
 * a point or a comma; then {@code Z}, an offset or nothing. Date and time are in the extended or in the basic form. The days and
 * hours are those of the calendar and the clock, and 24:00 is the end of a day; there is no leap second. {@code times.csv} among
 * the tests holds the cases, and the CSV replay and the live page read by the same rules. {@link PlainTime} reads the common
 * shapes faster.
 */
public final class EventTime {
    private static final Pattern ISO = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
            + "(?::([0-9]{2})(?:[.,]([0-9]++))?)?"
            + "(?: ?([Zz])| ?([+-])([0-9]{2})(?:(:?)([0-9]{2})(?:\\11([0-9]{2}))?)?)?");

    private static final Pattern BASIC =
            Pattern.compile("([0-9]{4})([0-9]{2})([0-9]{2})[Tt ]([0-9]{2})([0-9]{2})([0-9]{2})?((?![0-9:]).*)");

    /** What people write as a time, but is not read. */
    private static final Map<Pattern, String> LOOKS_LIKE = new LinkedHashMap<>();

    static {
        String date = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
        looksLike("[0-9]{4}-?[Ww][0-9]{2}.*", "a week date");
        looksLike("[0-9]{4}-?[0-9]{3}(?:[Tt ].*)?", "an ordinal date");
        looksLike(date + "[Zz]?|[0-9]{8}", "a date without a time");
        looksLike("[0-9]{14}", "the basic form without its T");
        looksLike("[0-9]{8}[Tt ][0-9]{2}:.*|" + date + "[Tt ][0-9]{4}.*", "basic and extended form in one");
        looksLike("(?:[+-][0-9]+|[0-9]{2}|[0-9]{5,})-[0-9]{2}-[0-9]{2}.*", "a year of other than four digits");
        looksLike(date + "[Tt ][0-9:.,+Zz-]+ ?(?:\\[.*]|[A-Za-z_/]{2,})", "a zone by its name");
        looksLike("[0-9]+,[0-9]+", "a number with a decimal comma");
    }

    private final LocalDateTime local;
    private final ZoneId zone;
    private final int millis;
    private final @Nullable ZoneOffsetTransition change;

    private EventTime(LocalDateTime local, ZoneId zone, int millis) {
        this.local = local;
        this.zone = zone;
        this.millis = millis;
        change = zone.getRules().getTransition(local);
    }

    private static void looksLike(String pattern, String what) {
        LOOKS_LIKE.put(Pattern.compile(pattern), what);
    }

    /** What a text looks like that is no timestamp; empty if that is not known. */
    static String looksLike(String text) {
        return LOOKS_LIKE.entrySet().stream()
                .filter(like -> like.getKey().matcher(text).matches())
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse("");
    }

    /**
     * Milliseconds since the epoch, a finer fraction cut off; negative before 1970. Of a local time that the zone has twice, the
     * earlier one; one that it leaves out is read by the offset before the change.
     *
     * @param zone the zone of a timestamp that names none
     * @throws DateTimeException if the text is no ISO-8601 timestamp; the message says what it looks like, or is empty
     */
    public static long parse(String text, ZoneId zone) {
        return of(text, zone).earlier();
    }

    /** As {@link #parse}, before it is decided which of two instants is meant. */
    static EventTime of(String text, ZoneId zone) {
        Matcher basic = BASIC.matcher(text);
        String extended = basic.matches() ? extended(basic) : text;
        Matcher iso = ISO.matcher(extended);
        if (!iso.matches()) {
            throw new DateTimeException(looksLike(extended));
        }
        int minute = number(iso, 5);
        int second = number(iso, 6);
        String fraction = iso.group(7) == null ? "" : iso.group(7);
        int millis = Integer.parseInt((fraction + "000").substring(0, 3));
        try {
            boolean endOfDay = iso.group(4).equals("24") && minute == 0 && second == 0 && fraction.matches("0*");
            LocalDateTime local = LocalDateTime.of(
                    number(iso, 1), number(iso, 2), number(iso, 3), endOfDay ? 0 : number(iso, 4), minute, second);
            return new EventTime(local.plusDays(endOfDay ? 1 : 0), zone(iso, zone), millis);
        } catch (DateTimeException e) {
            throw new DateTimeException(
                    second == 60 && minute == 59 ? "a leap second" : "a day, time or offset that does not exist", e);
        }
    }

    private static String extended(Matcher basic) {
        return basic.replaceFirst("$1-$2-$3T$4:$5" + (basic.group(6) == null ? "" : ":$6") + "$7");
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

    /** Whether the zone has this local time twice or not at all. */
    boolean isAmbiguous() {
        return change != null;
    }

    /**
     * The instant that is meant: of two the one nearer to when the record was written, but none that is too far ahead of that. It
     * depends on nothing but the record, so that whoever reads it again comes to the same.
     *
     * @param timestamp of the record, in epoch milliseconds; negative if it has none
     * @param maxAhead  by how many milliseconds an event time may be ahead of the clock
     */
    long near(long timestamp, long maxAhead) {
        long earlier = earlier();
        if (change == null || change.isGap() || timestamp < 0) {
            return earlier;
        }
        long later = earlier + change.getDuration().abs().toMillis();
        return later - timestamp <= maxAhead && later - timestamp < timestamp - earlier ? later : earlier;
    }

    private long earlier() {
        return local.atZone(zone).toEpochSecond() * 1000 + millis;
    }
}
