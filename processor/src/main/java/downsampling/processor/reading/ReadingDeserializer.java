package downsampling.processor.reading;

import static downsampling.processor.reading.NotAReadingException.expected;
import static downsampling.processor.reading.NotAReadingException.quote;
import static downsampling.processor.reading.NotAReadingException.shorten;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import downsampling.processor.audit.Audit;
import downsampling.processor.reading.NotAReadingException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
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
 * <p>{@code ts} is ISO-8601 or a whole number of epoch milliseconds (and no number that must be seconds), {@code value} any finite number, other fields are
 * ignored, and a JSON string that holds all this is read too, since widespread producers encode twice. Everything a reading
 * must fulfil is decided here and nowhere later: a {@link NotAReadingException} is what leads to the dead-letter topic.
 */
public final class ReadingDeserializer implements Deserializer<Reading> {
    /** A reading is some dozens of bytes; what exceeds this is something else and not worth parsing. */
    static final int MAX_BYTES = 1 << 20;

    /** What the parser adds for those who program it, not for those who send readings. */
    private static final Pattern ADVICE = Pattern.compile(
            ": enable `.*| \\((start marker|for \\w+ starting|not recognized|consider)\\b.*|, from `[^`]*`");

    /**
     * 1990 and 2100 in epoch seconds. A number between them would be a time of January or February 1970, were it milliseconds; it
     * comes from a clock that counts seconds, and would be hours of readings in one window. The bounds are fixed, so that the
     * processor and a later {@link Audit} say the same.
     */
    private static final long FIRST_SECONDS = 631_152_000L;

    private static final long LAST_SECONDS = 4_102_444_800L;

    private static final int LONGEST_SAID = 160;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(500)
                    .maxNumberLength(1000)
                    .build())
            .build();

    private final ZoneId zone;
    private final Duration maxAhead;
    private final LongSupplier clock;
    private final PlainReading plain;

    /**
     * @param zone     of timestamps that name none
     * @param maxAhead how far in the future a timestamp may lie
     * @param clock    the wall clock, in epoch milliseconds
     */
    public ReadingDeserializer(ZoneId zone, Duration maxAhead, LongSupplier clock) {
        this.zone = zone;
        this.maxAhead = maxAhead;
        this.clock = clock;
        this.plain = new PlainReading(zone);
    }

    /** @throws NotAReadingException and nothing else, whatever the bytes */
    @Override
    public Reading deserialize(String topic, byte[] data) {
        if (data == null) {
            throw expected(Reason.SIZE, "a JSON object", "none");
        }
        if (data.length > MAX_BYTES) {
            throw NotAReadingException.tooLarge("value", MAX_BYTES, data.length);
        }
        Reading reading = plain.read(data);
        if (reading != null && reading.time() - clock.getAsLong() <= maxAhead.toMillis()) {
            return reading;
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
            return inner(inner);
        } catch (JsonProcessingException e) {
            throw notJson(e, data);
        } catch (IOException e) { // from a parser over bytes in memory: only malformed UTF-16 and UTF-32
            throw expected(Reason.JSON, "JSON in UTF-8", "what begins like UTF-16 or UTF-32, but is neither");
        }
    }

    private Reading inner(String text) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            return read(json);
        } catch (JsonProcessingException e) {
            long at = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
            throw expected(Reason.JSON, "JSON", said(e) + (at < 0 ? "" : " at character " + at + " of the text"));
        }
    }

    private static NotAReadingException notJson(JsonProcessingException e, byte[] data) {
        JsonLocation location = e.getLocation();
        if (location == null || location.getByteOffset() < 0) { // a limit of the parser; or UTF-16 or UTF-32
            String at = location == null ? "" : " at character " + location.getCharOffset();
            return expected(Reason.JSON, "JSON", said(e) + at);
        }
        int at = (int) location.getByteOffset();
        int foreign = firstForeign(data);
        if (foreign <= at) {
            boolean latin = (data[foreign] & 0xFF) >= 0xA0 && (foreign + 1 == data.length || data[foreign + 1] >= 0);
            return expected(
                    Reason.JSON,
                    "JSON in UTF-8",
                    String.format("0x%02x%s at byte %d", data[foreign], latin ? ", as Latin-1 has it," : "", foreign));
        }
        String said = said(e);
        if (said.startsWith("Illegal character")) { // Jackson reports it after it has passed it
            at--;
        } else if (said.startsWith("Non-standard token")) { // Jackson reports it at its end
            at -= said.split("'")[1].length();
        } else if (at >= 2 && at < data.length && isDigit(data[at]) && data[at - 1] == ',' && isDigit(data[at - 2])) {
            said += ", after what looks like a decimal comma";
        }
        return expected(Reason.JSON, "JSON", said + " at byte " + at);
    }

    /** The parser's words, without those for programmers. */
    private static String said(JsonProcessingException e) {
        String said = ADVICE.matcher(e.getOriginalMessage()).replaceAll("").replace("VALUE_STRING", "a text");
        return said.length() > LONGEST_SAID ? said.substring(0, LONGEST_SAID) + '…' : said;
    }

    /** Where the bytes cease to be UTF-8; past their end if they do not. */
    private static int firstForeign(byte[] data) {
        ByteBuffer in = ByteBuffer.wrap(data);
        CharBuffer out = CharBuffer.allocate(data.length);
        return StandardCharsets.UTF_8.newDecoder().decode(in, out, true).isError() ? in.position() : data.length + 1;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
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
            if (time >= FIRST_SECONDS && time < LAST_SECONDS) {
                throw expected(Reason.TIME, "ISO-8601 or whole epoch milliseconds", found(json) + unit(json));
            }
        } else {
            throw expected(Reason.TIME, "ISO-8601 or whole epoch milliseconds", found(json) + unit(json));
        }
        if (time < 0) {
            throw expected(Reason.TIME, "a time since 1970", found(json));
        }
        long now = clock.getAsLong();
        if (time - now > maxAhead.toMillis()) {
            throw expected(
                    Reason.FUTURE,
                    "at most " + maxAhead.toMillis() + " ms ahead of " + Instant.ofEpochMilli(now),
                    found(json) + ", " + (time - now) + " ms ahead" + unit(json));
        }
        return time;
    }

    /** What else than milliseconds a number looks like, for the end of a sentence; else nothing. */
    private static String unit(JsonParser json) throws IOException {
        double number = json.currentToken().isNumeric() ? json.getDoubleValue() : 0;
        String[] names = {"seconds", "", "microseconds", "nanoseconds"};
        for (String name : names) {
            if (number >= FIRST_SECONDS && number < LAST_SECONDS) {
                return name.isEmpty() ? "" : ", which looks like " + name;
            }
            number /= 1000;
        }
        return "";
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
