package downsampling.processor.reading;

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
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
    private static long parse(String text) {
        return parse(text, ZoneOffset.UTC);
    }

    private static long parse(String text, ZoneId zone) {
        byte[] around = ("9" + text + "9").getBytes(UTF_8); // the text stands amid others, as in a message
        return EventTime.parse(around, 1, around.length - 2, zone);
    }

    /** The same table for all that read such times: the CSV replay and the live page, too. */
    @ParameterizedTest
    @CsvFileSource(resources = "/times.csv", delimiter = '|')
    void shouldReadOrRefuseEachTimeOfTheTable(String text, String millis) {
        if (millis.equals("refused")) {
            assertThatExceptionOfType(DateTimeException.class).isThrownBy(() -> parse(text));
        } else {
            assertThat(parse(text)).isEqualTo(Long.parseLong(millis));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 2025-01-01T12:00:00Z", "2025-01-01T12:00:00Z ", "2025-01-01T12:00:00\n"})
    void shouldRefuseBlanksAroundATimeAndNothingAtAll(String text) {
        assertThatExceptionOfType(DateTimeException.class).isThrownBy(() -> parse(text));
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
