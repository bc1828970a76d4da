package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.TopologyKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommitPaceTest {
    private static final long NOW = 1_000_000;

    private final CommitPace pace =
            new CommitPace(Driver.config(TopologyKind.EXACT).processing(), NOW);

    @ParameterizedTest
    @CsvSource({
        // how long a reading has waited, and how long its summary, and progress without a summary, may then wait: ms
        "      -5, 100,  1000",
        "       0, 100,  1000",
        "    1000, 100,  1000",
        "    4000, 400,  4000",
        "   20000, 1000, 5000",
        "86400000, 1000, 5000",
    })
    void shouldCommitMoreSeldomWhileItCatchesUp(long age, long summary, long progress) {
        assertThat(pace.apart(age, true)).isEqualTo(summary);
        assertThat(pace.apart(age, false)).isEqualTo(progress);
    }

    @Test
    void shouldCommitProgressOnceInTheInterval() {
        assertThat(pace.done(NOW, false, NOW)).isEqualTo(1000);
        assertThat(pace.done(NOW + 10, false, NOW + 10)).isEqualTo(-1);
        assertThat(pace.isDue()).isTrue();
        pace.committed(NOW + 1000);
        assertThat(pace.isDue()).isFalse();
        assertThat(pace.done(NOW + 1200, false, NOW + 1200)).isEqualTo(800);
    }

    @Test
    void shouldCommitSummariesTogetherAndSoonerThanProgress() {
        pace.done(NOW + 200, false, NOW + 200);
        assertThat(pace.done(NOW + 300, true, NOW + 300)).isEqualTo(20);
        assertThat(pace.done(NOW + 310, true, NOW + 310)).isEqualTo(-1);
        pace.committed(NOW + 320);
        assertThat(pace.done(NOW + 330, true, NOW + 330)).isEqualTo(90);
    }

    @Test
    void shouldNotWaitForTheClockToComeUpToTheLastCommit() {
        pace.committed(NOW + 300_000);
        assertThat(pace.done(NOW, true, NOW)).isEqualTo(100);
    }
}
