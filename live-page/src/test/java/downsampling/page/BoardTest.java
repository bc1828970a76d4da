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
    private static final List<String> LEVELS = List.of("", "1m", "1h");
    private static final ShownTopic READINGS = new ShownTopic("raw", TopicRole.READINGS);
    private static final ShownTopic SUMMARIES = new ShownTopic("agg", TopicRole.SUMMARIES);
    private static final ShownTopic HOURS = new ShownTopic("agg-1h", TopicRole.ROLLUP, "1h", true);
    private static final ShownTopic LATE = new ShownTopic("late", TopicRole.LATE);
    private static final ShownTopic DEAD = new ShownTopic("dead", TopicRole.DEAD);
    private static final ShownTopic STATUS = new ShownTopic("status", TopicRole.STATUS);

    private long now = START;
    private Board board = new Board(LEVELS, TestTopics.USUAL_FORMAT, () -> now);

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
        board.add(READINGS, record(null, "{\"ts\":1,\"value\":1}", START), true);

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
            board.add(DEAD, record("Sensor1", "x".repeat(1_000), 0), true);
            board.add(LATE, record("Sensor1", "x".repeat(1_000), 0), true);
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
        board.add(READINGS, record("Sensor1", "{\"ts\":1,\"value\":1}", 0), false);
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
        board.add(SUMMARIES, record("Sensor1", TestTopics.summaryJson(START, 3, 1, 9, 4.25), START), true);
        board.add(SUMMARIES, record("Sensor1", "{\"time\":1}", 0), true);
        board.add(SUMMARIES, record("Sensor1", "no JSON", 0), true);
        board.add(SUMMARIES, record("Sensor1", null, 0), true);

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

        PageUpdate update = page(null, "humidity").nextUpdate();
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
        summaryJson("a", START, time + ",\"t\":{\"mean\":1},\"h\":{\"mean\":2}}");
        summaryJson("a", START + 1, time + ",\"h\":{\"mean\":3}}");
        summaryJson("a", START + 2, time + ",\"h\":{\"mean\":4},\"t\":{\"mean\":5}}");

        assertThat(means(page(null).nextUpdate())).containsExactly(1.0, 5.0);
        assertThat(means(page(null, "h").nextUpdate())).containsExactly(2.0, 3.0, 4.0);
    }

    private static List<Double> means(PageUpdate update) {
        return update.windows().get("a").stream()
                .map(window -> window.statistics().get("mean"))
                .toList();
    }

    @Test
    void shouldDrawTheReadingsOfTheChosenField() {
        board = new Board(
                LEVELS, MessageFormat.of("t=/data/0,h=/data/1", "at", EpochUnit.S, ZoneOffset.UTC), () -> now);
        double seconds = START / 1000.0;
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[20.5,40]}");
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[null,41]}");
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[21.5]}");
        readingJson("a", "{\"at\":" + seconds + ",\"data\":[\"22\",42]}");

        PageUpdate first = page("a").nextUpdate();
        assertThat(first.points().values()).containsExactly(20.5, 21.5);
        assertThat(first.fields()).isEqualTo(new PageUpdate.FieldList(List.of(), "t", true));
        PageUpdate.Points humidity = page("a", "h").nextUpdate().points();
        assertThat(humidity.values()).containsExactly(40, 41);
        assertThat(humidity.seen()).isEqualTo(2);
        assertThat(page("a", "other").nextUpdate().points()).isNull();
    }

    @Test
    void shouldBeginAnewWhenTheFirstSummaryShowsThatTheFirstFieldIsAnother() {
        reading("a", START, 1);
        OpenPage page = page(null);
        OpenPage chosen = page(null, "temperature");
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
            summaryJson("a", START + i, "{\"time\":" + (START + 10_000) + fields + "}");
        }

        assertThat(page(null).nextUpdate().fields().names())
                .hasSize(Board.FIELDS_KEPT)
                .endsWith("f63");
        assertThat(board.newestSummaries("", new EntryRange(0, Long.MAX_VALUE), "f63", Integer.MAX_VALUE))
                .hasSize(Board.SUMMARIES_KEPT / Board.FIELDS_KEPT);
        assertThat(page(null, "f64").nextUpdate().windows()).isEmpty();
    }

    @Test
    void shouldShowTwelveWindowsButNotOfAnySize() {
        assertThat(page(null).nextUpdate().span()).isEqualTo(120_000);
        board.add(SUMMARIES, record("Sensor1", TestTopics.summaryJson(START + 50_000, 3, 1, 9, 4.25), START), true);
        assertThat(page(null).nextUpdate().span()).as("of a window of a minute").isEqualTo(720_000);
        board.add(
                SUMMARIES, record("Sensor1", TestTopics.summaryJson(Long.MAX_VALUE - 10_000, 3, 1, 9, 4.25), 0), true);
        assertThat(page(null).nextUpdate().span()).isEqualTo(12 * (31 * 24 + 1) * 3_600_000L);
    }

    @Test
    void shouldShowTheWindowsOfTheLevelThatIsChosen() {
        for (int i = 0; i < 3; i++) {
            summary("a", START + i * 10_000L);
        }
        hour("a", START);
        hour("b", START);

        PageUpdate base = pageOf("").nextUpdate();
        assertThat(base.levels()).isEqualTo(new PageUpdate.LevelList("10s", List.of("1m", "1h"), ""));
        assertThat(base.windows()).containsOnlyKeys("a");
        assertThat(base.windows().get("a")).hasSize(3);
        assertThat(base.span()).isEqualTo(120_000);

        OpenPage page = pageOf("1h");
        PageUpdate hours = page.nextUpdate();
        assertThat(hours.levels().shown()).isEqualTo("1h");
        assertThat(hours.windows()).containsOnlyKeys("a", "b");
        assertThat(hours.windows().get("a"))
                .containsExactly(new PageUpdate.Window(START, START + 3_600_000, Map.of("mean", 7.0)));
        assertThat(hours.summaries().newest())
                .extracting(PageUpdate.Row::sensor)
                .containsExactly("a", "b");
        assertThat(hours.span()).isEqualTo(12 * 3_600_000);
        assertThat(statistics().summaries()).as("of the base").isEqualTo(3);

        summary("a", START + 30_000);
        PageUpdate nothing = page.nextUpdate();
        assertThat(nothing.windows()).isEmpty();
        assertThat(nothing.levels()).isNull();
        hour("a", START + 3_600_000);
        assertThat(page.nextUpdate().windows()).containsOnlyKeys("a");

        PageUpdate minutes = pageOf("1m").nextUpdate();
        assertThat(minutes.windows()).isEmpty();
        assertThat(minutes.span()).isEqualTo(120_000);
        assertThat(pageOf("1d").nextUpdate().levels().shown())
                .as("of a level that there is not")
                .isEmpty();
    }

    @Test
    void shouldSayHowLongTheBaseIsAsSoonAsThatIsKnown() {
        OpenPage page = pageOf("1h");
        assertThat(page.nextUpdate().levels().base()).isEmpty();
        hour("a", START);
        assertThat(page.nextUpdate().levels()).isNull();
        summary("a", START);
        assertThat(page.nextUpdate().levels().base()).isEqualTo("10s");
    }

    @Test
    void shouldShowTheLastSummaryOfAWindow() {
        now = START + 10_500;
        summary("a", START);
        summary("b", START);
        OpenPage open = page("a");
        open.nextUpdate();
        now = START + 40_000;
        corrected("a", START, 1, 5);
        corrected("a", START, 2, 6);
        summary("a", START + 10_000);

        for (PageUpdate update : List.of(open.nextUpdate(), page("a").nextUpdate())) {
            assertThat(update.windows().get("a"))
                    .extracting(
                            PageUpdate.Window::start,
                            window -> window.statistics().get("mean"))
                    .containsExactly(tuple(START, 6.0), tuple(START + 10_000, 4.25));
            assertThat(update.summaries().newest())
                    .filteredOn(row -> row.sensor().equals("a"))
                    .extracting(PageUpdate.Row::start, PageUpdate.Row::revision)
                    .containsExactly(tuple(START, 2L), tuple(START + 10_000, null));
        }
        now += 1_000;
        assertThat(statistics().delayMax()).as("of corrections apart").isEqualTo(20_000);
        assertThat(statistics().summaries()).isEqualTo(5);
    }

    @Test
    void shouldShowWhoIsSilentUntilTheyAreBack() {
        reading("a", START, 1);
        reading("b", START, 1);
        silent("b", START - 300_000);
        silent("c", START - 400_000);
        OpenPage page = page("a");
        PageUpdate.SensorList first = page.nextUpdate().list();
        assertThat(first.ids()).containsExactly("a", "b", "c");
        assertThat(first.silentSince()).isEqualTo(Map.of("b", START - 300_000, "c", START - 400_000));
        assertThat(first.silent()).isEqualTo(2);
        assertThat(silentOnes("").nextUpdate().list().ids()).containsExactly("b", "c");
        assertThat(silentOnes("C").nextUpdate().list().ids()).containsExactly("c");

        OpenPage silent = silentOnes("");
        silent.nextUpdate();
        reading("b", now, 1);
        assertThat(page.nextUpdate().list())
                .as("its reading alone says nothing")
                .isNull();
        back("b");
        assertThat(page.nextUpdate().list().silentSince()).containsOnlyKeys("c");
        assertThat(silent.nextUpdate().list().ids()).containsExactly("c");

        back("b");
        status("c", "{\"status\":\"silent\",\"since\":\"today\"}");
        status("c", "{\"status\":\"asleep\"}");
        status("c", "no JSON");
        status("c", null);
        assertThat(page.nextUpdate().list()).as("nothing new").isNull();
        silent("c", START);
        assertThat(page.nextUpdate().list().silentSince()).isEqualTo(Map.of("c", START));
    }

    @Test
    void shouldSendOfThoseThatAreSilentWhatThePageShows() {
        for (int i = 0; i < 1_000; i++) {
            silent("Sensor" + i, START);
        }

        PageUpdate.SensorList list = page("Sensor999").nextUpdate().list();
        assertThat(list.silentSince()).hasSize(OpenPage.CHARTS + 1).containsKey("Sensor999");
        assertThat(list.silent()).isEqualTo(1_000);
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
        return board.overview("").statistics();
    }

    private OpenPage page(String chosen) {
        return page(chosen, null);
    }

    private OpenPage page(String chosen, String field) {
        return new OpenPage(board, new OpenPage.Choice(chosen, field, "", "", false, 0));
    }

    private OpenPage pageOf(String level) {
        return new OpenPage(board, new OpenPage.Choice(null, null, level, "", false, 0));
    }

    private OpenPage silentOnes(String find) {
        return new OpenPage(board, new OpenPage.Choice(null, null, "", find, true, 0));
    }

    private void reading(String sensor, long time, double value) {
        board.add(READINGS, record(sensor, "{\"ts\":%d,\"value\":%s}".formatted(time, value), time), true);
    }

    private void readingJson(String sensor, String json) {
        board.add(READINGS, record(sensor, json, START), true);
    }

    private void summaryJson(String sensor, String json) {
        summaryJson(sensor, START, json);
    }

    private void summaryJson(String sensor, long start, String json) {
        board.add(SUMMARIES, record(sensor, json, start), true);
    }

    private void hour(String sensor, long start) {
        board.add(
                HOURS,
                record(sensor, "{\"time\":%d,\"temperature\":{\"mean\":7}}".formatted(start + 3_600_000), start),
                true);
    }

    private void corrected(String sensor, long start, int revision, double mean) {
        ConsumerRecord<byte[], byte[]> record = record(sensor, TestTopics.summaryJson(start, 4, 1, 9, mean), start);
        record.headers().add("revision", String.valueOf(revision).getBytes(UTF_8));
        board.add(SUMMARIES, record, true);
    }

    private void status(String sensor, String json) {
        board.add(STATUS, record(sensor, json, START), true);
    }

    private void silent(String sensor, long since) {
        status(sensor, "{\"sensor\":\"%s\",\"status\":\"silent\",\"since\":%d}".formatted(sensor, since));
    }

    private void back(String sensor) {
        status(sensor, "{\"sensor\":\"%s\",\"status\":\"back\",\"after\":300000}".formatted(sensor));
    }

    private void summary(String sensor, long start) {
        board.add(SUMMARIES, record(sensor, TestTopics.summaryJson(start, 3, 1, 9, 4.25), start), true);
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
