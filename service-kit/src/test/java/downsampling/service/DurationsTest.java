package downsampling.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "1500ms, 1500ms, 1500ms",
        "90s, 90s, 90s",
        "60s, 60s, 1m",
        "90m, 5400s, 90m",
        "3600000ms, 3600s, 1h",
        "24h, 1d, 1d",
        "36h, 129600s, 36h",
        "off, 0s, 0s"
    })
    void shouldWriteWhatItReads(String text, String inFewUnits, String shortest) {
        Duration duration = new Durations().convert(text);
        assertThat(Durations.format(duration)).isEqualTo(inFewUnits);
        assertThat(Durations.shortest(duration)).isEqualTo(shortest);
        if (!duration.isZero()) {
            assertThat(new Durations().convert(Durations.shortest(duration))).isEqualTo(duration);
        }
    }
}
