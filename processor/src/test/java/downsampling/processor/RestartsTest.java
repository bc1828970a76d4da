package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestartsTest {
    @Test
    void shouldReplaceStreamThreadsAFewTimesOnly() {
        Service.Restarts restarts = new Service.Restarts();
        for (int i = 0; i < Service.Restarts.MOST; i++) {
            assertThat(restarts.allowed(i)).isTrue();
        }
        assertThat(restarts.allowed(100)).isFalse();
        assertThat(restarts.allowed(Service.Restarts.PERIOD.toNanos() + 1)).isTrue();
    }
}
