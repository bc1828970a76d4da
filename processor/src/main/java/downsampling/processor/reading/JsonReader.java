package downsampling.processor.reading;

import static downsampling.processor.reading.NotAReadingException.expected;
import static downsampling.processor.reading.NotAReadingException.quote;
import static downsampling.processor.reading.NotAReadingException.shorten;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import downsampling.processor.reading.NotAReadingException.Reason;
import downsampling.processor.settings.EpochUnit;
import downsampling.processor.settings.MessagePath;
import downsampling.processor.settings.ReadingSettings;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record's value liberally, and words what is wrong with it.
 *
 * <p>The event time is ISO-8601 or a number in the unit of the settings (and no number that must be in another one), a field any
 * finite number. A field that is missing or null is none, but one there must be. Other members are ignored, of members with the
 * same name the last one counts, and a JSON string that holds all this is read too, since widespread producers encode twice.
 */
final class JsonReader {
    /**
     * 1990 and 2100. A number whose time is outside of these years, but would be between them in another unit, comes from a clock
     * that counts that unit; it would be hours of readings in one window. The bounds are fixed, so that the processor and a later
     * audit say the same.
     */
    static final long FIRST_LIKELY = 631_152_000_000L;

    static final long LAST_LIKELY = 4_102_444_800_000L;

    /** What the parser adds for those who program it, not for those who send readings. */
    private static final Pattern ADVICE = Pattern.compile(
            ": enable `.*| \\((start marker|for \\w+ starting|not recognized|consider)\\b.*|, from `[^`]*`");

