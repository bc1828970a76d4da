package downsampling.producer.source;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Event times as they stand in a file: ISO-8601 as the processor reads it, whose tests hold this class to the same table, or a
 * number of seconds or milliseconds since 1970. A time without an offset is in UTC.
 */
final class RecordedTime {
    private static final Pattern EPOCH = Pattern.compile("-?[0-9]{1,30}(\\.[0-9]{1,9})?");
    /** In seconds it is in the year 5138, in milliseconds in 1973: every time between the two has one reading only. */
    private static final BigDecimal FIRST_MILLIS = new BigDecimal(100_000_000_000L);
    /** In milliseconds it is in the year 5138, in microseconds in 1973. */
    private static final BigDecimal FIRST_MICROS = FIRST_MILLIS.scaleByPowerOfTen(3);

    private static final BigDecimal FIRST_NANOS = FIRST_MICROS.scaleByPowerOfTen(3);

    private static final Pattern ISO =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
                    + "(?:(?<=:[0-9]{2}:[0-9]{2})[.,]([0-9]++))?"
                    + "(?: ?([Zz])| ?([+-][0-9]{2}(?:(:?)[0-9]{2}(?:\\6[0-9]{2})?)?))?");

    private static final Pattern BASIC =
            Pattern.compile("([0-9]{4})([0-9]{2})([0-9]{2})[Tt ]([0-9]{2})([0-9]{2})([0-9]{2})?((?![0-9:]).*)");

    /** What people write as a time, but is not read. */
    private static final Map<Pattern, String> LOOKS_LIKE = new LinkedHashMap<>();

    static {
        String date = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
        looksLike("[0-9]{4}-?[Ww][0-9]{2}.*", "a week date");
        looksLike("[0-9]{4}-?[0-9]{3}(?:[Tt ].*)?", "an ordinal date");
        looksLike(date + "[Zz]?", "a date without a time");
        looksLike("[0-9]{14}", "the basic form without its T");
        looksLike("[0-9]{8}[Tt ][0-9]{2}:.*|" + date + "[Tt ][0-9]{4}.*", "basic and extended form in one");
        looksLike("(?:[+-][0-9]+|[0-9]{2}|[0-9]{5,})-[0-9]{2}-[0-9]{2}.*", "a year of other than four digits");
        looksLike(date + "[Tt ][0-9:.,+Zz-]+ ?(?:\\[.*]|[A-Za-z_/]{2,})", "a zone by its name");
        looksLike("[0-9]+,[0-9]+", "a number with a decimal comma");
    }

    private RecordedTime() {}

    private static void looksLike(String pattern, String what) {
        LOOKS_LIKE.put(Pattern.compile(pattern), what);
    }

    /** @throws NotAReadingException if the text is neither; it says what it looks like, if that is known */
    static Instant parse(String text) throws NotAReadingException {
        try {
            return EPOCH.matcher(text).matches() ? epoch(text) : iso(text);
        } catch (DateTimeException | ArithmeticException e) {
            throw neither(text, "");
        }
    }

    private static Instant epoch(String text) throws NotAReadingException {
        BigDecimal epoch = new BigDecimal(text);
        if (epoch.compareTo(FIRST_MICROS) >= 0) {
            throw neither(text, epoch.compareTo(FIRST_NANOS) < 0 ? "microseconds" : "nanoseconds");
        }
        String date = looksLike(text);
        if (!date.isEmpty()) {
            throw neither(text, date);
        }
        boolean millis = epoch.abs().compareTo(FIRST_MILLIS) >= 0;
        BigDecimal nanos = epoch.movePointRight(millis ? 6 : 9);
        BigDecimal[] parts =
                nanos.divideToIntegralValue(BigDecimal.ONE).divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
        return Instant.ofEpochSecond(parts[0].longValueExact(), parts[1].longValueExact());
    }

    private static Instant iso(String text) throws NotAReadingException {
        Matcher basic = BASIC.matcher(text);
        String extended = basic.matches()
                ? basic.replaceFirst("$1-$2-$3T$4:$5" + (basic.group(6) == null ? "" : ":$6") + "$7")
                : text;
        Matcher iso = ISO.matcher(extended);
        if (!iso.matches()) {
            throw neither(text, looksLike(extended));
        }
        String clock = iso.group(2);
        String fraction = iso.group(3) == null ? "" : iso.group(3);
        boolean endOfDay = clock.matches("24:00(:00)?") && fraction.matches("0*");
        try {
            ZoneOffset offset = iso.group(5) == null ? ZoneOffset.UTC : ZoneOffset.of(iso.group(5));
            return LocalDate.parse(iso.group(1))
                    .plusDays(endOfDay ? 1 : 0)
                    .atTime(endOfDay ? LocalTime.MIDNIGHT : LocalTime.parse(clock))
                    .toInstant(offset)
                    .plusNanos(Integer.parseInt((fraction + "0".repeat(9)).substring(0, 9)));
        } catch (DateTimeException e) {
            throw neither(
                    text, clock.endsWith(":59:60") ? "a leap second" : "a day, time or offset that does not exist");
        }
    }

    /** What a text looks like that is no time; empty if that is not known. */
    private static String looksLike(String text) {
        return LOOKS_LIKE.entrySet().stream()
                .filter(like -> like.getKey().matcher(text).matches())
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse("");
    }

    private static NotAReadingException neither(String text, String looksLike) {
        return new NotAReadingException("time '" + text + "' is neither ISO-8601 nor epoch s or ms"
                + (looksLike.isEmpty() ? "" : "; it looks like " + looksLike));
    }
}
