package downsampling.page;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A log of which the newest entries are kept: when there are more than its capacity, the oldest one goes. Entries are numbered
 * from 0, and keep their numbers. Not safe for several threads.
 */
final class RecentEntries<T> {
    private final int capacity;
    private final Deque<T> kept = new ArrayDeque<>();
    private long end;

    RecentEntries(int capacity) {
        this.capacity = capacity;
    }

    void add(T entry) {
        if (kept.size() == capacity) {
            kept.removeFirst();
        }
        kept.addLast(entry);
        end++;
    }

    /** How many entries there have ever been, which is the number of the next one. */
    long end() {
        return end;
    }

    /** The newest entry, or null before the first one. */
    @Nullable
    T newest() {
        return kept.peekLast();
    }

    /**
     * Those entries of a range that are still kept and are wanted.
     *
     * @param limit how many of them at most; where there are more, the newest ones are returned
     * @return an immutable list, the oldest entry first
     */
    List<T> in(EntryRange range, int limit, Predicate<? super T> wanted) {
        List<T> found = new ArrayList<>();
        Iterator<T> newestFirst = kept.descendingIterator();
        long oldestKept = end - kept.size();
        for (long number = end - 1; number >= Math.max(range.from(), oldestKept) && found.size() < limit; number--) {
            T entry = newestFirst.next();
            if (number < range.until() && wanted.test(entry)) {
                found.add(entry);
            }
        }
        Collections.reverse(found);
        return Collections.unmodifiableList(found);
    }
}
