package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentEntriesTest {

    private final RecentEntries<Integer> recent = new RecentEntries<>(3);

    @Test
    void shouldKeepTheNewestOnly() {
        add(1, 2, 3, 4, 5);

        assertThat(recent.in(new EntryRange(0, 5), 10, i -> true)).containsExactly(3, 4, 5);
        assertThat(recent.end()).isEqualTo(5);
        assertThat(recent.newest()).isEqualTo(5);
    }

    @Test
    void shouldHaveNoNewestBeforeTheFirst() {
        assertThat(recent.newest()).isNull();
        assertThat(recent.in(new EntryRange(0, 0), 10, i -> true)).isEmpty();
    }

    @Test
    void shouldReturnARangeOfEntriesByTheirNumbers() {
        add(1, 2, 3, 4, 5);

        assertThat(recent.in(new EntryRange(3, 4), 10, i -> true)).containsExactly(4);
        assertThat(recent.in(new EntryRange(1, 4), 10, i -> true)).containsExactly(3, 4);
        assertThat(recent.in(new EntryRange(0, 2), 10, i -> true)).isEmpty();
        assertThat(recent.in(new EntryRange(5, 5), 10, i -> true)).isEmpty();
    }

    @Test
    void shouldReturnTheNewestOfThoseWantedIfThereAreTooMany() {
        add(1, 2, 3);

        assertThat(recent.in(new EntryRange(0, 3), 1, i -> i < 3)).containsExactly(2);
        assertThat(recent.in(new EntryRange(0, 3), 2, i -> true)).containsExactly(2, 3);
        assertThat(recent.in(new EntryRange(0, 2), 1, i -> true)).containsExactly(2);
    }

    @Test
    void shouldCountAnEntryByItsSize() {
        RecentEntries<Integer> sized = new RecentEntries<>(10, i -> i);
        for (int entry : new int[] {1, 2, 3, 4, 1, 9}) {
            sized.add(entry);
            if (entry == 4) {
                assertThat(sized.in(new EntryRange(0, 9), 10, i -> true)).containsExactly(1, 2, 3, 4);
            }
        }

        assertThat(sized.in(new EntryRange(0, 9), 10, i -> true)).containsExactly(1, 9);
        assertThat(sized.in(new EntryRange(4, 5), 10, i -> true)).containsExactly(1);
        assertThat(sized.end()).isEqualTo(6);
    }

    private void add(int... entries) {
        for (int entry : entries) {
            recent.add(entry);
        }
    }
}
