package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateTest {

    private final Rate rate = new Rate(10);

    @Test
    void shouldBeZeroInTheFirstSecond() {
        rate.add(1_000, 7);

        assertThat(rate.perSecond(1_999)).isZero();
    }

    @Test
    void shouldLeaveOutTheSecondUnderWay() {
        rate.add(1_000, 7);
        rate.add(2_000, 100);

        assertThat(rate.perSecond(2_999)).isEqualTo(7);
        assertThat(rate.perSecond(3_000)).isEqualTo(53.5);
    }

    @Test
    void shouldForgetWhatIsLongAgo() {
        rate.add(0, 1_000);
        for (int second = 1; second <= 10; second++) {
            rate.add(second * 1_000, 20);
        }

        assertThat(rate.perSecond(10_500)).as("the first second is one of ten").isEqualTo(118);
        assertThat(rate.perSecond(11_000)).as("it is not any more").isEqualTo(20);
        assertThat(rate.perSecond(1_000_000)).isZero();
    }
}
