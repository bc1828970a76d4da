package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
    private static long parse(String text) {
        return parse(text, ZoneOffset.UTC);
    }

    private static long parse(String text, ZoneId zone) {
        byte[] around = ("9" + text + "9").getBytes(UTF_8); // the text stands amid others, as in a message
        return EventTime.parse(around, 1, around.length - 2, zone);
    }

    @ParameterizedTest
    @CsvSource({
        "2025-01-01T12:00:00.123456Z, 1735732800123",
        "2025-01-01T12:00:00Z, 1735732800000",
        "2025-01-01T12:00:00, 1735732800000",
        "2025-01-01T12:00:00.1, 1735732800100",
        "2025-01-01T12:00:00.12Z, 1735732800120",
        "2025-01-01T12:00:00.999999999Z, 1735732800999",
        "2025-01-01T12:00Z, 1735732800000",
        "2025-01-01t12:00:00z, 1735732800000",
        "2025-01-01 12:00:00.5, 1735732800500",
        "2025-01-01 12:00:00.5+00:00, 1735732800500",
        "2025-01-01T13:30:00+01:30, 1735732800000",
        "2025-01-01T13:30:00+0130, 1735732800000",
        "2025-01-01T14:00:00.000+02, 1735732800000",
        "2025-01-01T07:00:00-05:00, 1735732800000",
        "1970-01-01T00:00:00Z, 0",
        "1969-12-31T23:59:59.999Z, -1",
        "2024-02-29T00:00:00Z, 1709164800000",
        "2000-02-29T00:00:00Z, 951782400000",
        "9999-12-31T23:59:59.999Z, 253402300799999",
    })
    void shouldReadIso8601(String text, long millis) {
        assertThat(parse(text)).isEqualTo(millis);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "2025",
                "2025-01-01",
                "2025-01-01T",
                "2025-01-01T12",
                "2025-13-01T12:00:00Z",
                "2025-00-01T12:00:00Z",
                "2025-02-29T12:00:00Z",
                "1900-02-29T12:00:00Z",
                "2025-02-30T12:00:00Z",
                "2025-01-00T12:00:00Z",
                "2025-01-32T12:00:00Z",
                "2025-01-01T24:00:01Z",
                "2025-01-01T12:60:00Z",
                "2025-01-01T12:00:60Z",
                "2025-01-01T12:00:00.1234567891Z",
                "2025-01-01T12:00:00ZZ",
                "2025-01-01T12:00:00+25:00",
                "2025-01-01T12:00:00Z ",
                " 2025-01-01T12:00:00Z",
                "2025-1-1T12:00:00Z",
                "2025-01-01T12:00:00[UTC]",
                "2025-0a-01T12:00:00Z",
                "2025-01-01T1/:00:00Z",
                "20250101T120000Z",
                "2025-01-01T12:00:00,5Z",
                "+292278995-01-01T00:00:00Z"
            })
    void shouldRefuseWhatIsNoTimestamp(String text) {
        assertThatExceptionOfType(DateTimeException.class).isThrownBy(() -> parse(text));
    }

    @Test
    void shouldRefuseAnOffsetWithoutNumbers() {
        assertThatExceptionOfType(DateTimeException.class).isThrownBy(() -> parse("2025-01-01T12:00:00.+Z"));
    }

    @Test
    void shouldReadALocalTimeInItsZoneThroughChangesOfTheClock() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        assertThat(parse("2025-01-01T13:00:00", berlin)).isEqualTo(1735732800000L);
        assertThat(parse("2025-07-01T14:00:00.25", berlin)).isEqualTo(parse("2025-07-01T12:00:00.25Z"));
        assertThat(parse("2025-07-01T12:00:00Z", berlin)).isEqualTo(parse("2025-07-01T12:00:00Z"));
    }

    @Test
    void shouldAgreeWithJavaTimeOnRandomTimes() {
        Random random = new Random(1);
        for (int i = 0; i < 200_000; i++) {
            // Seconds from 1970 to the end of 9999.
            Instant instant = Instant.ofEpochSecond(random.nextLong(253_402_300_800L), random.nextInt(1_000_000_000));
            assertThat(parse(instant.toString())).isEqualTo(instant.toEpochMilli());
            Instant seconds = instant.truncatedTo(ChronoUnit.SECONDS);
            assertThat(parse(LocalDateTime.ofInstant(seconds, ZoneOffset.UTC)
                            + ":00".substring(0, seconds.getEpochSecond() % 60 == 0 ? 3 : 0)))
                    .isEqualTo(seconds.toEpochMilli());
        }
    }

    @Test
    void shouldAgreeWithJavaTimeOnEveryDayOfFourCenturies() {
        for (LocalDateTime day = LocalDateTime.of(1970, 1, 1, 1, 2, 3); day.getYear() < 2401; day = day.plusDays(1)) {
            assertThat(parse(day + "Z")).isEqualTo(day.toInstant(ZoneOffset.UTC).toEpochMilli());
        }
    }
}
