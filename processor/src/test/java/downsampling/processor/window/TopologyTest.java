package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.TopologyKind;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a tumbling window is, of both topologies alike. */
@ParameterizedClass
@EnumSource(TopologyKind.class)
class TopologyTest {
    @Parameter
    TopologyKind topology;

    Driver driver;

    @BeforeEach
    void start() {
        driver = new Driver(Driver.config(topology));
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void shouldSummariseAWindowOnceItHasClosed() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.send("a", "2025-01-01T12:00:02Z", 9);
        driver.send("a", "2025-01-01T12:00:03Z", 2.75);
        assertThat(driver.rows()).isEmpty();

        driver.send("a", "2025-01-01T12:00:11Z", 5);

        var summaries = driver.summaries();
        assertThat(summaries).hasSize(1);
        var summary = summaries.get(0);
        assertThat(summary.key()).isEqualTo("a");
        assertThat(summary.value())
                .isEqualTo("{\"time\":1735732810000,\"temperature\":{\"count\":3,\"min\":1,\"max\":9,\"mean\":4.25}}");
        assertThat(summary.getRecordTime()).isEqualTo(Instant.parse("2025-01-01T12:00:00Z"));
        assertThat(Driver.header(summary.headers(), "window.start")).isEqualTo("1735732800000");
        assertThat(Driver.header(summary.headers(), "window.end")).isEqualTo("1735732810000");
        assertThat(Driver.header(summary.headers(), "source.partition")).isEqualTo("0");
        assertThat(summary.headers().toArray()).hasSize(3);
    }

    @Test
    void shouldCountAReadingAtTheStartOfAWindowIntoItAndOneAtItsEndIntoTheNext() {
        driver.send("a", "2025-01-01T12:00:00Z", 1);
        driver.send("a", "2025-01-01T12:00:09.999Z", 2);
        driver.send("a", "2025-01-01T12:00:10Z", 30);
        driver.send("a", "2025-01-01T12:00:21Z", 0);
        assertThat(driver.rows())
                .containsExactly(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":2,\"min\":1,\"max\":2,\"mean\":1.5}}",
                        "a {\"time\":1735732820000,\"temperature\":{\"count\":1,\"min\":30,\"max\":30,\"mean\":30}}");
    }

    @ParameterizedTest(name = "a reading {0} after the window''s end: closed {1}")
    @CsvSource({"12:00:10.999, false", "12:00:11, true", "12:00:11.001, true"})
    void shouldCloseAWindowExactlyWhenGraceIsOver(String time, boolean closed) {
        driver.send("a", "2025-01-01T12:00:05Z", 1);
        driver.send("a", "2025-01-01T" + time + "Z", 2);
        assertThat(driver.rows()).hasSize(closed ? 1 : 0);
    }

    @Test
    void shouldTakeAnOutOfOrderReadingWithinGrace() {
        driver.send("a", "2025-01-01T12:00:09Z", 1);
        driver.send("a", "2025-01-01T12:00:10.999Z", 50);
        driver.send("a", "2025-01-01T12:00:03Z", 3);
        driver.send("a", "2025-01-01T12:00:11Z", 50);
        assertThat(driver.rows())
                .containsExactly(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":2,\"min\":1,\"max\":3,\"mean\":2}}");
    }

    @Test
    void shouldLeaveALateReadingOutOfTheSummary() {
        driver.send("a", "2025-01-01T12:00:09Z", 1);
        driver.send("a", "2025-01-01T12:00:11Z", 50);
        driver.send("a", "2025-01-01T12:00:09.999Z", 3);
        assertThat(driver.rows())
                .containsExactly(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":1,\"min\":1,\"max\":1,\"mean\":1}}");
    }

