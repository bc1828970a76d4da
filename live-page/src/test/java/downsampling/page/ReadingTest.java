package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneId;
import java.time.ZoneOffset;
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
                    {"x":{"ts":"no"},"value":1,"y":[1,{}],"ts":5}         | 5             | 1
                    "{\\"ts\\":\\"2025-01-01T12:00:00Z\\",\\"value\\":7}" | 1735732800000 | 7
                    """)
    void shouldReadLiberally(String json, long time, double value) {
        assertThat(parse(json)).isEqualTo(new Reading.Point(time, value));
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
                "{\"ts\":1.5,\"value\":1}",
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
                .isEqualTo(millis.equals("refused") ? null : new Reading.Point(Long.parseLong(millis), 1));
    }

    @Test
    void shouldTakeTimesWithoutAZoneAsOfTheZoneGiven() {
        byte[] json = "{\"ts\":\"2025-01-01T12:00:00\",\"value\":1}".getBytes(UTF_8);

        assertThat(Reading.parse(json, ZoneId.of("Europe/Berlin")).time()).isEqualTo(1735729200000L);
    }

    @Test
    void shouldLeaveOutNull() {
        assertThat(Reading.parse(null, ZoneOffset.UTC)).isNull();
    }

    private static Reading.Point parse(String json) {
        return Reading.parse(json.getBytes(UTF_8), ZoneOffset.UTC);
    }
}
