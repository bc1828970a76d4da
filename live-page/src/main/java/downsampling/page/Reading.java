package downsampling.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A raw reading as a point to draw.
 *
 * @param time event time, in milliseconds since the epoch
 */
record Reading(Sensor sensor, long time, double value) {

    /** A reading without its sensor. */
    record Point(long time, double value) {}

    private static final JsonFactory JSON = new JsonFactory();
    /** The times that the processor reads; the tests of both use one table, {@code times.csv}. */
    private static final Pattern TIME =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
                    + "(?:(?<=:[0-9]{2}:[0-9]{2})[.,]([0-9]++))?"
                    + "(?: ?([Zz])| ?([+-][0-9]{2}(?:(:?)[0-9]{2}(?:\\6[0-9]{2})?)?))?");

    /** 1990 and 2100 in seconds since the epoch: a number between them cannot be meant as milliseconds. */
    private static final long FIRST_SECONDS = 631_152_000L;

    private static final long LAST_SECONDS = 4_102_444_800L;

    /**
     * Reads what the processor accepts as a reading: {@code {"ts":"2025-01-01T12:00:00Z","value":42}}, where {@code ts} has
     * {@code Z}, an offset or none, or is a number of milliseconds since the epoch; also a JSON string that holds such JSON.
     *
     * @param zone the zone of times that name none
     * @return null if it is no reading; the processor then says why, on the dead-letter topic
     */
    static @Nullable Point parse(byte @Nullable [] json, ZoneId zone) {
        if (json == null) {
            return null;
        }
        try (JsonParser parser = JSON.createParser(json)) {
            if (parser.nextToken() == JsonToken.VALUE_STRING) {
                try (JsonParser inner = JSON.createParser(parser.getText())) {
                    inner.nextToken();
                    return object(inner, zone);
                }
            }
            return object(parser, zone);
        } catch (IOException | DateTimeException | ArithmeticException e) {
            return null;
        }
    }

    private static @Nullable Point object(JsonParser parser, ZoneId zone) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return null;
        }
        Long time = null;
        Double value = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken token = parser.nextToken();
            if (name.equals("ts")) {
                time = token == JsonToken.VALUE_NUMBER_INT
                        ? millis(parser.getLongValue())
                        : token == JsonToken.VALUE_STRING ? (Long) time(parser.getText(), zone) : null;
            } else if (name.equals("value")) {
                value = token.isNumeric() ? (Double) parser.getDoubleValue() : null;
            } else {
                parser.skipChildren();
            }
        }
        return time == null || value == null || !Double.isFinite(value) ? null : new Point(time, value);
    }

    /** Null where the number must be meant as seconds: such readings are dead. */
    private static @Nullable Long millis(long number) {
        return number >= FIRST_SECONDS && number < LAST_SECONDS ? null : (Long) number;
    }

    private static long time(String text, ZoneId zone) {
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            throw new DateTimeException("no ISO-8601 timestamp");
        }
        LocalDateTime local = LocalDateTime.of(LocalDate.parse(time.group(1)), LocalTime.parse(time.group(2)));
        ZoneId of =
                time.group(4) != null ? ZoneOffset.UTC : time.group(5) != null ? ZoneOffset.of(time.group(5)) : zone;
        int millis = time.group(3) == null ? 0 : Integer.parseInt((time.group(3) + "000").substring(0, 3));
        return local.atZone(of).toEpochSecond() * 1000 + millis;
    }
}
