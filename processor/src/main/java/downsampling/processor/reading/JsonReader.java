package downsampling.processor.reading;

import static downsampling.processor.reading.NotAReadingException.expected;
import static downsampling.processor.reading.NotAReadingException.quote;
import static downsampling.processor.reading.NotAReadingException.shorten;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
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
import java.nio.charset.Charset;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a record's value liberally, and words what is wrong with it.
 *
 * <p>The event time is ISO-8601 or a number in the unit of the settings (and no number that must be in another one), also one in a
 * text; a field any finite number. A field that is missing or null is none, but one there must be. Other members are ignored, of members with the
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

    private static final int LONGEST_NAMES = 160;

    private static final Pattern EPOCH_IN_TEXT = Pattern.compile("[0-9]{1,30}(?:\\.[0-9]{1,9})?");

    /** A number as it would be without the quotes, or with a decimal comma for the point. */
    private static final Pattern NUMBER_IN_TEXT = Pattern.compile(" *[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)? *");

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(JsonFault.MOST_DEPTH)
                    .maxNumberLength(JsonFault.MOST_DIGITS)
                    .maxNameLength(ReadingReader.MAX_BYTES)
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
    private final Runnable onAmbiguousTime;

    private long timestamp;
    private long now;

    /** @param onAmbiguousTime see {@link ReadingReader} */
    JsonReader(ReadingSettings settings, Place message, Runnable onAmbiguousTime) {
        this.onAmbiguousTime = onAmbiguousTime;
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
        aValue = "a number in " + (settings.fields().size() == 1 ? "field " : "one of the fields ")
                + (names.length() > LONGEST_NAMES ? names.substring(0, LONGEST_NAMES) + '…' : names);
    }

    /** As {@link ReadingReader#read}. */
    void read(byte[] data, long timestamp, long now, Reading into) {
        this.timestamp = timestamp;
        this.now = now;
        read(data, message, into);
        finish(into, into);
    }

    /** The elements of a message, as {@link ReadingReader#readAll} visits them: each is a reading, or says why it is none. */
    List<Reading> readEach(byte[] data, long timestamp, long now) {
        this.timestamp = timestamp;
        this.now = now;
        Reading outside = new Reading(0);
        read(data, requireNonNull(around), outside);
        List<Reading> elements = outside.elements;
        if (elements == null || elements.isEmpty()) {
            throw expected(Reason.JSON, eachText, "an array of readings", elements == null ? "none" : "an empty one");
        }
        for (int i = 0; i < elements.size(); i++) {
            Reading element = elements.get(i);
            if (element.failure == null) {
                try {
                    finish(element, outside);
                } catch (NotAReadingException e) {
                    element.failure = e.of(i);
                }
            }
        }
        return elements;
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
        } catch (IOException e) { // from a parser over bytes in memory: they are no JSON
            throw notJson(data);
        }
    }

    private void inner(String text, Place place, Reading into) throws IOException {
        try (JsonParser json = JSON.createParser(text)) {
            json.nextToken();
            read(json, place, into);
        } catch (JsonProcessingException e) {
            byte[] utf8 = text.getBytes(UTF_8);
            JsonFault fault = JsonFault.in(utf8);
            String at = "character " + characters(utf8, fault) + " of the text";
            throw expected(Reason.JSON, "value", "JSON", fault.found(at));
        }
    }

    private static NotAReadingException notJson(byte[] data) {
        Optional<Charset> utf16 = ForeignFormat.utf16(data);
        if (utf16.isPresent()) { // which is read, too, as long as it is JSON
            byte[] utf8 = new String(data, utf16.get()).getBytes(UTF_8);
            JsonFault fault = JsonFault.in(utf8);
            return expected(
                    Reason.JSON,
                    "value",
                    "JSON",
                    fault.found("byte " + Character.BYTES * characters(utf8, fault)) + ", in UTF-16");
        }
        JsonFault fault = JsonFault.in(data);
        return expected(
                Reason.JSON,
                "value",
                "JSON in UTF-8",
                ForeignFormat.of(data).orElseGet(() -> fault.found("byte " + fault.at())));
    }

    /** How many UTF-16 characters stand before the place. */
    private static int characters(byte[] utf8, JsonFault fault) {
        return new String(utf8, 0, fault.at(), UTF_8).length();
    }

    private void read(JsonParser json, Place place, Reading into) throws IOException {
        expectMembers(json, place);
        into.clear();
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
            into.ambiguous = outside.ambiguous;
        }
        if (settings.time().isEmpty()) {
            into.time = timeOfRecord();
        } else if (into.time == Reading.NONE) {
            throw expected(Reason.TIME, timeText, "a field \"" + timeText + '"', "none");
        }
        if (!into.hasValue()) {
            throw expected(Reason.NUMBER, "value", aValue, into.foundNull ? "null" : "none");
        }
        if (into.ambiguous) {
            onAmbiguousTime.run();
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
                case Place.TIME -> into.time = time(json, into);
                case Place.SENSOR -> into.sensor = sensor(json);
                case Place.EACH -> into.elements = elements(json);
                default -> into.values[place.field()] = number(json, place, into);
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

    private List<Reading> elements(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw expected(Reason.JSON, eachText, "an array of readings", found(json));
        }
        List<Reading> elements = new ArrayList<>();
        int depth = json.getParsingContext().getNestingDepth();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            Reading element = new Reading(settings.fields().size());
            try {
                expectMembers(json, message);
                value(json, message, element);
            } catch (NotAReadingException e) {
                while (json.getParsingContext().getNestingDepth() > depth) {
                    json.nextToken();
                }
                element.failure = e.of(elements.size());
            }
            elements.add(element);
        }
        return elements;
    }

    private SensorId sensor(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING && json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw expected(Reason.KEY, sensorText, "a text or a whole number", found(json));
        }
        String id = json.getText();
        if (!UTF_8.newEncoder().canEncode(id)) {
            throw expected(Reason.KEY, sensorText, "a sensor id of whole characters", found(json));
        }
        return SensorIdDeserializer.require(id.getBytes(UTF_8), sensorText);
    }

    private long time(JsonParser json, Reading into) throws IOException {
        boolean isText = json.currentToken() == JsonToken.VALUE_STRING;
        into.ambiguous = false;
        long time;
        if (json.currentToken().isNumeric()
                || isText && EPOCH_IN_TEXT.matcher(json.getText()).matches()) {
            time = epochTime(json);
        } else if (isText) {
            time = isoTime(json, into);
        } else {
            throw expected(Reason.TIME, timeText, aTime, found(json));
        }
        if (!isUsable(time)) {
            throw unusable(time, found(json));
        }
        return time;
    }

    private long isoTime(JsonParser json, Reading into) throws IOException {
        try {
            EventTime time = EventTime.of(json.getText(), settings.zone());
            into.ambiguous = time.isAmbiguous();
            return time.near(timestamp, maxAhead);
        } catch (DateTimeException e) {
            throw expected(Reason.TIME, timeText, aTime, found(json) + looksLike(String.valueOf(e.getMessage())));
        }
    }

    private static String looksLike(String what) {
        return what.isEmpty() ? "" : ", which looks like " + what;
    }

    /**
     * A number in the unit of the settings. In a text it has to be a likely time: a clock that was never set writes a number as
     * ever, but a text may be a date without anything between its parts.
     */
    private long epochTime(JsonParser json) throws IOException {
        double number = Double.parseDouble(json.getText());
        EpochUnit unit = settings.timeUnit();
        double millis = millis(number, unit);
        if (!isLikely(millis)) {
            for (EpochUnit other : EpochUnit.values()) {
                if (isLikely(millis(number, other))) {
                    throw expected(
                            Reason.TIME,
                            timeText,
                            "epoch " + unit.title(),
                            found(json) + looksLike(other.title()) + "; see --time-unit");
                }
            }
            if (json.currentToken() == JsonToken.VALUE_STRING) {
                throw expected(
                        Reason.TIME,
                        timeText,
                        aTime + " from 1990 to 2100",
                        found(json) + looksLike(EventTime.looksLike(json.getText())));
            }
        }
        if (Math.abs(millis) < 1) {
            return number < 0 ? -1 : 0; // with any exponent, which might be too many digits for what follows
        }
        if (Math.abs(millis) >= Long.MAX_VALUE) {
            throw expected(Reason.TIME, timeText, aTime, found(json));
        }
        BigDecimal exact = new BigDecimal(json.getText()).movePointRight(3 - unit.digits());
        return exact.setScale(0, RoundingMode.FLOOR).longValue();
    }

    private static double millis(double number, EpochUnit unit) {
        return number * Math.pow(10, 3.0 - unit.digits());
    }

    private static boolean isLikely(double millis) {
        return millis >= FIRST_LIKELY && millis < LAST_LIKELY;
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
    private double number(JsonParser json, Place place, Reading into) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            into.foundNull = true;
            return Double.NaN;
        }
        if (!json.currentToken().isNumeric()) {
            throw expected(
                    Reason.NUMBER,
                    "value",
                    "a number in field \"" + place.text + '"',
                    found(json) + adviceOnNumber(json));
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

    private static String adviceOnNumber(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING
                || !NUMBER_IN_TEXT.matcher(json.getText()).matches()) {
            return "";
        }
        return "; a number stands without quotes" + (json.getText().contains(",") ? " and has a decimal point" : "");
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
