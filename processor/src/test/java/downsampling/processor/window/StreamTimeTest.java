package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** With a minute's {@code --max-ahead}; times in milliseconds. */
class StreamTimeTest {
    private static final long NOW = 1_000_000_000;

    private final StreamTime time = new StreamTime(60_000, Position.NONE, Position.NONE);

    @Test
    void shouldBeTheNewestReadingOfThePast() {
        assertThat(time.get()).isEqualTo(Position.NONE);
        time.accept(5_000, NOW, NOW);
        assertThat(time.get()).isEqualTo(5_000);
        time.accept(4_000, NOW, NOW + 1);
        assertThat(time.get()).isEqualTo(5_000);
    }

    @Test
    void shouldGoNoFurtherThanTheWallClockWhenAClockIsFast() {
        time.accept(NOW + 30_000, NOW, NOW);
        assertThat(time.get()).isEqualTo(NOW);
        time.accept(NOW + 1_000, NOW + 1_000, NOW + 1_000);
        assertThat(time.get()).isEqualTo(NOW + 1_000);
        time.readUpTo(NOW + 31_000);
        assertThat(time.get()).isEqualTo(NOW + 30_000);
    }

    @Test
    void shouldGoNoFurtherInABacklogThanToWhereItCameIn() {
        long much = NOW + 3_600_000;
        time.accept(NOW + 30_000, NOW, much);
        time.accept(NOW + 2_000, NOW + 2_000, much);
        assertThat(time.get()).isEqualTo(NOW + 2_000);
    }

    @Test
    void shouldTakeNowForATimestampThatCannotBeATimeOfArrival() {
        time.accept(NOW + 30_000, NOW + 31_000, NOW); // in the future
        assertThat(time.get()).isEqualTo(NOW);
        time.accept(NOW + 30_000, 0, NOW + 5_000); // long before the reading
        assertThat(time.get()).isEqualTo(NOW + 5_000);
    }

    @Test
    void shouldNeverGoBack() {
        time.accept(NOW, NOW, NOW);
        time.accept(NOW - 300_000, NOW - 300_000, NOW - 300_000);
        time.readUpTo(NOW - 300_000);
        assertThat(time.get()).isEqualTo(NOW);
    }
}
