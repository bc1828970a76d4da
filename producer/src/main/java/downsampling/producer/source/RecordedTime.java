package downsampling.producer.source;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
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

    private RecordedTime() {}

    /** @throws NotAReadingException if the text is neither */
    static Instant parse(String text) throws NotAReadingException {
        try {
            return EPOCH.matcher(text).matches() ? epoch(text) : iso(text);
        } catch (DateTimeException | ArithmeticException e) {
            throw new NotAReadingException(isNeither(text));
        }
    }

    private static Instant epoch(String text) throws NotAReadingException {
        BigDecimal epoch = new BigDecimal(text);
        if (epoch.compareTo(FIRST_MICROS) >= 0) {
            throw new NotAReadingException(isNeither(text) + "; it looks like "
                    + (epoch.compareTo(FIRST_NANOS) < 0 ? "microseconds" : "nanoseconds"));
        }
        boolean millis = epoch.abs().compareTo(FIRST_MILLIS) >= 0;
        BigDecimal nanos = epoch.movePointRight(millis ? 6 : 9);
        BigDecimal[] parts =
                nanos.divideToIntegralValue(BigDecimal.ONE).divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
        return Instant.ofEpochSecond(parts[0].longValueExact(), parts[1].longValueExact());
    }

    private static Instant iso(String text) {
        Matcher iso = ISO.matcher(text);
        if (!iso.matches()) {
            throw new DateTimeException("no ISO-8601 timestamp");
        }
        ZoneOffset offset = iso.group(5) == null ? ZoneOffset.UTC : ZoneOffset.of(iso.group(5));
        int nanos = iso.group(3) == null ? 0 : Integer.parseInt((iso.group(3) + "0".repeat(9)).substring(0, 9));
        return LocalDate.parse(iso.group(1))
                .atTime(LocalTime.parse(iso.group(2)))
                .toInstant(offset)
                .plusNanos(nanos);
    }

    private static String isNeither(String text) {
        return "time '" + text + "' is neither ISO-8601 nor epoch s or ms";
    }
}
