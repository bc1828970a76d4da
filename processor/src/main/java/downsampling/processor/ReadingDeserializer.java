package downsampling.processor;

import static downsampling.processor.NotAReadingException.expected;
import static downsampling.processor.NotAReadingException.quote;
import static downsampling.processor.NotAReadingException.shorten;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import downsampling.processor.NotAReadingException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * The record value: {@code {"ts": "2025-01-01T12:00:00.123Z", "value": 42}}, read liberally.
 *
 * <p>{@code ts} is ISO-8601 or a whole number of epoch milliseconds, {@code value} any finite number, other fields are
 * ignored, and a JSON string that holds all this is read too, since widespread producers encode twice. Everything a reading
 * must fulfil is decided here and nowhere later: a {@link NotAReadingException} is what leads to the dead-letter topic.
 */
final class ReadingDeserializer implements Deserializer<Reading> {
    /** A reading is some dozens of bytes; what exceeds this is something else and not worth parsing. */
    static final int MAX_BYTES = 1 << 20;

    /** What the parser adds for those who program it, not for those who send readings. */
    private static final Pattern ADVICE = Pattern.compile("(: enable `| \\(start marker at ).*");

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(500)
                    .maxNumberLength(1000)
                    .build())
            .build();

    private final ZoneId zone;
    private final Duration maxAhead;
    private final LongSupplier clock;

    /**
     * @param zone     of timestamps that name none
     * @param maxAhead how far in the future a timestamp may lie
     * @param clock    the wall clock, in epoch milliseconds
     */
    ReadingDeserializer(ZoneId zone, Duration maxAhead, LongSupplier clock) {
        this.zone = zone;
        this.maxAhead = maxAhead;
        this.clock = clock;
    }

    /** @throws NotAReadingException and nothing else, whatever the bytes */
    @Override
    public Reading deserialize(String topic, byte[] data) {
        if (data == null) {
            throw expected(Reason.SIZE, "a JSON object", "none");
        }
        if (data.length > MAX_BYTES) {
            throw expected(Reason.SIZE, "at most " + MAX_BYTES + " bytes", String.valueOf(data.length));
        }
        Reading plain = PlainReading.read(data, zone);
        if (plain != null && plain.time() - clock.getAsLong() <= maxAhead.toMillis()) {
            return plain;
        }
        return careful(data);
    }

    /** What {@link #deserialize} answers, whatever the shape, and slower. */
    Reading careful(byte[] data) {
        try (JsonParser json = JSON.createParser(data)) {
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                return read(json);
            }
            String inner = json.getText();
            expectEnd(json);
            try (JsonParser innerJson = JSON.createParser(inner)) {
                innerJson.nextToken();
                return read(innerJson);
            }
        } catch (JsonProcessingException e) {
            long at = e.getLocation() == null
                    ? -1
                    : Math.max(e.getLocation().getByteOffset(), e.getLocation().getCharOffset());
            throw expected(
                    Reason.JSON,
                    "JSON",
                    ADVICE.matcher(e.getOriginalMessage()).replaceFirst("") + (at < 0 ? "" : " at byte " + at));
        } catch (IOException e) { // from a parser over bytes in memory: only malformed UTF-16 and UTF-32
            throw expected(Reason.JSON, "JSON in UTF-8", String.valueOf(e.getMessage()));
        }
    }

    private Reading read(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw expected(Reason.JSON, "a JSON object", found(json));
        }
        long time = -1;
        double value = Double.NaN;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "ts" -> time = time(json);
                case "value" -> value = value(json);
                default -> json.skipChildren();
            }
        }
        expectEnd(json);
        if (time < 0) {
            throw expected(Reason.TIME, "a field \"ts\"", "none");
        }
        if (Double.isNaN(value)) {
            throw expected(Reason.NUMBER, "a field \"value\"", "none");
        }
        return new Reading(time, value);
    }

    private static void expectEnd(JsonParser json) throws IOException {
        if (json.nextToken() != null) {
            throw expected(Reason.JSON, "nothing after the reading", found(json));
        }
    }

    private long time(JsonParser json) throws IOException {
        long time;
        if (json.currentToken() == JsonToken.VALUE_STRING) {
            try {
                byte[] text = json.getText().getBytes(StandardCharsets.UTF_8);
                time = EventTime.parse(text, 0, text.length, zone);
            } catch (DateTimeException e) {
                throw expected(Reason.TIME, "ISO-8601 or whole epoch milliseconds", found(json));
            }
        } else if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            time = json.getLongValue();
        } else {
            throw expected(Reason.TIME, "ISO-8601 or whole epoch milliseconds", found(json));
        }
        if (time < 0) {
            throw expected(Reason.TIME, "a time since 1970", found(json));
        }
        long now = clock.getAsLong();
        if (time - now > maxAhead.toMillis()) {
            throw expected(
                    Reason.FUTURE,
                    "at most " + maxAhead.toMillis() + " ms ahead of " + Instant.ofEpochMilli(now),
                    found(json) + ", " + (time - now) + " ms ahead");
        }
        return time;
    }

    private static double value(JsonParser json) throws IOException {
        if (!json.currentToken().isNumeric()) {
            throw expected(Reason.NUMBER, "a number in field \"value\"", found(json));
        }
        double value = json.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw expected(Reason.NUMBER, "a number that a 64-bit float can hold in field \"value\"", found(json));
        }
        return value;
    }

    private static String found(JsonParser json) throws IOException {
        JsonToken token = json.currentToken();
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "the text " + quote(json.getText());
            default -> shorten(json.getText());
        };
    }
}
