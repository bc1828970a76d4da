package downsampling.page;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A log of which the newest entries are kept: when they are larger together than its capacity, the oldest ones go. Entries are
 * numbered from 0, and keep their numbers. Not safe for several threads.
 */
final class RecentEntries<T> {
    private final int capacity;
    private final ToIntFunction<? super T> size;
    private final Deque<T> kept = new ArrayDeque<>();
    /** Of those that are kept. */
    private int used;

    private long end;

    /** Of entries that are all of size 1. */
    RecentEntries(int capacity) {
        this(capacity, entry -> 1);
    }

    /** @param size of an entry, at least 1 and not more than the capacity */
    RecentEntries(int capacity, ToIntFunction<? super T> size) {
        this.capacity = capacity;
        this.size = size;
    }

    void add(T entry) {
        used += size.applyAsInt(entry);
        while (used > capacity) {
            used -= size.applyAsInt(kept.removeFirst());
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
     * @param wanted is asked of each entry once at most, of the newest one first
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
