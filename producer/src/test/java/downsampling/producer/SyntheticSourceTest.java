package downsampling.producer;

import static downsampling.producer.Message.Kind.CORRUPT;
import static downsampling.producer.Message.Kind.FUTURE;
import static downsampling.producer.Message.Kind.LATE;
import static downsampling.producer.Message.Kind.ON_TIME;
import static downsampling.producer.Message.Kind.OUT_OF_ORDER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.producer.SyntheticSource.Config;
import downsampling.producer.SyntheticSource.Shares;
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
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyntheticSourceTest {

    private static final Instant START = Instant.parse("2025-01-01T12:00:00Z");
    private static final Shares ALL_KINDS = new Shares(0.2, 0.1, 0.05, 0.15);
    private static final Double AS_FAST_AS_CAN_BE = Double.POSITIVE_INFINITY;
    private static final Double WITH_PAUSES = null;

    private final ObjectMapper jackson = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @Test
    void shouldMakeWholeValuesFrom0To100OfAllSensors() {
        List<Message> messages = take(new Config(5, 10_000, WITH_PAUSES, 1, START, Shares.NONE));

        assertThat(messages).hasSize(10_000).allMatch(m -> m.kind() == ON_TIME);
        assertThat(messages)
                .extracting(Message::sensor)
                .containsOnly("Sensor1", "Sensor2", "Sensor3", "Sensor4", "Sensor5");
        assertThat(messages.stream().mapToDouble(Message::reading).distinct().sorted())
                .hasSize(101)
                .startsWith(0.0)
                .endsWith(100.0);
    }

    @Test
    void shouldSayInTheValueWhatTheMessageSays() throws IOException {
        for (Message message : take(new Config(3, 1_000, 10.0, 1, START, new Shares(0.1, 0.1, 0.1, 0)))) {
            JsonNode value = jackson.readTree(message.value());
            assertThat(value.get("ts").textValue()).hasSize("2025-01-01T12:00:00.123456Z".length());
            assertThat(Instant.parse(value.get("ts").textValue())).isEqualTo(message.eventTime());
            assertThat(value.get("value").intValue()).isEqualTo((int) message.reading());
        }
    }

    @Test
    void shouldGiveTheSameBytesAgainForTheSameSeedRateAndStartTime() {
        Config config = new Config(7, 5_000, 1_000.0, 42, START, ALL_KINDS);

        assertThat(texts(take(config))).isEqualTo(texts(take(config)));
        assertThat(texts(take(config))).isNotEqualTo(texts(take(new Config(7, 5_000, 1_000.0, 43, START, ALL_KINDS))));
    }

    /** A seed told to others keeps its meaning, on each Java version and in later versions of this program. */
    @Test
    void shouldKeepWhatASeedMeans() {
        assertThat(take(new Config(5, 6, 1_000.0, 42, START, ALL_KINDS)))
                .extracting(m -> m.kind() + " " + m.sensor() + " " + m.text())
                .containsExactly(
                        "CORRUPT Sensor2 {\"ts\":\"2025-01-01T12:00:00Z\"}",
                        "ON_TIME Sensor2 {\"ts\":\"2025-01-01T12:00:00.001000Z\",\"value\":77}",
                        "OUT_OF_ORDER Sensor2 {\"ts\":\"2025-01-01T11:59:59.936853Z\",\"value\":98}",
                        "LATE Sensor2 {\"ts\":\"2025-01-01T11:59:19.575420Z\",\"value\":80}",
                        "ON_TIME Sensor5 {\"ts\":\"2025-01-01T12:00:00.004000Z\",\"value\":72}",
                        "ON_TIME Sensor4 {\"ts\":\"2025-01-01T12:00:00.005000Z\",\"value\":13}");
    }

    @Test
    void shouldGiveTheSameReadingsAtAnyRateAndTime() {
        Function<Config, List<String>> readings = config -> take(config).stream()
                .map(m -> m.kind() + " " + m.sensor() + " " + m.reading())
                .toList();

        List<String> expected = readings.apply(new Config(5, 1_000, WITH_PAUSES, 42, START, ALL_KINDS));

        assertThat(readings.apply(new Config(5, 1_000, 10.0, 42, START.plusSeconds(99), ALL_KINDS)))
                .isEqualTo(expected);
        assertThat(readings.apply(new Config(5, 1_000, AS_FAST_AS_CAN_BE, 42, null, ALL_KINDS)))
                .isEqualTo(expected);
    }

    @Test
    void shouldStepEventTimeAndScheduleByTheRate() {
        SyntheticSource source = new SyntheticSource(new Config(5, 0, 4.0, 1, START, Shares.NONE));

        for (int i = 0; i < 10; i++) {
            assertThat(source.dueNanos()).isEqualTo(i * 250_000_000L);
            assertThat(source.next().eventTime()).isEqualTo(START.plusMillis(i * 250L));
        }
    }

    @Test
    void shouldStepEventTimeAndScheduleByRandomPausesWithoutARate() {
        SyntheticSource source = new SyntheticSource(new Config(5, 10_000, WITH_PAUSES, 1, START, Shares.NONE));
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
        SyntheticSource source = new SyntheticSource(new Config(5, 100, AS_FAST_AS_CAN_BE, 1, START, Shares.NONE));
        List<Message> paused = take(new Config(5, 100, WITH_PAUSES, 1, START, Shares.NONE));

        for (Message expected : paused) {
            assertThat(source.dueNanos()).isZero();
            assertThat(source.next().text()).isEqualTo(expected.text());
        }
    }

    @Test
    void shouldTakeTheTimeOfTheClockWithoutAStartTime() {
        Instant now = Instant.parse("2025-03-04T05:06:07.123456789Z");
        Clock clock = Clock.fixed(now, ZoneOffset.UTC);

        Message message = new SyntheticSource(new Config(5, 1, 1.0, 1, null, Shares.NONE), clock).next();

        assertThat(message.eventTime()).isEqualTo("2025-03-04T05:06:07.123456Z");
    }

    @Test
    void shouldMakeEachKindInItsShare() {
        int count = 100_000;
        Map<Message.Kind, Integer> kinds = new HashMap<>();
        take(new Config(5, count, 1_000.0, 1, START, ALL_KINDS)).forEach(m -> kinds.merge(m.kind(), 1, Integer::sum));

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
        for (Double rate : new Double[] {WITH_PAUSES, 0.3, 10.0, 5_000.0}) {
            Map<String, Long> streamTimes = new HashMap<>();
            Map<String, Long> sensorTimes = new HashMap<>();
            for (Message message : take(new Config(5, 20_000, rate, 7, START, ALL_KINDS))) {
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
        assertThat(take(new Config(5, 1_000, 1.0, 1, lastStart, new Shares(0, 0, 1, 0))))
                .allMatch(m -> m.kind() == FUTURE)
                .allMatch(m -> m.eventTime().atOffset(ZoneOffset.UTC).getYear() == 2099);
    }

    @Test
    void shouldMakeOfCorruptMessagesNoReading() {
        List<Message> messages = take(new Config(5, 20_000, 1_000.0, 1, START, new Shares(0, 0, 0, 1)));

        assertThat(messages).allMatch(m -> m.kind() == CORRUPT).noneMatch(this::isReading);
        assertThat(take(new Config(5, 1_000, 1_000.0, 1, START, Shares.NONE))).allMatch(this::isReading);
    }

    @ParameterizedTest
    @EnumSource(Corruption.class)
    void shouldKnowWaysToCorruptThatLeaveNoReading(Corruption corruption) {
        Message sound = take(new Config(5, 1, 1.0, 1, START, Shares.NONE)).get(0);

        Message corrupt = corruption.apply(sound, new SplittableRandom(1));

        assertThat(corrupt.kind()).isEqualTo(CORRUPT);
        assertThat(corrupt.reading()).isNaN();
        assertThat(isReading(corrupt)).isFalse();
    }

    @Test
    void shouldEndAfterItsCount() {
        SyntheticSource source = new SyntheticSource(new Config(1, 1, 1.0, 1, START, Shares.NONE));
        source.next();

        assertThat(source.hasNext()).isFalse();
        assertThatThrownBy(source::next).isInstanceOf(NoSuchElementException.class);
    }

    /** What is a reading, liberally: an object, or a string that holds one, with a time and a finite number. */
    private boolean isReading(Message message) {
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

    private static List<Message> take(Config config) {
        List<Message> messages = new ArrayList<>();
        new SyntheticSource(config).forEachRemaining(messages::add);
        return messages;
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream()
                .map(m -> m.kind() + " " + Arrays.toString(m.key()) + " " + m.text())
                .toList();
    }
}
