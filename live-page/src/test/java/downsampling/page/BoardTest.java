package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** What a board keeps and counts, and what an open page receives of it: above all, the limits hold. */
class BoardTest {
    private static final long START = 1_735_732_800_000L;

    private long now = START;
    private Board board = new Board(TestTopics.USUAL_FORMAT, () -> now);

    @Test
    void shouldSortSensorsAsPeopleDo() {
        List.of("b", "Sensor10", "Sensor2", "a", "Sensor02", "Sensor1a", "Sensor1")
                .forEach(s -> reading(s, START, 1));

        assertThat(page(null).nextUpdate().list().ids())
                .containsExactly("Sensor1", "Sensor1a", "Sensor02", "Sensor2", "Sensor10", "a", "b");
    }

    @Test
    void shouldKeepSoManySensorsAndCountTheOthers() {
        for (int i = 0; i < Board.SENSORS_KEPT + 5; i++) {
            reading("Sensor" + i, START, 1);
        }

        PageUpdate update = page("").nextUpdate();
        assertThat(update.statistics().sensors()).isEqualTo(Board.SENSORS_KEPT);
        assertThat(update.statistics().tooManySensors()).isTrue();
        assertThat(update.statistics().readings()).isEqualTo(Board.SENSORS_KEPT + 5);
        assertThat(update.list().ids()).hasSize(OpenPage.CHARTS);
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

        assertThat(page(null).nextUpdate().list().ids()).containsExactly("Sensor7", "new");
        assertThat(statistics().tooManySensors()).isFalse();
    }

    @Test
    void shouldNotDrawWhatIsFarInTheFutureOrHasNoSensor() {
        reading("Sensor1", START + 60_000, 1);
        reading("Sensor1", START + 60_001, 2);
        reading("", START, 3);
        board.add(TopicRole.READINGS, record(null, "{\"ts\":1,\"value\":1}", START), true);

        PageUpdate update = page(null).nextUpdate();
        assertThat(update.points().values()).containsExactly(1);
        assertThat(update.statistics().newestReading()).isEqualTo(START + 60_000);
        assertThat(update.statistics().readings()).as("all of them came in").isEqualTo(4);
    }

    @Test
    void shouldSendWhatIsNewAndNothingTwice() {
        reading("Sensor1", START, 1);
        summary("Sensor1", START);
        OpenPage page = page(null);
        assertThat(page.nextUpdate().windows().get("Sensor1")).hasSize(1);

        PageUpdate nothing = page.nextUpdate();
        assertThat(nothing.limits()).isNull();
        assertThat(nothing.list()).isNull();
        assertThat(nothing.points()).isNull();
        assertThat(nothing.windows()).isEmpty();
        assertThat(nothing.summaries()).isNull();

        reading("Sensor1", START + 1, 2);
        summary("Sensor1", START + 10_000);
        PageUpdate more = page.nextUpdate();
        assertThat(more.points().times()).containsExactly(START + 1);
        assertThat(more.windows().get("Sensor1"))
                .extracting(PageUpdate.Window::start)
                .containsExactly(START + 10_000);
        assertThat(more.summaries().newest()).hasSize(1);
    }

    @Test
    void shouldSendTheWindowsOfTheChosenSensorThoughItHasNoSmallChart() {
        for (int i = 0; i < 100; i++) {
            summary("Sensor" + i, START);
        }

        assertThat(page("Sensor99").nextUpdate().windows())
                .hasSize(OpenPage.CHARTS + 1)
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
            board.add(TopicRole.DEAD, record("Sensor1", "x".repeat(1_000), 0), true);
            board.add(TopicRole.LATE, record("Sensor1", "x".repeat(1_000), 0), true);
        }
        OpenPage page = page("Sensor1");