    private static final int LONGEST_SAID = 160;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(500)
                    .maxNumberLength(1000)
                    .build())
            .build();

    private final ReadingSettings settings;
    private final Place message;
    /** The message around an array of readings; null without {@code --each}. */
    private final @Nullable Place around;

    private final String eachText;
    private final String sensorText;
    private final String timeText;
    private final String aTime;
    private final String aValue;
    private final long maxAhead;

    private long timestamp;
    private long now;
    private boolean foundNull;
    /** What was read of the array, null as long as there is none: readings, and what is none. */
    private @Nullable List<Object> elements;

    JsonReader(ReadingSettings settings, Place message) {
        this.settings = settings;
        this.message = message;
        around = settings.each().map(array -> Place.around(settings, array)).orElse(null);
        eachText = settings.each().map(MessagePath::text).orElse("");
        sensorText = settings.sensor().map(MessagePath::text).orElse("");
        timeText = settings.time().map(MessagePath::text).orElse("record timestamp");
        maxAhead = settings.maxAhead().toMillis();
        aTime = "ISO-8601 or epoch " + settings.timeUnit().title();
        String names = settings.fields().stream()
                .map(field -> '"' + field.path().text() + '"')
                .collect(Collectors.joining(", "));
        aValue = "a number in " + (settings.fields().size() == 1 ? "field " : "one of the fields ") + cut(names);
    }

    /** As {@link ReadingReader#read}. */
    void read(byte[] data, long timestamp, long now, Reading into) {
        this.timestamp = timestamp;
        this.now = now;
        read(data, message, into);
        finish(into, into);
    }

    /** As {@link ReadingReader#readEach}: readings, each without a failure, and failures. */
    List<Object> readEach(byte[] data, long timestamp, long now) {
        this.timestamp = timestamp;
        this.now = now;
        elements = null;
        Reading outside = new Reading(0);
        read(data, requireNonNull(around), outside);
        List<Object> all = elements;
        if (all == null || all.isEmpty()) {
            throw expected(Reason.JSON, eachText, "an array of readings", all == null ? "none" : "an empty one");
        }
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i) instanceof Reading reading) {
                try {
                    finish(reading, outside);
                } catch (NotAReadingException e) {
                    all.set(i, e.of(i));
                }
            }
        }
        return all;
    }

    private void read(byte[] data, Place place, Reading into) {
        try (JsonParser json = JSON.createParser(data)) {
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                read(json, place, into);
                return;
            }
            String inner = json.getText();
            expectEnd(json);
            inner(inner, place, into);
        } catch (JsonProcessingException e) {
            throw notJson(e, data);
        } catch (IOException e) { // from a parser over bytes in memory: only malformed UTF-16 and UTF-32
            throw expected(Reason.JSON, "value", "JSON in UTF-8", "what begins like UTF-16 or UTF-32, but is neither");
        }
    }

    private void inner(String text, Place place, Reading into) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            read(json, place, into);
        } catch (JsonProcessingException e) {
            long at = e.getLocation() == null ? -1 : e.getLocation().getCharOffset();
            throw expected(
                    Reason.JSON, "value", "JSON", said(e) + (at < 0 ? "" : " at character " + at + " of the text"));
        }
    }

    private static NotAReadingException notJson(JsonProcessingException e, byte[] data) {
        JsonLocation location = e.getLocation();
        if (location == null || location.getByteOffset() < 0) { // a limit of the parser; or UTF-16 or UTF-32
            String at = location == null ? "" : " at character " + location.getCharOffset();
            return expected(Reason.JSON, "value", "JSON", said(e) + at);
        }
        int at = (int) location.getByteOffset();
        int foreign = firstForeign(data);
        if (foreign <= at) {
            boolean latin = (data[foreign] & 0xFF) >= 0xA0 && (foreign + 1 == data.length || data[foreign + 1] >= 0);
            return expected(
                    Reason.JSON,
                    "value",
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
        return expected(Reason.JSON, "value", "JSON", said + " at byte " + at);
    }

    /** The parser's words, without those for programmers. */
    private static String said(JsonProcessingException e) {
        return cut(ADVICE.matcher(e.getOriginalMessage()).replaceAll("").replace("VALUE_STRING", "a text"));
    }

    private static String cut(String said) {
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

    private void read(JsonParser json, Place place, Reading into) throws IOException {
        expectMembers(json, place);
        into.clear();
        foundNull = false;
        value(json, place, into);
        expectEnd(json);
    }

    private static void expectMembers(JsonParser json, Place place) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT
                && (json.currentToken() != JsonToken.START_ARRAY || !place.hasElements())) {
            throw expected(
                    Reason.JSON,
                    "value",
                    place.hasElements() ? "a JSON object or array" : "a JSON object",
                    found(json));
        }
    }

    /** Has a reading be whole, or refuses it; what it lacks may stand around it. */
    private void finish(Reading into, Reading outside) {
        if (into.sensor == null) {
            into.sensor = outside.sensor;
        }
        if (settings.sensor().isPresent() && into.sensor == null) {
            throw expected(Reason.KEY, sensorText, "a sensor id", "none");
        }
        if (into.time == Reading.NONE) {
            into.time = outside.time;
        }
        if (settings.time().isEmpty()) {
            into.time = timeOfRecord();
        } else if (into.time == Reading.NONE) {
            throw expected(Reason.TIME, timeText, "a field \"" + timeText + '"', "none");
        }
        if (!into.hasValue()) {
            throw expected(Reason.NUMBER, "value", aValue, foundNull ? "null" : "none");
        }
    }

    private static void expectEnd(JsonParser json) throws IOException {
        if (json.nextToken() != null) {
            throw expected(Reason.JSON, "value", "nothing after the reading", found(json));
        }
    }

    private void object(JsonParser json, Place place, Reading into) throws IOException {
        while (json.nextToken() != JsonToken.END_OBJECT) {
            Place member = place.member(json.currentName());
            json.nextToken();
            value(json, member, into);
        }
    }

    private void array(JsonParser json, Place place, Reading into) throws IOException {
        for (int index = 0; json.nextToken() != JsonToken.END_ARRAY; index++) {
            value(json, place.element(index), into);
        }
    }

    /** @param place where it stands; null if nothing of it is read */
    private void value(JsonParser json, @Nullable Place place, Reading into) throws IOException {
        if (place == null) {
            json.skipChildren();
        } else if (place.isRead()) {
            switch (place.field()) {
                case Place.TIME -> into.time = time(json);
                case Place.SENSOR -> into.sensor = sensor(json);
                case Place.EACH -> elements(json);
                default -> into.values[place.field()] = number(json, place);
            }
        } else {
            place.empty(into);
            if (json.currentToken() == JsonToken.START_OBJECT) {
                object(json, place, into);
            } else if (json.currentToken() == JsonToken.START_ARRAY) {
                array(json, place, into);
            }
        }
    }

    private void elements(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw expected(Reason.JSON, eachText, "an array of readings", found(json));
        }
        List<Object> all = new ArrayList<>();
        int depth = json.getParsingContext().getNestingDepth();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            Reading reading = new Reading(settings.fields().size());
            try {
                expectMembers(json, message);
                value(json, message, reading);
                all.add(reading);
            } catch (NotAReadingException e) {
                while (json.getParsingContext().getNestingDepth() > depth) {
                    json.nextToken();
                }
                all.add(e.of(all.size()));
            }
        }
        elements = all;
    }

    private SensorId sensor(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING && json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw expected(Reason.KEY, sensorText, "a text or a whole number", found(json));
        }
        String id = json.getText();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(id)) {
            throw expected(Reason.KEY, sensorText, "a sensor id of whole characters", found(json));
        }
        return SensorIdDeserializer.require(id.getBytes(StandardCharsets.UTF_8), sensorText);
    }

    private long time(JsonParser json) throws IOException {
        long time;
        if (json.currentToken() == JsonToken.VALUE_STRING) {
            try {
                time = EventTime.parse(json.getText(), settings.zone());
            } catch (DateTimeException e) {
                throw expected(Reason.TIME, timeText, aTime, found(json));
            }
        } else if (json.currentToken().isNumeric()) {
            time = numericTime(json);
        } else {
            throw expected(Reason.TIME, timeText, aTime, found(json));
        }
        if (!isUsable(time)) {
            throw unusable(time, found(json));
        }
        return time;
    }

    private long numericTime(JsonParser json) throws IOException {
        double number = json.getDoubleValue();
        EpochUnit unit = settings.timeUnit();
        double millis = number * Math.pow(10, 3.0 - unit.digits());
        if (Math.abs(millis) < 1) {
            return number < 0 ? -1 : 0; // with any exponent, which might be too many digits for what follows
        }
        if (millis < FIRST_LIKELY || millis >= LAST_LIKELY) {
            for (EpochUnit other : EpochUnit.values()) {
                double otherwise = number * Math.pow(10, 3.0 - other.digits());
                if (otherwise >= FIRST_LIKELY && otherwise < LAST_LIKELY) {
                    throw expected(
                            Reason.TIME,
                            timeText,
                            "epoch " + unit.title(),
                            found(json) + ", which looks like " + other.title() + "; see --time-unit");
                }
            }
        }
        if (Math.abs(millis) >= Long.MAX_VALUE) {
            throw expected(Reason.TIME, timeText, aTime, found(json));
        }
        BigDecimal exact = json.getDecimalValue().movePointRight(3 - unit.digits());
        return exact.setScale(0, RoundingMode.FLOOR).longValue();
    }

    private long timeOfRecord() {
        if (!isUsable(timestamp)) {
            throw unusable(timestamp, timestamp == -1 ? "none" : String.valueOf(timestamp));
        }
        return timestamp;
    }

    private boolean isUsable(long time) {
        return time >= 0 && time - now <= maxAhead;
    }

    /** @param found as a message has it */
    private NotAReadingException unusable(long time, String found) {
        return time < 0
                ? expected(Reason.TIME, timeText, "a time since 1970", found)
                : expected(
                        Reason.FUTURE,
                        timeText,
                        "at most " + maxAhead + " ms ahead of " + Instant.ofEpochMilli(now),
                        found + ", " + (time - now) + " ms ahead");
    }

    /** NaN for null. */
    private double number(JsonParser json, Place place) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            foundNull = true;
            return Double.NaN;
        }
        if (!json.currentToken().isNumeric()) {
            throw expected(Reason.NUMBER, "value", "a number in field \"" + place.text + '"', found(json));
        }
        double value = json.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw expected(
                    Reason.NUMBER,
                    "value",
                    "a number that a 64-bit float can hold in field \"" + place.text + '"',
                    found(json));
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
