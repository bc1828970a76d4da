package downsampling.page;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The number of one field of a raw reading, as a point to draw.
 *
 * @param time event time, in milliseconds since the epoch
 */
record Reading(Sensor sensor, String field, long time, double value) {

    /**
     * A reading without its sensor.
     *
     * @param values of the fields, in their order; NaN for those that it does not have, which are not all
     */
    record Values(long time, double[] values) {}

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    /** The times that the processor reads; the tests of both use one table, {@code times.csv}. */
    private static final Pattern TIME =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
                    + "(?:(?<=:[0-9]{2}:[0-9]{2})[.,]([0-9]++))?"
                    + "(?: ?([Zz])| ?([+-][0-9]{2}(?:(:?)[0-9]{2}(?:\\6[0-9]{2})?)?))?");

    private static final Pattern BASIC_TIME =
            Pattern.compile("([0-9]{4})([0-9]{2})([0-9]{2})[Tt ]([0-9]{2})([0-9]{2})([0-9]{2})?((?![0-9:]).*)");

    private static final Pattern EPOCH_IN_TEXT = Pattern.compile("[0-9]{1,30}(?:\\.[0-9]{1,9})?");

    /** 1990 and 2100: a number that is a time between them in another unit only is meant in that one. */
    private static final long FIRST_LIKELY = 631_152_000_000L;

    private static final long LAST_LIKELY = 4_102_444_800_000L;

    private static final long USUAL_MAX_AHEAD = 60_000;

    /**
     * Reads what the processor accepts as a reading, such as {@code {"ts":"2025-01-01T12:00:00Z","value":42}}, where the time has
     * {@code Z}, an offset or none, or is a number, also in a text; also a JSON string that holds such JSON.
     *
     * @param timestamp of the record, in milliseconds since the epoch: of two instants that a local time means, the nearer one is
     *     taken, as the processor does with its usual {@code --max-ahead}
     * @return null if it is no reading; the processor then says why, on the dead-letter topic
     */
    static @Nullable Values parse(byte @Nullable [] json, long timestamp, MessageFormat format) {
        if (json == null) {
            return null;
        }
        try {
            JsonNode message = JSON.readTree(json);
            if (message.isTextual()) {
                message = JSON.readTree(message.textValue());
            }
            double[] values = message.isObject() ? values(message, format) : null;
            return values == null ? null : new Values(time(message, timestamp, format), values);
        } catch (IOException | DateTimeException | ArithmeticException e) {
            return null;
        }
    }

    /** Null if there are none, or something else than a number stands in their place. */
    private static double @Nullable [] values(JsonNode message, MessageFormat format) {
        double[] values = new double[format.pointers().size()];
        boolean some = false;
        for (int i = 0; i < values.length; i++) {
            JsonNode value = message.at(format.pointers().get(i));
            boolean missing = value.isMissingNode() || value.isNull();
            values[i] = missing ? Double.NaN : value.doubleValue();
            if (!missing && (!value.isNumber() || !Double.isFinite(values[i]))) {
                return null;
            }
            some |= !missing;
        }
        return some ? values : null;
    }

    private static long time(JsonNode message, long timestamp, MessageFormat format) {
        if (format.time() == null) {
            return timestamp;
        }
        JsonNode time = message.at(format.time());
        if (time.isTextual()) {
            String text = time.textValue();
            return EPOCH_IN_TEXT.matcher(text).matches()
                    ? millis(new BigDecimal(text), format.unit(), true)
                    : time(text, timestamp, format.zone());
        }
        if (!time.isNumber() || !Double.isFinite(time.doubleValue())) {
            throw new DateTimeException("no time");
        }
        return millis(time.decimalValue(), format.unit(), false);
    }

    /** @param inText whether a date could be meant by it, too, unless it is a likely time */
    private static long millis(BigDecimal number, EpochUnit unit, boolean inText) {
        if (!isLikely(number, unit)
                && (inText || Stream.of(EpochUnit.values()).anyMatch(other -> isLikely(number, other)))) {
            throw new DateTimeException("a time in another unit");
        }
        return number.movePointRight(unit.digitsToMillis())
                .setScale(0, RoundingMode.FLOOR)
                .longValueExact();
    }

    private static boolean isLikely(BigDecimal number, EpochUnit unit) {
        double millis = number.doubleValue() * Math.pow(10, unit.digitsToMillis());
        return millis >= FIRST_LIKELY && millis < LAST_LIKELY;
    }

    private static long time(String text, long timestamp, ZoneId zone) {
        Matcher basic = BASIC_TIME.matcher(text);
        Matcher time = TIME.matcher(
                basic.matches()
                        ? basic.replaceFirst("$1-$2-$3T$4:$5" + (basic.group(6) == null ? "" : ":$6") + "$7")
                        : text);
        if (!time.matches()) {
            throw new DateTimeException("no ISO-8601 timestamp");
        }
        String clock = time.group(2);
        String fraction = time.group(3) == null ? "" : time.group(3);
        boolean endOfDay = clock.matches("24:00(:00)?") && fraction.matches("0*");
        LocalDateTime local = LocalDate.parse(time.group(1))
                .plusDays(endOfDay ? 1 : 0)
                .atTime(endOfDay ? LocalTime.MIDNIGHT : LocalTime.parse(clock));
        ZoneId of =
                time.group(4) != null ? ZoneOffset.UTC : time.group(5) != null ? ZoneOffset.of(time.group(5)) : zone;
        int millis = Integer.parseInt((fraction + "000").substring(0, 3));
        long earlier = local.atZone(of).toEpochSecond() * 1000 + millis;
        long later = local.atZone(of).withLaterOffsetAtOverlap().toEpochSecond() * 1000 + millis;
        boolean isLater = later - timestamp <= USUAL_MAX_AHEAD && later - timestamp < timestamp - earlier;
        return timestamp >= 0 && isLater ? later : earlier;
    }
}