        PageUpdate first = page.nextUpdate();
        assertThat(first.windows()).hasSize(OpenPage.CHARTS);
        assertThat(first.windows().values()).allMatch(windows -> windows.size() <= OpenPage.WINDOWS);
        assertThat(first.windows().get("Sensor1")).hasSize(OpenPage.WINDOWS);
        assertThat(first.points().times()).hasSizeLessThanOrEqualTo(OpenPage.POINTS);
        assertThat(first.summaries().newest()).hasSize(OpenPage.ROWS);
        assertThat(first.summaries().seen()).isEqualTo(10_000);
        assertThat(first.dead().newest()).hasSize(OpenPage.ROWS);
        assertThat(first.late().newest())
                .hasSize(OpenPage.ROWS)
                .allMatch(r -> r.value().length() < 300);

        for (int i = 0; i < 10_000; i++) {
            reading("Sensor1", START + 1_000_000 + i, i);
        }
        PageUpdate second = page.nextUpdate();
        assertThat(second.points().times()).hasSizeLessThanOrEqualTo(OpenPage.NEW_POINTS);
        assertThat(second.points().seen()).isEqualTo(10_000);
    }

    @Test
    void shouldCountWhatIsPassedOverAndNotWhatWasThereBefore() {
        board.add(TopicRole.READINGS, record("Sensor1", "{\"ts\":1,\"value\":1}", 0), false);
        board.addSkipped(TopicRole.READINGS, 1_000);

        now += 1_000;
        assertThat(statistics().readings()).isEqualTo(1_000);
        assertThat(statistics().skipped()).isEqualTo(1_000);
        assertThat(statistics().readingsPerSecond()).isEqualTo(1_000);
    }

    @Test
    void shouldMeasureTheDelayFromTheEndOfTheWindow() {
        now = START + 11_200;
        summary("Sensor1", START);
        now = START + 11_500;
        summary("Sensor2", START);
        summary("Sensor3", START);

        assertThat(statistics().delayMedian()).isEqualTo(1_500);
        assertThat(statistics().delayMax()).isEqualTo(1_500);
        assertThat(statistics().readingsPerSummary()).isEqualTo(3);

        now += 61_000;
        assertThat(statistics().delayMedian())
                .as("of a minute without summaries")
                .isNull();
    }

    @Test
    void shouldTakeASummaryWithoutHeadersByItsTimestamp() {
        board.add(TopicRole.SUMMARIES, record("Sensor1", TestTopics.summaryJson(START, 3, 1, 9, 4.25), START), true);
        board.add(TopicRole.SUMMARIES, record("Sensor1", "{\"time\":1}", 0), true);
        board.add(TopicRole.SUMMARIES, record("Sensor1", "no JSON", 0), true);
        board.add(TopicRole.SUMMARIES, record("Sensor1", null, 0), true);

        assertThat(page(null).nextUpdate().windows().get("Sensor1"))
                .containsExactly(new PageUpdate.Window(
                        START, START + 10_000, Map.of("count", 3.0, "min", 1.0, "max", 9.0, "mean", 4.25)));
    }

    @Test
    void shouldShowWhateverASummarySaysOfTheChosenField() {
        String before = "{\"time\":" + (START + 10_000) + ",\"temperature\":{\"mean\":1}";
        summaryJson("a", before + ",\"humidity\":{\"p99\":40,\"stddev\":null,\"sum\":3.5E+308}}");
        summaryJson("b", before + "}");
        summaryJson("c", before + ",\"humidity\":{\"p99\":\"40\"}}");
        summaryJson("d", before + ",\"humidity\":{}}");

        PageUpdate update = new OpenPage(board, null, "humidity", "", 0).nextUpdate();
        Map<String, Double> statistics = new LinkedHashMap<>();
        statistics.put("p99", 40.0);
        statistics.put("stddev", null);
        statistics.put("sum", null);
        assertThat(update.windows()).containsOnlyKeys("a");
        assertThat(update.windows().get("a")).containsExactly(new PageUpdate.Window(START, START + 10_000, statistics));
        assertThat(update.summaries().newest())
                .extracting(PageUpdate.Row::sensor, PageUpdate.Row::statistics)
                .containsExactly(tuple("a", statistics));
        assertThat(update.fields())
                .isEqualTo(new PageUpdate.FieldList(List.of("temperature", "humidity"), "humidity", false));
        assertThat(update.statistics().readingsPerSummary()).isNull();
        assertThat(page(null).nextUpdate().windows()).containsOnlyKeys("a", "b", "c", "d");
    }

    @Test
    void shouldStayWithTheFieldThatCameFirst() {
        String time = "{\"time\":" + (START + 10_000);
        summaryJson("a", time + ",\"t\":{\"mean\":1},\"h\":{\"mean\":2}}");
        summaryJson("a", time + ",\"h\":{\"mean\":3}}");
        summaryJson("a", time + ",\"h\":{\"mean\":4},\"t\":{\"mean\":5}}");

        assertThat(means(page(null).nextUpdate())).containsExactly(1.0, 5.0);
        assertThat(means(new OpenPage(board, null, "h", "", 0).nextUpdate())).containsExactly(2.0, 3.0, 4.0);
    }

    private static List<Double> means(PageUpdate update) {
        return update.windows().get("a").stream()
                .map(window -> window.statistics().get("mean"))
                .toList();
    }

    @Test
    void shouldDrawTheReadingsOfTheChosenField() {
        board = new Board(MessageFormat.of("t=/data/0,h=/data/1", "at", EpochUnit.S, ZoneOffset.UTC), () -> now);
        double seconds = START / 1000.0;
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[20.5,40]}");
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[null,41]}");
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[21.5]}");
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[\"22\",42]}");

        PageUpdate first = page("a").nextUpdate();
        assertThat(first.points().values()).containsExactly(20.5, 21.5);
        assertThat(first.fields()).isEqualTo(new PageUpdate.FieldList(List.of(), "t", true));
        PageUpdate.Points humidity =
                new OpenPage(board, "a", "h", "", 0).nextUpdate().points();
        assertThat(humidity.values()).containsExactly(40, 41);
        assertThat(humidity.seen()).isEqualTo(2);
        assertThat(new OpenPage(board, "a", "other", "", 0).nextUpdate().points())
                .isNull();
    }

    @Test
    void shouldBeginAnewWhenTheFirstSummaryShowsThatTheFirstFieldIsAnother() {
        reading("a", START, 1);
        OpenPage page = page(null);
        OpenPage chosen = new OpenPage(board, null, "temperature", "", 0);
        assertThat(page.nextUpdate().points().values()).containsExactly(1);
        chosen.nextUpdate();

        summaryJson("a", "{\"time\":" + (START + 10_000) + ",\"h\":{\"mean\":2},\"temperature\":{\"mean\":3}}");

        PageUpdate anew = page.nextUpdate();
        assertThat(anew.limits()).as("what a first update has").isNotNull();
        assertThat(anew.fields()).isEqualTo(new PageUpdate.FieldList(List.of("h", "temperature"), "h", false));
        assertThat(anew.list().ids()).containsExactly("a");
        assertThat(anew.points()).isNull();
        assertThat(means(anew)).containsExactly(2.0);
        PageUpdate more = page.nextUpdate();
        assertThat(more.limits()).isNull();
        assertThat(more.fields()).isNull();
        PageUpdate same = chosen.nextUpdate();
        assertThat(same.limits()).isNull();
        assertThat(same.fields()).isEqualTo(new PageUpdate.FieldList(List.of("h", "temperature"), "temperature", true));
        assertThat(means(same)).containsExactly(3.0);
    }

    @Test
    void shouldKeepSoManyFieldsAndCountASummaryForEachOfThem() {
        StringBuilder fields = new StringBuilder();
        for (int i = 0; i < Board.FIELDS_KEPT + 5; i++) {
            fields.append(",\"f").append(i).append("\":{\"mean\":1}");
        }
        for (int i = 0; i < Board.SUMMARIES_KEPT / Board.FIELDS_KEPT + 10; i++) {
            summaryJson("a", "{\"time\":" + (START + 10_000) + fields + "}");
        }

        assertThat(page(null).nextUpdate().fields().names())
                .hasSize(Board.FIELDS_KEPT)
                .endsWith("f63");
        assertThat(board.newestSummaries(new EntryRange(0, Long.MAX_VALUE), "f63", Integer.MAX_VALUE))
                .hasSize(Board.SUMMARIES_KEPT / Board.FIELDS_KEPT);
        assertThat(new OpenPage(board, null, "f64", "", 0).nextUpdate().windows())
                .isEmpty();
    }

    @Test
    void shouldShowTwelveWindowsButNotOfAnySize() {
        assertThat(page(null).nextUpdate().span()).isEqualTo(120_000);
        board.add(
                TopicRole.SUMMARIES,
                record("Sensor1", TestTopics.summaryJson(START + 50_000, 3, 1, 9, 4.25), START),
                true);
        assertThat(page(null).nextUpdate().span()).as("of a window of a minute").isEqualTo(720_000);
        board.add(
                TopicRole.SUMMARIES,
                record("Sensor1", TestTopics.summaryJson(Long.MAX_VALUE - 10_000, 3, 1, 9, 4.25), 0),
                true);
        assertThat(page(null).nextUpdate().span()).isEqualTo(12 * 604_800_000L);
    }

    @Test
    void shouldDrawAnEvenSampleWithTheExtremes() {
        Sensor sensor = new Sensor("Sensor1");
        List<Reading> readings = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            readings.add(new Reading(sensor, "t", i, i == 501 ? -50 : i == 733 ? 50 : 0));
        }

        List<Reading> sample = OpenPage.sample(readings, 100);

        assertThat(sample).hasSizeBetween(98, 100).contains(readings.get(501), readings.get(733));
        assertThat(sample).isSubsetOf(readings).isSortedAccordingTo((a, b) -> Long.compare(a.time(), b.time()));
        for (int tenth = 0; tenth < 10; tenth++) {
            long from = tenth * 100L;
            assertThat(sample)
                    .filteredOn(r -> r.time() >= from && r.time() < from + 100)
                    .hasSizeBetween(9, 12);
        }
        assertThat(OpenPage.sample(readings, 1_000)).isEqualTo(readings);
    }

    @Test
    void shouldSendEverySummaryOnceThoughMoreComeMeanwhile() throws Exception {
        int windows = 20_000;
        Thread reader = new Thread(() -> {
            for (int i = 0; i < windows; i++) {
                summary("Sensor" + i % 3, START + i * 10_000L);
            }
        });
        OpenPage page = page(null);
        Map<String, Long> newestStart = new HashMap<>();
        long rows = 0;
        reader.start();
        for (boolean last = false; !last; ) {
            last = !reader.isAlive();
            PageUpdate update = page.nextUpdate();
            rows += update.summaries() == null ? 0 : update.summaries().seen();
            update.windows().forEach((sensor, sent) -> {
                for (PageUpdate.Window window : sent) {
                    assertThat(window.start()).isGreaterThan(newestStart.getOrDefault(sensor, Long.MIN_VALUE));
                    newestStart.put(sensor, window.start());
                }
            });
        }

        assertThat(rows).isEqualTo(windows);
        assertThat(newestStart.values()).contains(START + (windows - 1) * 10_000L);
    }

    private Statistics statistics() {
        return board.overview().statistics();
    }

    private OpenPage page(String chosen) {
        return new OpenPage(board, chosen, null, "", 0);
    }

    private void reading(String sensor, long time, double value) {
        board.add(TopicRole.READINGS, record(sensor, "{\"ts\":%d,\"value\":%s}".formatted(time, value), time), true);
    }

    private void readingJson(String sensor, String json) {
        board.add(TopicRole.READINGS, record(sensor, json, START), true);
    }

    private void summaryJson(String sensor, String json) {
        board.add(TopicRole.SUMMARIES, record(sensor, json, START), true);
    }

    private void summary(String sensor, long start) {
        board.add(TopicRole.SUMMARIES, record(sensor, TestTopics.summaryJson(start, 3, 1, 9, 4.25), start), true);
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
