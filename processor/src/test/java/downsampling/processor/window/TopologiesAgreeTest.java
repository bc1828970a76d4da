package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.TopologyKind;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

/** The default topology held against its specification, and both against arithmetic, on random streams. */
class TopologiesAgreeTest {
    private record Input(String sensor, long time, double value) {}

    @Test
    void shouldGiveTheSameRecordsOnRandomStreams() {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            Duration window =
                    Duration.ofMillis(List.of(1, 10, 999, 10_000, 60_000).get(random.nextInt(5)));
            Duration grace = Duration.ofMillis(random.nextInt((int) Math.min(20_000, 3 * window.toMillis() + 1)));
            // Within grace and nothing is late; beyond it, the specification drops what the default passes on.
            int jitter =
                    random.nextBoolean() ? (int) grace.toMillis() : (int) (3 * grace.toMillis() + window.toMillis());
            List<Input> inputs = inputs(random, window, jitter);

            String statistics = "--statistics="
                    + List.of("count,min,max,mean", "last,p99.9,stddev", "median,first,sum,count")
                            .get(random.nextInt(3));
            try (Driver dsl = new Driver(Driver.config(TopologyKind.DSL, window, grace, ZoneOffset.UTC, statistics));
                    Driver exact =
                            new Driver(Driver.config(TopologyKind.EXACT, window, grace, ZoneOffset.UTC, statistics))) {
                for (Input input : inputs) {
                    dsl.send(input.sensor, input.time, input.value);
                    exact.send(input.sensor, input.time, input.value);
                }
                List<TestRecord<String, String>> expected = sorted(dsl.summaries());
                assertThat(sorted(exact.summaries()))
                        .as("seed %d, window %s, grace %s", seed, window, grace)
                        .isEqualTo(expected);
                int late = exact.late().size();
                assertThat((double) late)
                        .as("late of the default, dropped by the specification, seed %d", seed)
                        .isEqualTo(dsl.dropped());
                if (jitter <= grace.toMillis()) {
                    assertThat(late).isZero();
                }
                assertThat(exact.dropped()).isZero();
            }
        }
    }

    private static List<Input> inputs(Random random, Duration window, int jitter) {
        int sensors = 1 + random.nextInt(5);
        int count = random.nextInt(200);
        boolean whole = random.nextBoolean();
        long time = Driver.NOW.toEpochMilli() - 100_000_000;
        List<Input> inputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Now and then a gap of many windows.
            time += random.nextInt(20) == 0
                    ? random.nextLong(20 * window.toMillis())
                    : random.nextLong(1 + window.toMillis() / 3);
            double value = whole
                    ? random.nextInt(201) - 100
                    : (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(12) - 3);
            inputs.add(
                    new Input("s" + random.nextInt(sensors), time - (jitter == 0 ? 0 : random.nextInt(jitter)), value));
        }
        return inputs;
    }

    /** Both emit a sensor's windows in order; among sensors the order is theirs. */
    private static List<TestRecord<String, String>> sorted(List<TestRecord<String, String>> summaries) {
        return summaries.stream()
                .sorted(Comparator.comparing(TestRecord<String, String>::key))
                .toList();
    }
}
