package downsampling.page;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;

/**
 * The newest entries of a stream, counted from 0 on; the oldest goes when there are more than the capacity. Whoever reads
 * along remembers {@link #end()} and asks for what has come since. For one thread at a time.
 */
final class Recent<T> {
    private final int capacity;
    private final Deque<T> kept = new ArrayDeque<>();
    private long end;

    Recent(int capacity) {
        this.capacity = capacity;
    }

    void add(T entry) {
        if (kept.size() == capacity) {
            kept.removeFirst();
        }
        kept.addLast(entry);
        end++;
    }

    /** How many there have ever been: the number of the next entry. */
    long end() {
        return end;
    }

    /** How many there have been from the given number on, whether kept or not. */
    long countSince(long from) {
        return end - from;
    }

    /**
     * Entries numbered {@code from} and higher that are wanted, at most so many: then the newest ones; oldest first.
     */
    List<T> since(long from, int limit, Predicate<? super T> wanted) {
        List<T> found = new ArrayList<>();
        Iterator<T> newestFirst = kept.descendingIterator();
        for (long left = Math.min(end - from, kept.size()); left > 0 && found.size() < limit; left--) {
            T entry = newestFirst.next();
            if (wanted.test(entry)) {
                found.add(entry);
            }
        }
        Collections.reverse(found);
        return found;
    }
}
