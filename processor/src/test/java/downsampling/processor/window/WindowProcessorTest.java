package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import downsampling.processor.settings.TopologyKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the default topology promises beyond the DSL, as far as it shows without a broker. */
class WindowProcessorTest {
    private final Driver driver = new Driver(Driver.config(TopologyKind.EXACT));

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void shouldPassOnALateReadingAsItWasWithWhatItMissed() {
        driver.send("a", "2025-01-01T11:59:50Z", 1);
        driver.send("a", "2025-01-01T12:00:01Z", 2);
        byte[] raw = "{\"ts\":\"2025-01-01T11:59:59.500Z\",\"value\":3, \"unit\":\"C\"}".getBytes();
        driver.sendRaw("a".getBytes(), raw);

        assertThat(driver.late()).hasSize(1).first().satisfies(late -> {
            assertThat(late.key()).isEqualTo("a".getBytes());
            assertThat(late.value()).isEqualTo(raw);
            assertThat(late.getRecordTime()).isEqualTo(Driver.NOW);
            assertThat(late.headers().lastHeader("uuid").value()).containsExactly(7);
            assertThat(Driver.header(late.headers(), "late.window.start")).isEqualTo("1735732790000");
            assertThat(Driver.header(late.headers(), "late.window.end")).isEqualTo("1735732800000");
            assertThat(Driver.header(late.headers(), "late.by.ms")).isEqualTo("500");
            assertThat(Driver.header(late.headers(), "source.topic")).isEqualTo("raw");
            assertThat(Driver.header(late.headers(), "source.partition")).isEqualTo("0");
            assertThat(Driver.header(late.headers(), "source.offset")).isEqualTo("2");
        });
        assertThat(driver.rows()).hasSize(1);
        assertThat(driver.dropped()).isZero();
    }

    @Test
    void shouldTakeAReadingOneMillisecondBeforeItWouldBeLate() {
        driver.send("a", "2025-01-01T11:59:59Z", 1);
        driver.send("a", "2025-01-01T12:00:00.999Z", 2);
        driver.send("a", "2025-01-01T11:59:58Z", 3);
        assertThat(driver.late()).isEmpty();
    }

    @Test
    void shouldCountAFutureReadingAsDeadAndLetItCloseNothing() {
        driver.send("a", "2025-01-01T12:00:00Z", 1);
        driver.send("a", "2099-01-01T00:00:00Z", 2);
        driver.send("a", "2025-01-01T12:02:00.001Z", 3);
        assertThat(driver.rows()).isEmpty();
        assertThat(driver.dead())
                .hasSize(2)
                .last()
                .satisfies(dead -> assertThat(Driver.header(dead.headers(), "__streams.errors.message"))
                        .isEqualTo("ts: expected at most 60000 ms ahead of 2025-01-01T12:01:00Z,"
                                + " found the text \"2025-01-01T12:02:00.001Z\", 60001 ms ahead"));

        driver.advanceWallClock(Duration.ofMillis(1));
        driver.send("a", "2025-01-01T12:02:00.001Z", 4);
        assertThat(driver.dead()).isEmpty();
        assertThat(driver.rows()).hasSize(1); // of 12:00:00, which has been over for 50 s
    }

    /** On the day when clocks are set back, 02:00 of local time comes twice. */
    @Test
    void shouldTellTheTwoHoursApartByTheTimestampsOfTheRecords() {
        Instant first = Instant.parse("2024-10-27T00:00:01Z");
        try (Driver local = new Driver(Driver.config(TopologyKind.EXACT, "--zone=Europe/Berlin"))) {
            for (int second = 0; second < 4; second++) {
                String json = "{\"ts\":\"2024-10-27T02:00:0" + second + "\",\"value\":" + second + "}";
                for (int hour = 0; hour < 2; hour++) {
                    Instant arrived = first.plusSeconds(second).plus(Duration.ofHours(hour));
                    local.sendRaw("a".getBytes(UTF_8), json.getBytes(UTF_8), arrived);
                }
            }
            assertThat(local.rows())
                    .containsExactly(
                            "a {\"time\":1729987210000,\"temperature\":{\"count\":1,\"min\":0,\"max\":0,\"mean\":0}}");
            assertThat(local.late())
                    .as("of the first hour, and after the second has begun")
                    .hasSize(3);
            assertThat(local.dead()).isEmpty();
        }
    }

