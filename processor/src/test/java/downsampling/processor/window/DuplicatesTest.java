package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.TopologyKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --dedup}: what is sent more than once counts once. Windows of 10 s, 1 s of grace. */
class DuplicatesTest {
    private static final long T0 = Driver.NOW.toEpochMilli() - 10_000_000;

    private record Input(String sensor, long time, int value) {}

    /** Each reading is sent one to three times, in any order within some seconds, so that some come too late. */
    @ParameterizedTest
    @CsvSource({"memory, true", "rocksdb, true", "memory, false"})
    void shouldGiveWhatSetsOfReadingsGive(String store, boolean dedup) {
        int allDuplicates = 0;
        int allLate = 0;
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            List<Input> inputs = inputs(random);
            Map<String, List<Integer>> expected = new TreeMap<>();
            Set<Input> known = new HashSet<>();
            long newest = 0;
            long closedUpTo = 0;
            int late = 0;
            int duplicates = 0;
            for (Input input : inputs) {
                long end = input.time - input.time % 10_000 + 10_000;
                if (end <= closedUpTo) {
                    late++;
                } else if (!known.add(input) && dedup) {
                    duplicates++;
                } else {
                    expected.computeIfAbsent(end + " " + input.sensor, none -> new ArrayList<>())
                            .add(input.value);
                    newest = Math.max(newest, input.time);
                    closedUpTo = Math.max(closedUpTo, (newest - 1_000) / 10_000 * 10_000);
                }
            }
            try (Driver driver = new Driver(Driver.config(
                    TopologyKind.EXACT, "--state-store=" + store, "--dedup=" + dedup, "--statistics=count,sum"))) {
                inputs.forEach(input -> driver.send(input.sensor, input.time, input.value));
                driver.idleFor(Duration.ofMinutes(1));
                Map<String, String> found = new TreeMap<>();
                driver.summaries().forEach(summary -> {
                    String end = summary.value().replaceFirst("^\\{\"time\":(\\d+),.*", "$1");
                    assertThat(found.put(end + " " + summary.key(), summary.value()))
                            .isNull();
                });
                Map<String, String> wanted = new TreeMap<>();
                expected.forEach((window, values) -> wanted.put(
                        window,
                        "{\"time\":" + window.split(" ")[0] + ",\"temperature\":{\"count\":" + values.size()
                                + ",\"sum\":"
                                + values.stream().mapToInt(value -> value).sum() + "}}"));
                assertThat(found).as("seed %d", seed).isEqualTo(wanted);
                assertThat(driver.late()).as("seed %d", seed).hasSize(late);
                assertThat(driver.metrics.duplicates()).as("seed %d", seed).isEqualTo(duplicates);
            }
            allDuplicates += duplicates;
            allLate += late;
        }
        assertThat(allLate).isGreaterThan(100);
        assertThat(allDuplicates).matches(count -> dedup ? count > 1_000 : count == 0);
    }

    private static List<Input> inputs(Random random) {
        TreeMap<Double, Input> shuffled = new TreeMap<>();
        int sensors = 1 + random.nextInt(4);
        double mess = random.nextInt(8_000);
        for (int i = 0, count = random.nextInt(200); i < count; i++) {
            Input input = new Input("s" + random.nextInt(sensors), T0 + random.nextInt(60) * 1000, random.nextInt(2));
            for (int copies = 1 + random.nextInt(3); copies > 0; copies--) {
                shuffled.put(input.time + random.nextDouble() * mess, input);
            }
        }
        return new ArrayList<>(shuffled.values());
    }

    @Test
    void shouldTakeTwoReadingsForTheSameThatMeanTheSame() {
        try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT, "--dedup", "--fields=t,h"))) {
            for (String message : List.of(
                    "{\"ts\":\"2025-01-01T12:00:00Z\",\"t\":21.5,\"h\":null,\"id\":1}",
                    "{\"h\":null,\"t\":2.150e1,\"ts\":1735732800000,\"id\":2}",
                    "{\"ts\":\"2025-01-01T13:00:00+01:00\",\"t\":21.50}",
                    "{\"ts\":\"2025-01-01T12:00:00Z\",\"t\":21.5,\"h\":0}",
                    "{\"ts\":\"2025-01-01T12:00:00Z\",\"t\":21.5,\"h\":-0.0}")) {
                driver.sendRaw("a".getBytes(UTF_8), message.getBytes(UTF_8));
            }
            driver.idleFor(Duration.ofMinutes(1));
            assertThat(driver.rows())
                    .containsExactly(
                            "a {\"time\":1735732810000,\"t\":{\"count\":2,\"min\":21.5,\"max\":21.5,\"mean\":21.5},"
                                    + "\"h\":{\"count\":1,\"min\":0,\"max\":0,\"mean\":0}}");
            assertThat(driver.metrics.duplicates()).isEqualTo(3);
        }
    }

    /** A reading that a broker of devices keeps and hands out again and again must not keep the windows of a partition open. */
    @Test
    void shouldNotTakeADuplicateForASignOfLife() {
        try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT, "--dedup"))) {
            driver.send("a", "2025-01-01T12:00:01Z", 1);
            for (int second = 0; second < 30; second++) {
                assertThat(driver.rows()).isEmpty();
                driver.send("a", "2025-01-01T12:00:01Z", 1);
                driver.idleFor(Duration.ofSeconds(1));
            }
            assertThat(driver.rows()).hasSize(1);
            driver.send("a", "2025-01-01T12:00:01Z", 1);
            assertThat(driver.late()).hasSize(1);
            assertThat(driver.metrics.duplicates()).isEqualTo(30);
        }
    }
}
