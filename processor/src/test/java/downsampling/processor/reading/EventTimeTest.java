package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("'T'HH:mm:ss");

    private static long parse(String text) {
        return parse(text, ZoneOffset.UTC);
    }

    /** What the pattern says; the quick way says the same, or nothing. */
    private static long parse(String text, ZoneId zone) {
        OptionalLong quick = quick(text, zone);
        try {
            long time = EventTime.parse(text, zone);
            assertThat(quick.orElse(time)).as(text).isEqualTo(time);
            return time;
        } catch (DateTimeException e) {
            assertThat(quick).as(text).isEmpty();
            throw e;
        }
    }

    private static OptionalLong quick(String text, ZoneId zone) {
        PlainTime plain = new PlainTime(zone);
        byte[] around = ("9\"" + text + "\"9").getBytes(UTF_8); // the text stands amid others, as in a message
        for (int end = 2; end < around.length - 1; end++) {
            assertThat(plain.read(around, 2, end)).as("%s up to %d", text, end).isEqualTo(-1);
        }
        int after = plain.read(around, 2, around.length);
        assertThat(after).as(text).isIn(-1, around.length - 1);
        assertThat(plain.read(around, 2, around.length - 1)).as(text).isEqualTo(after);
        return after < 0 ? OptionalLong.empty() : OptionalLong.of(plain.time());
    }

    /** The same table for all that read such times: the CSV replay and the live page, too. */
    @ParameterizedTest
    @CsvFileSource(resources = "/times.csv", delimiter = '|')
    void shouldReadOrRefuseEachTimeOfTheTable(String text, String millis) {
        if (millis.startsWith("refused") || text.matches("[0-9.]+")) { // JsonReader's are the numbers
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
    void shouldTakeTheInstantNearerToTheRecordWhereAZoneHasALocalTimeTwice() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        long earlier = parse("2024-10-27T00:30:00.5Z");
        long later = parse("2024-10-27T01:30:00.5Z");
        EventTime time = EventTime.of("2024-10-27T02:30:00.5", berlin);
        assertThat(time.isAmbiguous()).isTrue();
        assertThat(EventTime.parse("2024-10-27T02:30:00.5", berlin)).isEqualTo(earlier);
        assertThat(time.near(-1, 60_000)).as("no timestamp").isEqualTo(earlier);
        assertThat(time.near(0, 60_000)).isEqualTo(earlier);
        assertThat(time.near(earlier, 60_000)).isEqualTo(earlier);
        assertThat(time.near(later - 60_001, 60_000)).as("59 min on its way").isEqualTo(earlier);
        assertThat(time.near(later - 60_000, 60_000))
                .as("a clock that is a minute fast")
                .isEqualTo(later);
        assertThat(time.near(later, 60_000)).isEqualTo(later);
        assertThat(time.near(later + 86_400_000, 60_000)).isEqualTo(later);
        assertThat(time.near(later - 1_800_000, 86_400_000)).as("in the middle").isEqualTo(earlier);
        assertThat(time.near(later - 1_799_999, 86_400_000)).isEqualTo(later);
    }

    @ParameterizedTest
    @CsvSource({
        "2024-10-27T01:59:59.999, Europe/Berlin, false",
        "2024-10-27T02:00:00, Europe/Berlin, true",
        "2024-10-27T02:59:59.999, Europe/Berlin, true",
        "2024-10-27T03:00:00, Europe/Berlin, false",
        "2024-10-27T02:30:00Z, Europe/Berlin, false",
        "2024-10-27T02:30:00+01:00, Europe/Berlin, false",
        "2024-10-27T02:30:00, UTC, false",
        "2024-03-31T02:00:00, Europe/Berlin, true",
        "2024-03-31T02:59:59.999, Europe/Berlin, true",
        "2024-03-31T03:00:00, Europe/Berlin, false",
        "2024-04-07T01:45:00, Australia/Lord_Howe, true",
        "2024-04-07T01:15:00, Australia/Lord_Howe, false"
    })
    void shouldKnowWhichLocalTimesAZoneHasTwiceOrNotAtAll(String text, ZoneId zone, boolean ambiguous) {
        assertThat(EventTime.of(text, zone).isAmbiguous()).isEqualTo(ambiguous);
    }

    @Test
    void shouldReadALocalTimeThatIsLeftOutByTheOffsetBeforeTheChange() {
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        assertThat(EventTime.of("2024-03-31T02:30:00", berlin).near(Long.MAX_VALUE / 2, 60_000))
                .isEqualTo(parse("2024-03-31T01:30:00Z"))
                .isEqualTo(EventTime.parse("2024-03-31T02:30:00", berlin));
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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2025-01-01T12:00:00.123456Z",
                "2025-01-01T12:00:00Z",
                "2025-01-01T12:00:00",
                "2025-01-01 12:00:00.1",
                "2025-01-01T12:00:00.123456789012345",
                "2025-01-01T12:00:00.12345678+05:30",
                "1970-01-01T01:00:00-00:01",
                "2024-02-29T23:59:59+18:00"
            })
    void shouldReadTheCommonShapesQuickly(String text) {
        assertThat(quick(text, ZoneOffset.UTC)).hasValue(parse(text));
        assertThat(quick(text, ZoneId.of("Europe/Berlin"))).hasValue(parse(text, ZoneId.of("Europe/Berlin")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Europe/Berlin",
                "America/St_Johns",
                "Australia/Lord_Howe",
                "Pacific/Apia",
                "Asia/Kolkata",
                "+14:00"
            })
    void shouldReadALocalTimeQuicklyAndAlikeButOnDaysAroundAChange(String name) {
        ZoneId zone = ZoneId.of(name);
        Random random = new Random(2);
        PlainTime plain = new PlainTime(zone);
        int days = 0;
        int quick = 0;
        for (LocalDate day = LocalDate.of(1969, 12, 30); day.getYear() < 2030; day = day.plusDays(1)) {
            String text = day + LocalTime.ofSecondOfDay(random.nextInt(86_400)).format(CLOCK);
            byte[] quoted = ('"' + text + '"').getBytes(UTF_8);
            days++;
            if (plain.read(quoted, 1, quoted.length) >= 0) {
                quick++;
                assertThat(plain.time()).as(text).isEqualTo(EventTime.parse(text, zone));
            }
        }
        assertThat(quick).isBetween(days - days / 50, days);
    }
}
