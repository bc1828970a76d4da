package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
    private long wallClock = 1_000_000;
    private long nanos = 5;
    private final List<Long> setBack = new ArrayList<>();
    private final ClockWatch watch = new ClockWatch(() -> wallClock, () -> nanos, setBack::add);

    @Test
    void shouldTellOnceByHowMuchTheWallClockWasSetBack() {
        pass(1_000);
        watch.look();
        pass(1_000);
        wallClock -= 300_000;
        watch.look();
        pass(1_000);
        watch.look();
        assertThat(setBack).containsExactly(300_000L);
    }

    @Test
    void shouldNotMindAClockThatIsCorrectedALittleOrSetForward() {
        wallClock -= 999;
        watch.look();
        wallClock += 3_600_000;
        watch.look();
        assertThat(setBack).isEmpty();
    }

    private void pass(long millis) {
        wallClock += millis;
        nanos += millis * 1_000_000;
    }
}
