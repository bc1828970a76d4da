package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"ts":"2025-01-01T12:00:00.123456Z","value":42}       | 1735732800123 | 42
                    {"ts":"2025-01-01T12:00:00","value":-0.5}             | 1735732800000 | -0.5
                    {"ts":"2025-01-01T12:00:00+01:00","value":1e3}        | 1735729200000 | 1000
                    {"ts":"2025-01-01T12:00:00+0100","value":1}           | 1735729200000 | 1
                    {"ts":"2025-01-01t12:00:00+01","value":1}             | 1735729200000 | 1
                    {"ts":1735732800000,"value":1}                        | 1735732800000 | 1
                    {"ts":1735732800000.75,"value":1}                     | 1735732800000 | 1
                    {"ts":1.7357328e12,"value":1}                         | 1735732800000 | 1
                    {"ts":1e-999999999,"value":1}                         | 0             | 1
                    {"x":{"ts":"no"},"value":1,"y":[1,{}],"ts":5}         | 5             | 1
                    "{\\"ts\\":\\"2025-01-01T12:00:00Z\\",\\"value\\":7}" | 1735732800000 | 7
                    """)
    void shouldReadLiberally(String json, long time, double value) {
        assertThat(parse(json)).isEqualTo(time + " " + value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON",
                "[]",
                "{}",
                "{\"ts\":1}",
                "{\"value\":1}",
                "{\"ts\":\"yesterday\",\"value\":1}",
                "{\"ts\":1,\"value\":\"1\"}",
                "{\"ts\":1,\"value\":1e999}",
                "{\"ts\":1735732800,\"value\":1}",
                "{\"ts\":1,\"value\":1}{}",
                "{\"ts\":1735732800.5,\"value\":1}",
                "{\"ts\":1735732800000000,\"value\":1}",
                "{\"ts\":\"1735732800\",\"value\":1}",
                "{\"ts\":\"20250101\",\"value\":1}",
                "{\"ts\":1e999999999,\"value\":1}",
                "{\"ts\":99999999999999999999,\"value\":1}",
                "\"\\\"x\\\"\""
            })
    void shouldLeaveOutWhatIsNone(String json) {
        assertThat(parse(json)).isNull();
    }

    /** The table of the processor's tests: the page draws what the processor counts. */
    @ParameterizedTest
    @CsvFileSource(resources = "/times.csv", delimiter = '|')
    void shouldReadTimesAsTheProcessorDoes(String text, String millis) {
        assertThat(parse("{\"ts\":\"" + text + "\",\"value\":1}"))
                .isEqualTo(millis.startsWith("refused") ? null : Long.parseLong(millis) + " 1.0");
    }

    @Test
    void shouldTakeTimesWithoutAZoneAsOfTheZoneGiven() {
        byte[] json = "{\"ts\":\"2025-01-01T12:00:00\",\"value\":1}".getBytes(UTF_8);

        assertThat(Reading.parse(json, 0, inZone("Europe/Berlin")).time()).isEqualTo(1735729200000L);
    }

    private static MessageFormat inZone(String zone) {
        return MessageFormat.of("t=value", "ts", EpochUnit.MS, ZoneId.of(zone));
    }

    /** As the processor decides with its usual {@code --max-ahead}. */
    @Test
    void shouldTakeTheInstantNearerToTheRecordOfALocalTimeThatComesTwice() {
        byte[] json = "{\"ts\":\"2024-10-27T02:30:00\",\"value\":1}".getBytes(UTF_8);
        long earlier = Instant.parse("2024-10-27T00:30:00Z").toEpochMilli();
        MessageFormat berlin = inZone("Europe/Berlin");

        assertThat(Reading.parse(json, -1, berlin).time()).isEqualTo(earlier);
        assertThat(Reading.parse(json, earlier + 3_539_999, berlin).time()).isEqualTo(earlier);
        assertThat(Reading.parse(json, earlier + 3_540_000, berlin).time()).isEqualTo(earlier + 3_600_000);
        assertThat(Reading.parse("{\"ts\":\"2024-03-31T02:30:00\",\"value\":1}".getBytes(UTF_8), 1L << 60, berlin)
                        .time())
                .isEqualTo(Instant.parse("2024-03-31T01:30:00Z").toEpochMilli());
    }

    @Test
    void shouldLeaveOutNull() {
        assertThat(Reading.parse(null, 0, TestTopics.USUAL_FORMAT)).isNull();
    }

    /** The message of the README, as one would like it, and what else may stand in its place. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"device":"a1","timestamp":1764159935,"data":[{"temp":21.5,"hum":40}]}     | 1764159935000 21.5 40.0
                    {"timestamp":1764159935.1239,"data":[{"temp":21.5}]}                       | 1764159935123 21.5 NaN
                    {"timestamp":-0.0001,"data":[{"hum":40,"temp":null}]}                      | -1 NaN 40.0
                    {"timestamp":"2025-01-01T12:00:00Z","data":[{"hum":40},{"temp":1}]}        | 1735732800000 NaN 40.0
                    {"timestamp":1764159935000,"data":[{"temp":21.5}]}                         |
                    {"timestamp":1764159935,"data":[{"temp":"21.5","hum":40}]}                 |
                    {"timestamp":1764159935,"data":[{"temp":{},"hum":40}]}                     |
                    {"timestamp":1764159935,"data":[]}                                         |
                    {"timestamp":1764159935,"data":{"temp":21.5}}                              |
                    {"timestamp":1e300,"data":[{"temp":21.5}]}                                 |
                    {"timestamp":1e999,"data":[{"temp":21.5}]}                                 |
                    """)
    void shouldReadSeveralFieldsFromWhereverTheyStand(String json, String expected) {
        MessageFormat format =
                MessageFormat.of("temperature=/data/0/temp, hum=/data/0/hum", "timestamp", EpochUnit.S, ZoneOffset.UTC);

        assertThat(parse(json, 0, format)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "S, 1764159935, 1764159935000",
        "MS, 1764159935123.9, 1764159935123",
        "US, 1764159935123456, 1764159935123",
        "NS, 1764159935123456789, 1764159935123",
        "S, 5, 5000",
        "NS, 1764159935123,",
        "US, 1764159935123,",
        "MS, 1764159935,",
    })
    void shouldReadNumbersInTheirUnitUnlessTheyAreMeantInAnother(EpochUnit unit, String number, Long millis) {
        MessageFormat format = MessageFormat.of("value", "ts", unit, ZoneOffset.UTC);

        assertThat(parse("{\"value\":1,\"ts\":" + number + "}", 0, format))
                .isEqualTo(millis == null ? null : millis + " 1.0");
    }

    @Test
    void shouldTakeTheTimestampOfTheRecordWhereThatIsAskedFor() {
        MessageFormat format =
                MessageFormat.of("a~b=/a~0b", MessageFormat.RECORD_TIMESTAMP, EpochUnit.S, ZoneOffset.UTC);

        assertThat(parse("{\"ts\":\"no\",\"a~b\":1}", 7, format)).isEqualTo("7 1.0");
    }

    private static String parse(String json) {
        return parse(json, 0, TestTopics.USUAL_FORMAT);
    }

    /** Time and values, or null. */
    private static String parse(String json, long timestamp, MessageFormat format) {
        Reading.Values values = Reading.parse(json.getBytes(UTF_8), timestamp, format);
        return values == null
                ? null
                : values.time()
                        + DoubleStream.of(values.values())
                                .mapToObj(v -> " " + v)
                                .collect(Collectors.joining());
    }
}