    @Test
    void shouldKeepSensorsApartAndLetThemShareStreamTime() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.send("b", "2025-01-01T12:00:02Z", 2);
        driver.send("c", "2025-01-01T12:00:11Z", 3);
        assertThat(driver.rows())
                .containsExactlyInAnyOrder(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":1,\"min\":1,\"max\":1,\"mean\":1}}",
                        "b {\"time\":1735732810000,\"temperature\":{\"count\":1,\"min\":2,\"max\":2,\"mean\":2}}");
    }

    @Test
    void shouldTakeNegativeAndDecimalValuesAsTheyAre() {
        driver.send("a", "2025-01-01T12:00:01Z", -40.5);
        driver.send("a", "2025-01-01T12:00:02Z", -0.25);
        driver.send("a", "2025-01-01T12:00:11Z", 0);
        assertThat(driver.rows())
                .containsExactly(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":2,\"min\":-40.5,\"max\":-0.25,\"mean\":-20.375}}");
    }

    @Test
    void shouldReadTimesWithAnyOffset() {
        driver.send("a", "2025-01-01T13:00:01+01:00", 1);
        driver.send("a", "2025-01-01T06:30:02-05:30", 2);
        driver.send("a", "2025-01-01T12:00:03", 3);
        driver.send("a", 1_735_732_811_000L, 4);
        assertThat(driver.rows())
                .containsExactly(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":3,\"min\":1,\"max\":3,\"mean\":2}}");
    }

    @Test
    void shouldReadTimesWithoutOffsetInTheZoneAskedFor() {
        driver.close();
        driver = new Driver(Driver.config(topology, Duration.ofSeconds(10), Duration.ZERO, ZoneId.of("Europe/Berlin")));
        driver.send("a", "2025-01-01T13:00:01", 1);
        driver.send("a", "2025-01-01T12:00:10Z", 1);
        assertThat(driver.rows()).hasSize(1);
        assertThat(driver.late()).isEmpty();
    }

    @Test
    void shouldCloseWindowsOfASensorWithGapsLongerThanManyWindows() {
        for (int minute = 0; minute < 20; minute++) {
            driver.send("a", Driver.NOW.plusSeconds(minute * 60 - 1200).toEpochMilli(), minute);
        }
        assertThat(driver.rows()).hasSize(19);
    }

    @Test
    void shouldTakeAReadingOfTheEpochItself() {
        driver.send("a", 0, 1);
        driver.send("a", 11_000, 2);
        assertThat(driver.rows())
                .containsExactly("a {\"time\":10000,\"temperature\":{\"count\":1,\"min\":1,\"max\":1,\"mean\":1}}");
    }

    @Test
    void shouldTakeSensorsWhoseIdsAreBeginningsOfEachOther() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.send("ab", "2025-01-01T12:00:01Z", 2);
        driver.send("\u00e4\uD83C\uDF21", "2025-01-01T12:00:01Z", 3);
        driver.send("a", "2025-01-01T12:00:11Z", 1);
        assertThat(driver.summaries())
                .extracting(r -> r.key())
                .containsExactlyInAnyOrder("a", "ab", "\u00e4\uD83C\uDF21");
    }

    @Test
    void shouldSendWhatIsNoReadingToTheDeadLetterTopicAndGoOn() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.sendRaw("a".getBytes(), "garbage".getBytes());
        driver.send("a", "2025-01-01T12:00:11Z", 1);
        assertThat(driver.rows()).hasSize(1);
        assertThat(driver.dead()).hasSize(1).first().satisfies(dead -> {
            assertThat(dead.value()).isEqualTo("garbage".getBytes());
            assertThat(dead.key()).isEqualTo("a".getBytes());
            assertThat(dead.getRecordTime()).isEqualTo(Driver.NOW);
            assertThat(dead.headers().lastHeader("uuid").value()).containsExactly(7);
            assertThat(Driver.header(dead.headers(), "__streams.errors.message"))
                    .isEqualTo("value: expected JSON in UTF-8, found 'g' at byte 0, in \"garbage\"");
            assertThat(Driver.header(dead.headers(), "dead.reason")).isEqualTo("json");
        });
    }

    @Test
    void shouldReadAMessageFromWhereItsPartsStand() {
        driver.close();
        driver = new Driver(
                Driver.config(topology, "--fields=temperature=/data/0/t", "--time-field=/meta/at", "--time-unit=s"));
        for (int second = 0; second < 12; second += 3) {
            String json = "{\"meta\":{\"at\":" + (1_735_732_800 + second) + ".5},\"data\":[{\"t\":" + second + "}]}";
            driver.sendRaw("a".getBytes(UTF_8), json.getBytes(UTF_8));
        }
        driver.sendRaw(
                "a".getBytes(UTF_8), "{\"meta\":{\"at\":1735732812},\"data\":{\"0\":{\"t\":30}}}".getBytes(UTF_8));
        driver.sendRaw("a".getBytes(UTF_8), "{\"meta\":{\"at\":1735732812},\"data\":[]}".getBytes(UTF_8));

        assertThat(driver.rows())
                .containsExactly(
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":4,\"min\":0,\"max\":9,\"mean\":4.5}}");
        assertThat(driver.dead())
                .singleElement()
                .satisfies(letter -> assertThat(Driver.header(letter.headers(), "__streams.errors.message"))
                        .isEqualTo("value: expected a number in field \"/data/0/t\", found none"));
    }
}
