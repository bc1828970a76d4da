package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.page.Board.Stream;
import downsampling.page.Viewer.Update;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** What a board keeps and counts, and what a viewer is sent of it: the limits above all. */
class BoardTest {
    private static final long START = 1_735_732_800_000L;

    private long now = START;
    private final Board board = new Board(ZoneOffset.UTC, () -> now);

    @Test
    void shouldSortSensorsAsPeopleDo() {
        List.of("b", "Sensor10", "Sensor2", "a", "Sensor02", "Sensor1a", "Sensor1")
                .forEach(s -> reading(s, START, 1));

        assertThat(viewer(null).next().list().ids())
                .containsExactly("Sensor1", "Sensor1a", "Sensor02", "Sensor2", "Sensor10", "a", "b");
    }

    @Test
    void shouldKeepSoManySensorsAndCountTheOthers() {
        for (int i = 0; i < Board.SENSORS_KEPT + 5; i++) {
            reading("Sensor" + i, START, 1);
        }

        Update update = viewer("").next();
        assertThat(update.stats().sensors()).isEqualTo(Board.SENSORS_KEPT);
        assertThat(update.stats().tooManySensors()).isTrue();
        assertThat(update.stats().readings()).isEqualTo(Board.SENSORS_KEPT + 5);
        assertThat(update.list().ids()).hasSize(Viewer.CHARTS);
        assertThat(update.list().matching()).isEqualTo(Board.SENSORS_KEPT);
    }

    @Test
    void shouldForgetSilentSensorsForNewOnes() {
        for (int i = 0; i < Board.SENSORS_KEPT; i++) {
            reading("Sensor" + i, START, 1);
        }
        now += 601_000;
        reading("Sensor7", now, 1);

        reading("new", now, 1);

        assertThat(viewer(null).next().list().ids()).containsExactly("Sensor7", "new");
        assertThat(board.stats().tooManySensors()).isFalse();
    }

    @Test
    void shouldNotDrawWhatIsFarInTheFutureOrHasNoSensor() {
        reading("Sensor1", START + 60_000, 1);
        reading("Sensor1", START + 60_001, 2);
        reading("", START, 3);
        board.add(Stream.READINGS, record(null, "{\"ts\":1,\"value\":1}", START), true);

        Update update = viewer(null).next();
        assertThat(update.points().values()).containsExactly(1);
        assertThat(update.stats().newest()).isEqualTo(START + 60_000);
        assertThat(update.stats().readings()).as("all of them came in").isEqualTo(4);
    }

    @Test
    void shouldSendWhatIsNewAndNothingTwice() {
        reading("Sensor1", START, 1);
        summary("Sensor1", START);
        Viewer viewer = viewer(null);
        assertThat(viewer.next().windows().get("Sensor1")).hasSize(1);

        Update nothing = viewer.next();
        assertThat(nothing.limits()).isNull();
        assertThat(nothing.list()).isNull();
        assertThat(nothing.points()).isNull();
        assertThat(nothing.windows()).isEmpty();
        assertThat(nothing.summaries()).isNull();

        reading("Sensor1", START + 1, 2);
        summary("Sensor1", START + 10_000);
        Update more = viewer.next();
        assertThat(more.points().times()).containsExactly(START + 1);
        assertThat(more.windows().get("Sensor1"))
                .extracting(Viewer.Window::start)
                .containsExactly(START + 10_000);
        assertThat(more.summaries().newest()).hasSize(1);
    }

    @Test
    void shouldSendTheWindowsOfTheChosenSensorThoughItHasNoSmallChart() {
        for (int i = 0; i < 100; i++) {
            summary("Sensor" + i, START);
        }

        assertThat(viewer("Sensor99").next().windows())
                .hasSize(Viewer.CHARTS + 1)
                .containsKey("Sensor99");
    }

    @Test
    void shouldBoundEveryPartOfAnUpdate() {
        now = START + 1_000_000;
        for (int window = 0; window < 100; window++) {
            for (int i = 0; i < 100; i++) {
                summary("Sensor" + i, START + window * 10_000L);
            }
        }
        for (int i = 0; i < 10_000; i++) {
            reading("Sensor1", START + 990_000 + i, i);
            board.add(Stream.DEAD, record("Sensor1", "x".repeat(1_000), 0), true);
            board.add(Stream.LATE, record("Sensor1", "x".repeat(1_000), 0), true);
        }
        Viewer viewer = viewer("Sensor1");

        Update first = viewer.next();
        assertThat(first.windows()).hasSize(Viewer.CHARTS);
        assertThat(first.windows().values()).allMatch(windows -> windows.size() <= Viewer.WINDOWS);
        assertThat(first.windows().get("Sensor1")).hasSize(Viewer.WINDOWS);
        assertThat(first.points().times()).hasSizeLessThanOrEqualTo(Viewer.POINTS);
        assertThat(first.summaries().newest()).hasSize(Viewer.ROWS);
        assertThat(first.summaries().seen()).isEqualTo(10_000);
        assertThat(first.dead().newest()).hasSize(Viewer.ROWS);
        assertThat(first.late().newest())
                .hasSize(Viewer.ROWS)
                .allMatch(r -> r.value().length() < 300);

        for (int i = 0; i < 10_000; i++) {
            reading("Sensor1", START + 1_000_000 + i, i);
        }
        Update second = viewer.next();
        assertThat(second.points().times()).hasSizeLessThanOrEqualTo(Viewer.NEW_POINTS);
        assertThat(second.points().seen()).isEqualTo(10_000);
    }

