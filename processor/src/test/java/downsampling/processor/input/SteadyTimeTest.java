package downsampling.processor.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SteadyTimeTest {
    private long wallClock = 1_000_000_000;
    private long nanos = -77;
    private final SteadyTime time = new SteadyTime(() -> wallClock, () -> nanos);

    @Test
    void shouldBeTheWallClockThatGoesForward() {
        assertThat(time.milliseconds()).isEqualTo(wallClock);
        pass(Duration.ofSeconds(3));
        assertThat(time.milliseconds()).isEqualTo(wallClock);
        wallClock += Duration.ofHours(1).toMillis();
        assertThat(time.milliseconds()).isEqualTo(wallClock);
    }

    @Test
    void shouldGoOnALittleSlowerWhenTheWallClockIsSetBackUntilTheyMeet() {
        long before = time.milliseconds();
        wallClock -= Duration.ofMinutes(5).toMillis();
        assertThat(time.milliseconds()).isEqualTo(before);
        pass(Duration.ofSeconds(10));
        assertThat(time.milliseconds()).isEqualTo(before + 9_000);
        pass(Duration.ofMinutes(49));
        assertThat(time.milliseconds()).isGreaterThan(wallClock);
        pass(Duration.ofMinutes(2));
        assertThat(time.milliseconds()).isEqualTo(wallClock);
    }

    private void pass(Duration by) {
        wallClock += by.toMillis();
        nanos += by.toNanos();
    }
}