    @Test
    void shouldWriteADeadLetterAsKafkasOwnHandlerDoes() {
        try (Driver dsl = new Driver(Driver.config(TopologyKind.DSL))) {
            for (Driver each : List.of(driver, dsl)) {
                each.sendRaw("a".getBytes(), "no reading \u00b5".getBytes(UTF_8));
                each.sendRaw(null, "{}".getBytes());
            }
            assertThat(driver.dead())
                    .extracting(WindowProcessorTest::text)
                    .hasSize(2)
                    .isEqualTo(
                            dsl.dead().stream().map(WindowProcessorTest::text).toList());
        }
        assertThat(driver.dropped()).isZero();
    }

    @Test
    void shouldTellOfDeletedInputOnceAndNotOfWhatWasProcessed() {
        driver.send("a", "2025-01-01T11:59:50Z", 1);
        driver.send("a", "2025-01-01T11:59:51Z", 1);
        driver.sendDeleted(1); // offsets 1 and 2, of which the first was processed
        driver.sendDeleted(1); // offsets 1 to 3, of which the last is new
        driver.send("a", "2025-01-01T12:00:01Z", 2);

        assertThat(driver.dead())
                .hasSize(2)
                .allSatisfy(dead -> assertThat(dead.key()).isNull())
                .allSatisfy(dead -> assertThat(dead.value()).isNull())
                .extracting(
                        dead -> Driver.header(dead.headers(), "__streams.errors.message"),
                        dead -> Driver.header(dead.headers(), "__streams.errors.offset"),
                        dead -> Driver.header(dead.headers(), "deleted.last.offset"),
                        dead -> Driver.header(dead.headers(), "dead.reason"))
                .containsExactly(
                        tuple("deleted before it was read", "2", "2", "deleted"),
                        tuple("deleted before it was read", "3", "3", "deleted"));
        assertThat(driver.metrics.offsetsDeletedUnread()).isEqualTo(2);
        assertThat(driver.rows()).hasSize(1);
    }

    @Test
    void shouldTakeAValueThatLooksLikeDeletedInputForADeadRecord() {
        driver.sendRaw(null, new byte[0]);

        assertThat(driver.dead())
                .singleElement()
                .satisfies(dead -> assertThat(Driver.header(dead.headers(), "deleted.last.offset"))
                        .isNull());
    }

    /** All of a record; a stack trace is a line that ends, or not. */
    private static List<String> text(TestRecord<byte[], byte[]> record) {
        List<String> text = new ArrayList<>();
        text.add(Arrays.toString(record.key()));
        text.add(Arrays.toString(record.value()));
        text.add("" + record.getRecordTime());
        record.headers().forEach(header -> text.add(header.key() + "=" + new String(header.value(), UTF_8).strip()));
        text.sort(null);
        return text;
    }

    @Test
    void shouldCloseTheLastWindowsOnceWhenThePartitionIsIdle() {
        driver.send("a", "2025-01-01T12:00:00.500Z", 1);
        driver.send("b", "2025-01-01T11:59:59.500Z", 2);
        driver.idleFor(Duration.ofSeconds(29));
        assertThat(driver.rows()).isEmpty();
        driver.idleFor(Duration.ofSeconds(1));
        assertThat(driver.rows())
                .containsExactly(
                        "b {\"time\":1735732800000,\"temperature\":{\"count\":1,\"min\":2,\"max\":2,\"mean\":2}}",
                        "a {\"time\":1735732810000,\"temperature\":{\"count\":1,\"min\":1,\"max\":1,\"mean\":1}}");
        driver.idleFor(Duration.ofMinutes(5));
        assertThat(driver.rows()).isEmpty();
    }

