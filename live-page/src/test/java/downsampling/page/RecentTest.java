package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentTest {

    private final Recent<Integer> recent = new Recent<>(3);

    @Test
    void shouldKeepTheNewestOnly() {
        add(1, 2, 3, 4, 5);

        assertThat(recent.since(0, 10, i -> true)).containsExactly(3, 4, 5);
        assertThat(recent.end()).isEqualTo(5);
        assertThat(recent.countSince(0)).isEqualTo(5);
    }

    @Test
    void shouldGiveWhatHasComeSince() {
        add(1, 2);
        long seen = recent.end();
        assertThat(recent.since(seen, 10, i -> true)).isEmpty();

        add(3, 4);

        assertThat(recent.since(seen, 10, i -> true)).containsExactly(3, 4);
    }

    @Test
    void shouldGiveTheNewestOfThoseWantedIfThereAreTooMany() {
        add(1, 2, 3);

        assertThat(recent.since(0, 1, i -> i < 3)).containsExactly(2);
        assertThat(recent.since(0, 2, i -> true)).containsExactly(2, 3);
    }

    private void add(int... entries) {
        for (int entry : entries) {
            recent.add(entry);
        }
    }
}
