package downsampling.producer.source;

import static downsampling.producer.source.SyntheticReading.Kind.CORRUPT;
import static downsampling.producer.source.SyntheticReading.Kind.FUTURE;
import static downsampling.producer.source.SyntheticReading.Kind.LATE;
import static downsampling.producer.source.SyntheticReading.Kind.ON_TIME;
import static downsampling.producer.source.SyntheticReading.Kind.OUT_OF_ORDER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.producer.source.SyntheticSource.Recipe;
import downsampling.producer.source.SyntheticSource.Shares;
import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticSourceTest {

    private static final Instant START = Instant.parse("2025-01-01T12:00:00Z");
    private static final Optional<Instant> FROM_START = Optional.of(START);
    private static final Shares ALL_KINDS = new Shares(0.2, 0.1, 0.05, 0.15);
    private static final Optional<Double> AS_FAST_AS_POSSIBLE = Optional.of(Double.POSITIVE_INFINITY);
    private static final Optional<Double> WITH_PAUSES = Optional.empty();

    private final ObjectMapper jackson = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @Test
    void shouldMakeWholeValuesFrom0To100OfAllSensors() {
        List<SyntheticReading> messages = take(new Recipe(5, 10_000, WITH_PAUSES, 1, FROM_START, Shares.NONE));

        assertThat(messages).hasSize(10_000).allMatch(m -> m.kind() == ON_TIME);
        assertThat(messages)
                .extracting(SyntheticReading::sensor)
                .containsOnly("Sensor1", "Sensor2", "Sensor3", "Sensor4", "Sensor5");
        assertThat(messages.stream()
                        .mapToDouble(SyntheticReading::reading)
                        .distinct()
                        .sorted())
                .hasSize(101)
                .startsWith(0.0)
                .endsWith(100.0);
    }

    @Test
    void shouldSayInTheValueWhatTheMessageSays() throws IOException {
        for (SyntheticReading message :
                take(new Recipe(3, 1_000, Optional.of(10.0), 1, FROM_START, new Shares(0.1, 0.1, 0.1, 0)))) {
            JsonNode value = jackson.readTree(message.value());
            assertThat(value.get("ts").textValue()).hasSize("2025-01-01T12:00:00.123456Z".length());
            assertThat(Instant.parse(value.get("ts").textValue())).isEqualTo(message.eventTime());
            assertThat(value.get("value").intValue()).isEqualTo((int) message.reading());
        }
    }

    @Test
    void shouldGiveTheSameBytesAgainForTheSameSeedRateAndStartTime() {
        Recipe recipe = new Recipe(7, 5_000, Optional.of(1_000.0), 42, FROM_START, ALL_KINDS);

        assertThat(texts(take(recipe))).isEqualTo(texts(take(recipe)));
        assertThat(texts(take(recipe)))
                .isNotEqualTo(texts(take(new Recipe(7, 5_000, Optional.of(1_000.0), 43, FROM_START, ALL_KINDS))));
    }

    /** A seed that was passed on to others keeps its meaning, on each Java version and in later versions of this program. */
    @Test
    void shouldKeepWhatASeedMeans() {
        assertThat(take(new Recipe(5, 6, Optional.of(1_000.0), 42, FROM_START, ALL_KINDS)))
                .extracting(m -> m.kind() + " " + m.sensor() + " " + m.text())
                .containsExactly(
                        "CORRUPT Sensor2 {\"ts\":\"2025-01-01T12:00:00Z\"}",
                        "ON_TIME Sensor2 {\"ts\":\"2025-01-01T12:00:00.001000Z\",\"value\":77}",
                        "OUT_OF_ORDER Sensor2 {\"ts\":\"2025-01-01T11:59:59.936853Z\",\"value\":98}",
                        "LATE Sensor2 {\"ts\":\"2025-01-01T11:59:19.575420Z\",\"value\":80}",
                        "ON_TIME Sensor5 {\"ts\":\"2025-01-01T12:00:00.004000Z\",\"value\":72}",
                        "ON_TIME Sensor4 {\"ts\":\"2025-01-01T12:00:00.005000Z\",\"value\":13}");
    }

    /** As a single field has it: the further ones are drawn apart from all else. */
    @Test
    void shouldKeepWhatASeedMeansOfTheFirstFieldAmongSeveral() throws IOException {
        List<String> fields = List.of("temperature", "humidity", "light");
        List<SyntheticReading> several =
                take(new Recipe(5, 5_000, Optional.of(1_000.0), 42, FROM_START, ALL_KINDS, fields));
        List<SyntheticReading> one = take(new Recipe(5, 5_000, Optional.of(1_000.0), 42, FROM_START, ALL_KINDS));

        for (int i = 0; i < one.size(); i++) {
            assertThat(several.get(i).sensor()).isEqualTo(one.get(i).sensor());
            assertThat(several.get(i).kind()).isEqualTo(one.get(i).kind());
            assertThat(several.get(i).eventTime()).isEqualTo(one.get(i).eventTime());
            assertThat(several.get(i).readings()[0])
                    .isEqualTo((Double) one.get(i).reading());
        }
        assertThat(several.get(1).text())
                .isEqualTo(
                        "{\"ts\":\"2025-01-01T12:00:00.001000Z\",\"temperature\":77,\"humidity\":39,\"light\":31.6}");
    }

    @Test
    void shouldGiveEachFurtherFieldARangeOfItsOwn() throws IOException {
        List<String> fields =
                IntStream.rangeClosed(1, 64).mapToObj(i -> "f" + i).toList();
        double[] max = new double[64];
        double[] min = new double[64];
        Arrays.fill(min, 100);
        for (SyntheticReading message :
                take(new Recipe(5, 20_000, AS_FAST_AS_POSSIBLE, 1, FROM_START, Shares.NONE, fields))) {
            JsonNode value = jackson.readTree(message.value());
            assertThat(value.size()).isEqualTo(65);
            for (int i = 0; i < 64; i++) {
                double number = value.get(fields.get(i)).doubleValue();
                assertThat(number).isEqualTo(message.readings()[i]);
                max[i] = Math.max(max[i], number);
                min[i] = Math.min(min[i], number);
            }
        }

        assertThat(min).containsOnly(0);
        for (int i = 0; i < 64; i++) {
            assertThat(max[i]).isEqualTo(Math.floor(1000.0 / (i + 1)) / 10);
        }
    }

    /** Each corrupt message has the first field alone, so that it is no reading for whoever reads any of the fields. */
    @ParameterizedTest
    @EnumSource(Corruption.class)
    void shouldCorruptMessagesOfSeveralFieldsByTheFirstOfThem(Corruption corruption) throws IOException {
        List<String> fields = List.of("a \"quoted\" name", "humidity");
        SyntheticReading sound = take(new Recipe(5, 1, Optional.of(1.0), 1, FROM_START, Shares.NONE, fields))
                .get(0);

        SyntheticReading corrupt = corruption.apply(sound, fields.get(0), new SplittableRandom(1));

        assertThat(corrupt.readings()).hasSize(2).containsOnly(Double.NaN);
        assertThat(String.valueOf(corrupt.text())).doesNotContain("\"value\"");
        if (corruption.name().startsWith("TIME_") || corruption == Corruption.VALUE_TEXT) {
            assertThat(jackson.readTree(corrupt.value()).fieldNames())
                    .toIterable()
                    .containsExactly("ts", fields.get(0));
        }
    }

    @Test
    void shouldGiveTheSameReadingsAtAnyRateAndTime() {
        Function<Recipe, List<String>> readings = recipe -> take(recipe).stream()
                .map(m -> m.kind() + " " + m.sensor() + " " + m.reading())
                .toList();

        List<String> expected = readings.apply(new Recipe(5, 1_000, WITH_PAUSES, 42, FROM_START, ALL_KINDS));

        assertThat(readings.apply(
                        new Recipe(5, 1_000, Optional.of(10.0), 42, Optional.of(START.plusSeconds(99)), ALL_KINDS)))
                .isEqualTo(expected);
        assertThat(readings.apply(new Recipe(5, 1_000, AS_FAST_AS_POSSIBLE, 42, Optional.empty(), ALL_KINDS)))
                .isEqualTo(expected);
    }

    @Test
    void shouldStepEventTimeAndScheduleByTheRate() {
        SyntheticSource source = new SyntheticSource(new Recipe(5, 0, Optional.of(4.0), 1, FROM_START, Shares.NONE));

        for (int i = 0; i < 10; i++) {
            assertThat(source.dueNanos()).isEqualTo(i * 250_000_000L);
            assertThat(source.next().eventTime()).isEqualTo(START.plusMillis(i * 250L));
        }
    }

    @Test
    void shouldStepEventTimeAndScheduleByRandomPausesWithoutARate() {
        SyntheticSource source = new SyntheticSource(new Recipe(5, 10_000, WITH_PAUSES, 1, FROM_START, Shares.NONE));
        List<Long> pausesMicros = new ArrayList<>();
        Instant before = START;
        while (source.hasNext()) {
            long due = source.dueNanos();
            Instant time = source.next().eventTime();
            assertThat(Duration.between(START, time).toNanos()).isEqualTo(due / 1_000 * 1_000);
            pausesMicros.add(Duration.between(before, time).toNanos() / 1_000);
            before = time;
        }

        assertThat(pausesMicros).allMatch(pause -> pause >= 0 && pause <= 1_000_001);
        assertThat(pausesMicros.stream().mapToLong(p -> p).average().orElseThrow())
                .isCloseTo(500_000, within(20_000.0));
    }

    @Test
    void shouldStepEventTimeByTheSamePausesButNotWaitAtRateMax() {
        SyntheticSource source =
                new SyntheticSource(new Recipe(5, 100, AS_FAST_AS_POSSIBLE, 1, FROM_START, Shares.NONE));
        List<SyntheticReading> paused = take(new Recipe(5, 100, WITH_PAUSES, 1, FROM_START, Shares.NONE));

        for (SyntheticReading expected : paused) {
            assertThat(source.dueNanos()).isZero();
            assertThat(source.next().text()).isEqualTo(expected.text());
        }
    }

    @Test
    void shouldTakeTheTimeOfTheClockWithoutAStartTime() {
        Instant now = Instant.parse("2025-03-04T05:06:07.123456789Z");
        Clock clock = Clock.fixed(now, ZoneOffset.UTC);

        SyntheticReading message =
                new SyntheticSource(new Recipe(5, 1, Optional.of(1.0), 1, Optional.empty(), Shares.NONE), clock).next();

        assertThat(message.eventTime()).isEqualTo("2025-03-04T05:06:07.123456Z");
    }

    @Test
    void shouldMakeEachKindInItsShare() {
        int count = 100_000;
        Map<SyntheticReading.Kind, Integer> kinds = new HashMap<>();
        take(new Recipe(5, count, Optional.of(1_000.0), 1, FROM_START, ALL_KINDS))
                .forEach(m -> kinds.merge(m.kind(), 1, Integer::sum));

        assertThat(kinds.get(OUT_OF_ORDER) / (double) count).isCloseTo(0.2, within(0.01));
        assertThat(kinds.get(LATE) / (double) count).isCloseTo(0.1, within(0.01));
        assertThat(kinds.get(FUTURE) / (double) count).isCloseTo(0.05, within(0.01));
        assertThat(kinds.get(CORRUPT) / (double) count).isCloseTo(0.15, within(0.01));
        assertThat(kinds.get(ON_TIME) / (double) count).isCloseTo(0.5, within(0.01));
    }

    /** Windows of 10 s with 1 s grace, in ms as Kafka Streams counts them; sensors share a partition, or have their own. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldMakeLateReadingsForClosedWindowsAndOthersForOpenOnes(boolean onePartition) {
        for (Optional<Double> rate : List.of(WITH_PAUSES, Optional.of(0.3), Optional.of(10.0), Optional.of(5_000.0))) {
            Map<String, Long> streamTimes = new HashMap<>();
            Map<String, Long> sensorTimes = new HashMap<>();
            for (SyntheticReading message : take(new Recipe(5, 20_000, rate, 7, FROM_START, ALL_KINDS))) {
                if (message.kind() == CORRUPT || message.kind() == FUTURE) {
                    continue;
                }
                long time = message.eventTime().toEpochMilli();
                long closes = (Math.floorDiv(time, 10_000) + 1) * 10_000 + 1_000;
                long streamTime = streamTimes.merge(onePartition ? "" : message.sensor(), time, Math::max);
                assertThat(closes <= streamTime).as("%s is too late", message).isEqualTo(message.kind() == LATE);
                long sensorTime = sensorTimes.merge(message.sensor(), time, Math::max);
                assertThat(time < sensorTime).as("%s is older", message).isEqualTo(message.kind() != ON_TIME);
            }
        }
    }

    @Test
    void shouldMakeFutureReadingsAheadOfAnyClock() {
        Instant lastStart = Instant.parse("2098-12-31T23:00:00Z");
        assertThat(take(new Recipe(5, 1_000, Optional.of(1.0), 1, Optional.of(lastStart), new Shares(0, 0, 1, 0))))
                .allMatch(m -> m.kind() == FUTURE)
                .allMatch(m -> m.eventTime().atOffset(ZoneOffset.UTC).getYear() == 2099);
    }

    @Test
    void shouldMakeOfCorruptMessagesNoReading() {
        List<SyntheticReading> messages =
                take(new Recipe(5, 20_000, Optional.of(1_000.0), 1, FROM_START, new Shares(0, 0, 0, 1)));

        assertThat(messages).allMatch(m -> m.kind() == CORRUPT).noneMatch(this::isReading);
        assertThat(take(new Recipe(5, 1_000, Optional.of(1_000.0), 1, FROM_START, Shares.NONE)))
                .allMatch(this::isReading);
    }

    @ParameterizedTest
    @EnumSource(Corruption.class)
    void shouldKnowWaysToCorruptThatLeaveNoReading(Corruption corruption) {
        SyntheticReading sound = take(new Recipe(5, 1, Optional.of(1.0), 1, FROM_START, Shares.NONE))
                .get(0);

        SyntheticReading corrupt = corruption.apply(sound, "value", new SplittableRandom(1));

        assertThat(corrupt.kind()).isEqualTo(CORRUPT);
        assertThat(corrupt.reading()).isNaN();
        assertThat(isReading(corrupt)).isFalse();
    }

    @Test
    void shouldEndAfterItsCount() {
        SyntheticSource source = new SyntheticSource(new Recipe(1, 1, Optional.of(1.0), 1, FROM_START, Shares.NONE));
        source.next();

        assertThat(source.hasNext()).isFalse();
        assertThatThrownBy(source::next).isInstanceOf(NoSuchElementException.class);
    }

    /** What is a reading, liberally: an object, or a string that holds one, with a time and a finite number. */
    private boolean isReading(SyntheticReading message) {
        if (message.key() == null || message.key().length == 0 || message.value() == null) {
            return false;
        }
        try {
            JsonNode value = jackson.readTree(message.value());
            if (value.isTextual()) {
                value = jackson.readTree(value.textValue());
            }
            JsonNode time = value.path("ts");
            if (time.isTextual()) {
                Instant.parse(time.textValue());
            }
            return (time.isTextual() || time.isIntegralNumber())
                    && value.path("value").isNumber()
                    && Double.isFinite(value.path("value").doubleValue());
        } catch (JsonProcessingException | DateTimeException e) {
            return false;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void shouldCountTheKindsWhereThereIsMoreThanOne() {
        SyntheticSource one = new SyntheticSource(new Recipe(5, 100, WITH_PAUSES, 1, FROM_START, Shares.NONE));
        SyntheticSource all = new SyntheticSource(new Recipe(5, 1_000, WITH_PAUSES, 1, FROM_START, ALL_KINDS));
        Map<String, Long> drawn = new HashMap<>();
        one.forEachRemaining(message -> {});
        while (all.hasNext()) {
            drawn.merge(all.next().kind().name().toLowerCase(Locale.ROOT).replace('_', ' '), 1L, Long::sum);
        }

        assertThat(one.counts()).isEmpty();
        assertThat(all.counts())
                .containsExactlyInAnyOrderEntriesOf(drawn)
                .containsOnlyKeys("on time", "out of order", "late", "future", "corrupt");
    }

    private static List<SyntheticReading> take(Recipe recipe) {
        List<SyntheticReading> messages = new ArrayList<>();
        SyntheticSource source = new SyntheticSource(recipe);
        while (source.hasNext()) {
            messages.add(source.next());
        }
        return messages;
    }

    private static List<String> texts(List<SyntheticReading> messages) {
        return messages.stream()
                .map(m -> m.kind() + " " + Arrays.toString(m.key()) + " " + m.text())
                .toList();
    }
}