    @Test
    void shouldCloseUpToTheEndOfTheNewestWindowAndNoFurtherWhenIdle() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.idleFor(Duration.ofMinutes(1));
        assertThat(driver.rows()).hasSize(1);

        driver.send("a", "2025-01-01T12:00:09.999Z", 2);
        assertThat(driver.late()).hasSize(1);
        driver.send("a", "2025-01-01T12:00:10Z", 3);
        assertThat(driver.late()).isEmpty();
        driver.send("a", "2025-01-01T12:00:21Z", 3);
        assertThat(driver.rows()).hasSize(1);
    }

    @Test
    void shouldNotTakeALateReadingForASignOfLife() {
        driver.send("a", "2025-01-01T11:59:00Z", 1);
        driver.send("a", "2025-01-01T12:00:01Z", 2);
        driver.rows();
        for (int second = 0; second < 30; second++) {
            driver.send("a", "2025-01-01T11:59:00Z", second);
            assertThat(driver.rows()).isEmpty();
            driver.idleFor(Duration.ofSeconds(1));
        }
        assertThat(driver.rows()).hasSize(1);
        assertThat(driver.late()).hasSize(30);
    }

    @Test
    void shouldTakeAReadingOfAnySensorOfThePartitionForASignOfLife() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        for (int second = 0; second < 100; second++) {
            driver.send("b", "2025-01-01T12:00:01Z", second);
            driver.idleFor(Duration.ofSeconds(1));
        }
        assertThat(driver.rows()).isEmpty();
    }

    @Test
    void shouldNotBeIdleWhileItIsNotKnownThatAllIsRead() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.advanceWallClock(Duration.ofMinutes(5));
        assertThat(driver.rows()).isEmpty();

        // Read to where it was one second before the reading's silence was long enough.
        driver.reached = Driver.readUpTo(0, Driver.NOW.plusSeconds(29));
        driver.advanceWallClock(Duration.ofMinutes(5));
        assertThat(driver.rows()).isEmpty();

        driver.reached = Driver.readUpTo(0, Driver.NOW.plusSeconds(30));
        driver.advanceWallClock(Duration.ofSeconds(1));
        assertThat(driver.rows()).hasSize(1);
    }

    @Test
    void shouldCountIdleTimeAnewWhenTheBrokerHadNotAnswered() {
        driver.send("a", "2025-01-01T12:00:01Z", 1);
        driver.advanceWallClock(Duration.ofMinutes(5));
        driver.idleFor(Duration.ofSeconds(29));
        assertThat(driver.rows()).isEmpty();
        driver.idleFor(Duration.ofSeconds(1));
        assertThat(driver.rows()).hasSize(1);
    }

    /** An upload every 40 s, and 30 s of silence. */
    @Test
    void shouldSayOnceThatReadingsComeLateForWindowsThatSilenceClosed() {
        Logger logger = (Logger) LoggerFactory.getLogger(IdleWatch.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            driver.advanceWallClock(Duration.ofSeconds(5)); // so that uploads end within windows
            for (int upload = 0; upload < 5; upload++) {
                for (int second = 0; second < 40; second++) {
                    driver.send("a", driver.now().plusSeconds(second - 40).toEpochMilli(), second);
                }
                driver.idleFor(Duration.ofSeconds(40));
            }
        } finally {
            logger.detachAppender(log);
        }
        assertThat(driver.late()).isNotEmpty();
        assertThat(log.list.stream()
                        .filter(event -> event.getLevel() == Level.WARN)
                        .map(ILoggingEvent::getFormattedMessage))
                .singleElement()
                .asString()
                .contains("Partition 0", "--idle-close (30s) has to be longer");
    }

    @Test
    void shouldForgetClosedWindows() {
        for (int window = 0; window < 1000; window++) {
            driver.send(
                    "a" + window % 7,
                    Driver.NOW.minusSeconds(20_000 - 10 * window).toEpochMilli(),
                    window);
        }
        assertThat(driver.storedRecords()).isLessThanOrEqualTo(2 * 2); // see WindowLog
    }
}
