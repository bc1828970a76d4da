package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.TopologyKind;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No window closes before its end plus grace has passed on the wall clock: a wrong clock closes nobody's windows. */
class FastClocksTest {
    private static final Pattern SUMMARY = Pattern.compile("(\\S+) \\{\"time\":(\\d+),.*\"count\":(\\d+),.*");

    /** @param arrived on the wall clock, and so the record's timestamp */
    private record Input(String sensor, long time, long arrived) {}

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 10, 30, 50, 60})
    void shouldLoseNoReadingOfGoodSensorsBesideAFastOne(int aheadSeconds) {
        try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT))) {
            for (int second = 0; second < 60; second++) {
                for (String sensor : List.of("fast", "a", "b", "c")) {
                    int ahead = sensor.equals("fast") ? aheadSeconds : 0;
                    driver.send(sensor, driver.now().plusSeconds(ahead).toEpochMilli(), second);
                }
                driver.advanceWallClock(Duration.ofSeconds(1));
            }
            assertThat(driver.late()).isEmpty();
            assertThat(driver.dead()).isEmpty();
            assertThat(driver.rows().stream().filter(row -> row.startsWith("a ")))
                    .hasSize(5)
                    .allMatch(row -> row.contains("\"count\":10"));
        }
    }

    @ParameterizedTest
    @CsvSource({"live, 0", "backlog, 3600"})
    void shouldAgreeWithPlainArithmeticOnRandomStreams(String kind, int behindSeconds) {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            Duration window = Duration.ofMillis(List.of(1_000, 10_000, 60_000).get(random.nextInt(3)));
            Duration grace = Duration.ofMillis(random.nextInt(12_000));
            List<Input> inputs = inputs(random, (int) grace.toMillis());
            try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT, window, grace, ZoneOffset.UTC))) {
                driver.advanceWallClock(Duration.ofSeconds(behindSeconds));
                Map<String, Integer> expected = new TreeMap<>();
                Map<String, Integer> found = new TreeMap<>();
                long newest = 0;
                for (Input input : inputs) {
                    long before = driver.now().toEpochMilli() - behindSeconds * 1000L;
                    driver.reached = behindSeconds > 0 ? null : Driver.readUpTo(0, Instant.ofEpochMilli(input.arrived));
                    driver.advanceWallClock(Duration.ofMillis(input.arrived - before));
                    driver.send(input.sensor, Instant.ofEpochMilli(input.time), 1, Instant.ofEpochMilli(input.arrived));
                    newest = Math.max(newest, input.time);
                    long end = input.time - Math.floorMod(input.time, window.toMillis()) + window.toMillis();
                    expected.merge(input.sensor + " " + end, 1, Integer::sum);
                    take(driver, found, input.arrived - grace.toMillis());
                    if (behindSeconds == 0) {
                        long due = Math.min(newest, input.arrived) - grace.toMillis();
                        assertThat(expected.keySet())
                                .as("over and not emitted, seed %d", seed)
                                .allMatch(key -> found.containsKey(key) || end(key) > due);
                    }
                }
                // All comes to its end, in the backlog once it is read.
                for (int second = 0; second < 200; second++) {
                    driver.reached = Driver.readUpTo(0, driver.now().plusSeconds(1));
                    driver.advanceWallClock(Duration.ofSeconds(1));
                }
                take(driver, found, driver.now().toEpochMilli());
                assertThat(driver.late()).as("seed %d", seed).isEmpty();
                assertThat(driver.dead()).as("seed %d", seed).isEmpty();
                assertThat(found).as("seed %d", seed).isEqualTo(expected);
            }
        }
    }

    private static void take(Driver driver, Map<String, Integer> found, long endedUpTo) {
        for (String row : driver.rows()) {
            Matcher summary = SUMMARY.matcher(row);
            assertThat(summary.matches()).as(row).isTrue();
            String key = summary.group(1) + " " + summary.group(2);
            assertThat(end(key)).as(row).isLessThanOrEqualTo(endedUpTo);
            assertThat(found.put(key, Integer.parseInt(summary.group(3))))
                    .as("twice: " + row)
                    .isNull();
        }
    }

    private static long end(String key) {
        return Long.parseLong(key.substring(key.indexOf(' ') + 1));
    }

    /** Sensors whose clocks are up to a minute ahead, or so slow, or their ways so long, that all they send is within grace. */
    private static List<Input> inputs(Random random, int grace) {
        int sensors = 2 + random.nextInt(4);
        int[] ahead = new int[sensors];
        for (int i = 0; i < sensors; i++) {
            ahead[i] = random.nextBoolean() ? random.nextInt(60_000) : -random.nextInt(grace + 1);
        }
        long wallClock = Driver.NOW.toEpochMilli();
        List<Input> inputs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            wallClock += random.nextInt(20) == 0 ? random.nextInt(20_000) : random.nextInt(1_000);
            int sensor = random.nextInt(sensors);
            inputs.add(new Input("s" + sensor, wallClock + ahead[sensor], wallClock));
        }
        return inputs;
    }

    @Test
    void shouldCloseWhenItIsDueWhatAReadingAheadWouldHaveClosed() {
        try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT))) {
            driver.send("a", "2025-01-01T12:01:00Z", 1);
            driver.send("fast", "2025-01-01T12:01:30Z", 2);
            advance(driver, 10_999);
            assertThat(driver.rows()).isEmpty();
            advance(driver, 1);
            assertThat(driver.rows()).hasSize(1);
            advance(driver, 20_000);
            assertThat(driver.rows()).isEmpty(); // its own window takes readings for ten seconds and one
        }
    }

    @Test
    void shouldNotCloseWhatIsDueBeforeItIsKnownThatAllIsRead() {
        try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT))) {
            driver.send("a", "2025-01-01T12:01:00Z", 1);
            driver.send("fast", "2025-01-01T12:01:30Z", 2);
            driver.advanceWallClock(Duration.ofSeconds(20));
            assertThat(driver.rows()).isEmpty();
            driver.send("a", Driver.NOW.plusSeconds(2), 3, Driver.NOW.plusSeconds(2));
            assertThat(driver.late()).isEmpty();
            driver.reached = Driver.readUpTo(0, driver.now());
            driver.advanceWallClock(Duration.ofSeconds(1));
            assertThat(driver.rows()).singleElement().asString().contains("\"count\":2");
        }
    }

    private static void advance(Driver driver, int millis) {
        driver.reached = Driver.readUpTo(0, driver.now().plusMillis(millis));
        driver.advanceWallClock(Duration.ofMillis(millis));
    }

    @ParameterizedTest(name = "window {0}, grace {1}, a reading each {2} s")
    @CsvSource({"60, 5, 40", "3600, 1, 45", "10, 600, 5", "10, 600, 45", "60, 5, 59", "86400, 1, 3000"})
    void shouldNotBeIdleBeforeAWindowIsOver(int window, int grace, int every) {
        try (Driver driver = new Driver(Driver.config(
                TopologyKind.EXACT, Duration.ofSeconds(window), Duration.ofSeconds(grace), ZoneOffset.UTC))) {
            int readings = 40;
            for (int i = 0; i < readings; i++) {
                driver.send("a", driver.now().toEpochMilli(), i);
                driver.idleFor(Duration.ofSeconds(every));
                for (String row : driver.rows()) {
                    assertThat(end(row.replaceFirst("(\\S+) .*\"time\":(\\d+).*", "$1 $2")) + grace * 1000L)
                            .isLessThanOrEqualTo(driver.now().toEpochMilli());
                }
            }
            assertThat(driver.late()).isEmpty();
        }
    }

    @Test
    void shouldNotCloseWindowsThatHaveNotBegunWhenIdle() {
        try (Driver driver = new Driver(Driver.config(TopologyKind.EXACT))) {
            driver.send("fast", "2025-01-01T12:01:55Z", 1);
            driver.idleFor(Duration.ofSeconds(33));
            driver.send("a", driver.now().toEpochMilli(), 2);
            assertThat(driver.late()).isEmpty();
            assertThat(driver.rows()).isEmpty();
            driver.idleFor(Duration.ofSeconds(40));
            assertThat(driver.rows()).hasSize(2);
        }
    }
}