    @Test
    void shouldCountWhatIsPassedOverAndNotWhatWasThereBefore() {
        board.add(Stream.READINGS, record("Sensor1", "{\"ts\":1,\"value\":1}", 0), false);
        board.skipped(Stream.READINGS, 1_000);

        now += 1_000;
        assertThat(board.stats().readings()).isEqualTo(1_000);
        assertThat(board.stats().skipped()).isEqualTo(1_000);
        assertThat(board.stats().in()).isEqualTo(1_000);
    }

    @Test
    void shouldMeasureTheDelayFromTheEndOfTheWindow() {
        now = START + 11_200;
        summary("Sensor1", START);
        now = START + 11_500;
        summary("Sensor2", START);
        summary("Sensor3", START);

        assertThat(board.stats().delayMedian()).isEqualTo(1_500);
        assertThat(board.stats().delayMax()).isEqualTo(1_500);
        assertThat(board.stats().ratio()).isEqualTo(3);

        now += 61_000;
        assertThat(board.stats().delayMedian())
                .as("of a minute without summaries")
                .isNull();
    }

    @Test
    void shouldTakeASummaryWithoutHeadersByItsTimestamp() {
        board.add(Stream.SUMMARIES, record("Sensor1", Topics.summaryJson(START, 3, 1, 9, 4.25), START), true);
        board.add(Stream.SUMMARIES, record("Sensor1", "{\"time\":1}", 0), true);
        board.add(Stream.SUMMARIES, record("Sensor1", "no JSON", 0), true);
        board.add(Stream.SUMMARIES, record("Sensor1", null, 0), true);

        assertThat(viewer(null).next().windows().get("Sensor1"))
                .containsExactly(new Viewer.Window(START, START + 10_000, 3, 1, 9, 4.25));
    }

    @Test
    void shouldShowTwelveWindowsButNotOfAnySize() {
        assertThat(viewer(null).next().span()).isEqualTo(120_000);
        board.add(Stream.SUMMARIES, record("Sensor1", Topics.summaryJson(START + 50_000, 3, 1, 9, 4.25), START), true);
        assertThat(viewer(null).next().span()).as("of a window of a minute").isEqualTo(720_000);
        board.add(
                Stream.SUMMARIES,
                record("Sensor1", Topics.summaryJson(Long.MAX_VALUE - 10_000, 3, 1, 9, 4.25), 0),
                true);
        assertThat(viewer(null).next().span()).isEqualTo(12 * 604_800_000L);
    }

    @Test
    void shouldDrawAnEvenSampleWithTheExtremes() {
        Sensor sensor = new Sensor("Sensor1");
        List<Reading> readings = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            readings.add(new Reading(sensor, i, i == 501 ? -50 : i == 733 ? 50 : 0));
        }

        List<Reading> sample = Viewer.sample(readings, 100);

        assertThat(sample).hasSizeBetween(98, 100).contains(readings.get(501), readings.get(733));
        assertThat(sample).isSubsetOf(readings).isSortedAccordingTo((a, b) -> Long.compare(a.time(), b.time()));
        for (int tenth = 0; tenth < 10; tenth++) {
            long from = tenth * 100L;
            assertThat(sample)
                    .filteredOn(r -> r.time() >= from && r.time() < from + 100)
                    .hasSizeBetween(9, 12);
        }
        assertThat(Viewer.sample(readings, 1_000)).isEqualTo(readings);
    }

    private Viewer viewer(String chosen) {
        return new Viewer(board, chosen, "", 0);
    }

    private void reading(String sensor, long time, double value) {
        board.add(Stream.READINGS, record(sensor, "{\"ts\":%d,\"value\":%s}".formatted(time, value), time), true);
    }

    private void summary(String sensor, long start) {
        board.add(Stream.SUMMARIES, record(sensor, Topics.summaryJson(start, 3, 1, 9, 4.25), start), true);
    }

    private static ConsumerRecord<byte[], byte[]> record(String key, String value, long timestamp) {
        return new ConsumerRecord<>(
                "topic",
                0,
                0,
                timestamp,
                TimestampType.CREATE_TIME,
                -1,
                -1,
                key == null ? null : key.getBytes(UTF_8),
                value == null ? null : value.getBytes(UTF_8),
                new RecordHeaders(),
                Optional.empty());
    }
}
