package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.TopologyKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of sensors that share a partition and not a clock. */
class SensorTimeTest {
    @ParameterizedTest
    @CsvSource({"partition, 60", "sensor, 0"})
    void shouldLoseNoReadingOfASlowClockWhereSensorsHaveATimeOfTheirOwn(String streamTime, int late) {
        try (Driver driver = driver("--stream-time=" + streamTime)) {
            for (int second = 0; second < 60; second++) {
                for (String good : List.of("a", "b", "c")) {
                    driver.send(good, driver.now().toEpochMilli(), 1);
                }
                driver.send("slow", driver.now().minusSeconds(20).toEpochMilli(), 1);
                driver.advanceWallClock(Duration.ofSeconds(1));
            }
            assertThat(driver.late()).hasSize(late);
        }
    }

    @ParameterizedTest
    @CsvSource({"partition, 60", "sensor, 0"})
    void shouldLoseNoReadingOfABacklogBesideALiveSensor(String streamTime, int late) {
        try (Driver driver = driver("--stream-time=" + streamTime)) {
            driver.send("live", driver.now().toEpochMilli(), 1);
            sendBacklog(driver, "cut-off");
            assertThat(driver.late()).hasSize(late);
        }
    }

    @ParameterizedTest
    @CsvSource({"partition, 59, 61", "sensor, 0, 120"})
    void shouldLoseNoReadingOfTwoBacklogsOneAfterTheOther(String streamTime, int late, int windows) {
        try (Driver driver = driver("--stream-time=" + streamTime)) {
            sendBacklog(driver, "one");
            sendBacklog(driver, "two");
            driver.idleFor(Duration.ofSeconds(40));
            assertThat(driver.late()).hasSize(late);
            assertThat(driver.rows()).hasSize(windows);
        }
    }

    /** An hour, a reading a minute. */
    private static void sendBacklog(Driver driver, String sensor) {
        for (int minute = 60; minute > 0; minute--) {
            driver.send(sensor, driver.now().minus(Duration.ofMinutes(minute)).toEpochMilli(), 1);
        }
    }

    /** Sensors are looked through now and then, but what is late does not depend on that. */
    @Test
    void shouldTakeAsLateWhatIsTooFarBehindThePartitionThoughTheSensorIsNotForgottenYet() {
        try (Driver driver = driver("--stream-time=sensor", "--forget-after=7d")) {
            Instant horizon = driver.now().minus(Duration.ofDays(7)).minus(Duration.ofHours(1));
            driver.send("b", driver.now().minus(Duration.ofHours(1)).toEpochMilli(), 1);
            driver.send("a", horizon.plusSeconds(60).toEpochMilli(), 1);
            driver.send("b", driver.now().toEpochMilli(), 1); // moves the horizon by an hour
            driver.send("a", horizon.plusSeconds(120).toEpochMilli(), 1);
            assertThat(driver.late()).hasSize(1);
            driver.send("a", horizon.plus(Duration.ofHours(2)).toEpochMilli(), 1);
            assertThat(driver.late()).isEmpty();
            assertThat(driver.rows()).filteredOn(row -> row.startsWith("a ")).hasSize(1);
        }
    }

    @Test
    void shouldForgetASensorThatIsTooFarBehindAndKnowItNoMore() {
        try (Driver driver = driver("--stream-time=sensor", "--forget-after=1h", "--silent-after=1m")) {
            driver.send("a", driver.now().minus(Duration.ofMinutes(50)).toEpochMilli(), 1);
            driver.idleFor(Duration.ofMinutes(2));
            assertThat(driver.rows()).hasSize(1);
            long entries = driver.storedRecords();
            driver.advanceWallClock(Duration.ofHours(1));
            for (int i = 0; i < 100; i++) {
                driver.send("b", driver.now().toEpochMilli() - 100 + i, 1);
            }
            assertThat(driver.storedRecords()).isLessThanOrEqualTo(Math.max(entries, 2));
            driver.send("a", driver.now().minus(Duration.ofMinutes(110)).toEpochMilli(), 1);
            assertThat(driver.late()).hasSize(1);
            assertThat(driver.rows()).isEmpty();
        }
    }

    private static Driver driver(String... options) {
        return new Driver(Driver.config(TopologyKind.EXACT, options));
    }
}
