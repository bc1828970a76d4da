package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import downsampling.processor.settings.ParsedSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Readings in an array: each is what it would be alone, with what the message around it says. */
class ElementsTest {
    private static final long NOW = Instant.parse("2025-01-01T12:00:00Z").toEpochMilli();
    private static final String[] OPTIONS = {"--sensor-field=/device/id", "--fields=t,h=/more/0"};
    private static final List<String> TIMES = List.of(
            "", "\"ts\":1735732800000,", "\"ts\":\"2025-01-01T12:00:00+01:00\",", "\"ts\":true,", "\"ts\":1735732800,");
    private static final List<String> IDS =
            List.of("", "\"device\":{\"id\":\"a\"},", "\"device\":{\"id\":7},", "\"device\":{\"id\":[]},");
    private static final List<String> VALUES = List.of(
            "\"t\":1",
            "\"t\":1.5,\"more\":[2,{}]",
            "\"t\":\"warm\",\"more\":[1,[2,{\"a\":[3]}]]",
            "\"more\":[[1]]",
            "\"more\":[null]",
            "\"x\":{\"t\":[]}");
    private static final List<String> OTHERS = List.of("7", "null", "[]", "[1,[2]]", "{}");

    private final Random random = new Random(5);

    @Test
    void shouldReadAnElementAsIfItWereAMessage() {
        ReadingReader alone = new ReadingReader(ParsedSettings.of(OPTIONS).readings());
        ReadingReader inArray =
                new ReadingReader(ParsedSettings.of(Stream.concat(Stream.of(OPTIONS), Stream.of("--each=/data/rows"))
                                .toArray(String[]::new))
                        .readings());
        int readings = 0;
        int dead = 0;
        for (int message = 0; message < 5000; message++) {
            // What stands around the array may come before it or after it.
            String around = one(TIMES) + one(IDS);
            boolean before = random.nextBoolean();
            List<String> elements = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                String own = one(TIMES);
                String id = one(IDS);
                boolean isObject = random.nextInt(8) > 0;
                String element = isObject ? "{" + own + id + one(VALUES) + "}" : one(OTHERS);
                elements.add(element);
                // Of two members with the same name the last one counts.
                String whole = isObject
                        ? "{" + (own.isEmpty() ? time(around) : "") + (id.isEmpty() ? device(around) : "")
                                + element.substring(1)
                        : element.equals("{}") ? "{" + time(around) + device(around) + "\"y\":0}" : element;
                expected.add(outcome(alone, whole)
                        .get(0)
                        .replaceFirst("^([A-Z]+) ", "$1 element " + expected.size() + ": "));
            }
            String array = "\"data\":{\"rows\":[" + String.join(",", elements) + "]},";
            String text = "{" + (before ? around + array : array + around) + "\"z\":0}";
            List<String> found = outcome(inArray, text);
            if (around.contains("true") || around.contains("1735732800,") || around.contains("\"id\":[]")) {
                assertThat(found).as(text).singleElement().asString().doesNotContain("element");
                continue;
            }
            assertThat(found).as(text).isEqualTo(expected);
            dead += (int) found.stream().filter(one -> one.contains("element")).count();
            readings +=
                    (int) found.stream().filter(one -> !one.contains("element")).count();
        }
        assertThat(readings).isGreaterThan(500);
        assertThat(dead).isGreaterThan(1000);
    }

    private static String time(String around) {
        return around.startsWith("\"ts\"") ? around.substring(0, around.indexOf(',') + 1) : "";
    }

    private static String device(String around) {
        int at = around.indexOf("\"device\"");
        return at < 0 ? "" : around.substring(at);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"ts\":1}                | /data: expected an array of readings, found none",
                "{\"ts\":1,\"data\":[]}    | /data: expected an array of readings, found an empty one",
                "{\"ts\":1,\"data\":{}}    | /data: expected an array of readings, found an object",
                "{\"ts\":1,\"data\":[1]    | value: expected JSON in UTF-8, found the end at byte 18",
                "[1]                       | value: expected a JSON object, found an array"
            })
    void shouldRefuseAMessageWithoutReadingsAsAWhole(String message, String why) {
        ReadingReader reader =
                new ReadingReader(ParsedSettings.of("--each=/data").readings());
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> reader.readAll(new byte[] {'k'}, message.getBytes(UTF_8), NOW, NOW, null))
                .withMessage(why)
                .satisfies(e -> assertThat(e.element()).isEqualTo(NotAReadingException.WHOLE));
    }

    /** As for all that stands in an object: the last one counts. */
    @Test
    void shouldForgetAnArrayWhoseObjectComesAgainWithoutIt() {
        ReadingReader reader =
                new ReadingReader(ParsedSettings.of("--each=/d/rows").readings());
        assertThat(outcome(reader, "{\"ts\":1735732800000,\"d\":{\"rows\":[{\"value\":1}]},\"d\":{}}"))
                .containsExactly("JSON /d/rows: expected an array of readings, found none");
    }

    @Test
    void shouldReadAMessageThatIsAnArray() {
        ReadingReader reader = new ReadingReader(ParsedSettings.of("--each=#", "--time-field=/0", "--fields=t=/1")
                .readings());
        assertThat(outcome(reader, "[[1735732800000,1],[1735732801000,2.5],[\"no\",3]]"))
                .containsExactly(
                        "k 1735732800000 [1.0]",
                        "k 1735732801000 [2.5]",
                        "TIME element 2: " + "/0: expected ISO-8601 or epoch milliseconds, found the text \"no\"");
    }

    /** What each reading is, or why it is none; or why there are none. */
    private static List<String> outcome(ReadingReader reader, String message) {
        List<String> outcome = new ArrayList<>();
        try {
            reader.readAll(new byte[] {'k'}, message.getBytes(UTF_8), NOW, NOW, new ReadingReader.Visitor() {
                @Override
                public void reading(SensorId sensor, int element, Reading reading) {
                    outcome.add(new String(sensor.get(), UTF_8) + " " + reading.time() + " "
                            + java.util.Arrays.toString(reading.values()));
                }

                @Override
                public void dead(NotAReadingException why) {
                    outcome.add(why.reason() + " " + why.getMessage());
                }
            });
        } catch (NotAReadingException e) {
            outcome.add(e.reason() + " " + e.getMessage());
        }
        return outcome;
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
