package downsampling.localstack;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.TemporalAccessor;

/**
 * A raw reading as a point to draw.
 *
 * @param time event time, epoch milliseconds
 */
record Reading(Sensor sensor, long time, double value) {

    /** A reading without its sensor. */
    record Point(long time, double value) {}

    private static final JsonFactory JSON = new JsonFactory();
    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .appendPattern("[XXX][XX][X]")
            .toFormatter();

    /**
     * Reads what the processor takes for a reading: {@code {"ts":"2025-01-01T12:00:00Z","value":42}}, {@code ts} with
     * {@code Z}, an offset or none, or in epoch milliseconds; also a JSON string that holds such JSON.
     *
     * @param zone the zone of times that name none
     * @return null if it is none: that it is on the dead-letter topic, and why, is the processor's to say
     */
    static Point parse(byte[] json, ZoneId zone) {
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

    private static Point object(JsonParser parser, ZoneId zone) throws IOException {
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
                        ? (Long) parser.getLongValue()
                        : token == JsonToken.VALUE_STRING ? (Long) time(parser.getText(), zone) : null;
            } else if (name.equals("value")) {
                value = token.isNumeric() ? (Double) parser.getDoubleValue() : null;
            } else {
                parser.skipChildren();
            }
        }
        return time == null || value == null || !Double.isFinite(value) ? null : new Point(time, value);
    }

    private static long time(String text, ZoneId zone) {
        TemporalAccessor time = TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
        return time instanceof OffsetDateTime withOffset
                ? withOffset.toInstant().toEpochMilli()
                : ((LocalDateTime) time).atZone(zone).toInstant().toEpochMilli();
    }
}
