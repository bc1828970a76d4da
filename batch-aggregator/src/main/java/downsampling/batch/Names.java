package downsampling.batch;

import java.util.Arrays;
import java.util.Comparator;

/**
 * User ids or app names, each held once and known by a small number from then on, in primitive arrays: a name costs its
 * bytes and at most twelve more. As long as they come in ascending order, as from a file sorted by user, a name is
 * either the last one or new; only the first that is less makes an index be built, with open addressing. Not
 * thread-safe; every table has its own.
 */
final class Names implements Comparator<Integer> {

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private byte[] bytes = new byte[1024];
    private int[] starts = new int[65];
    /** Number + 1 of the name at home here; 0 where nobody is. At most half full. */
    private int[] homes = new int[64];

    private boolean indexed;

    private int size;
    private int lastStart;
    private boolean ascending = true;

    int size() {
        return size;
    }

    byte[] bytes() {
        return bytes;
    }

    int from(int name) {
        return starts[name];
    }

    int to(int name) {
        return starts[name + 1];
    }

    /** The number of a name, or -1 when it is not held. */
    int find(byte[] from, int start, int end) {
        if (!indexed) {
            index();
        }
        return homes[home(from, start, end)] - 1;
    }

    /** The number of a name, which is taken in when it is new. */
    int intern(byte[] from, int start, int end) {
        if (!indexed) {
            int order = compareToLast(from, start, end);
            if (order > 0) {
                add(from, start, end);
                return size - 1;
            }
            if (order == 0 && size > 0) {
                return size - 1;
            }
            index();
        }
        int home = home(from, start, end);
        if (homes[home] != 0) {
            return homes[home] - 1;
        }
        ascending = ascending && compareToLast(from, start, end) > 0;
        add(from, start, end);
        homes[home] = size;
        if (size * 2 > homes.length) {
            index();
        }
        return size - 1;
    }

    /** In code point order; the last one is the empty name as long as there is none. */
    private int compareToLast(byte[] from, int start, int end) {
        int lastEnd = starts[size];
        int at = start;
        for (int last = lastStart; at < end && last < lastEnd; at += 8, last += 8) {
            long word = Words.upTo(from, at, end);
            long lastWord = Words.upTo(bytes, last, lastEnd);
            if (word != lastWord) {
                return Long.compareUnsigned(Long.reverseBytes(word), Long.reverseBytes(lastWord));
            }
        }
        return end - start - (lastEnd - lastStart);
    }

    void clear() {
        size = 0;
        lastStart = 0;
        ascending = true;
        indexed = false;
    }

    /** Bytes of memory in use, for the decision when to spill. */
    long weight() {
        return starts[size] + (indexed ? 12L : 4L) * size;
    }

    /**
     * For every name its place in code point order, which for UTF-8 is the order of unsigned bytes; null when that is
     * its number, because the names came in order, as from a file sorted by user.
     */
    int[] ranks() {
        if (ascending) {
            return null;
        }
        int[] ranks = new int[size];
        Integer[] names = new Integer[size];
        for (int name = 0; name < size; name++) {
            names[name] = name;
        }
        Arrays.sort(names, this);
        for (int rank = 0; rank < size; rank++) {
            ranks[names[rank]] = rank;
        }
        return ranks;
    }

    /** Compares names by their numbers, in code point order. */
    @Override
    public int compare(Integer a, Integer b) {
        return Arrays.compareUnsigned(bytes, from(a), to(a), bytes, from(b), to(b));
    }

    private void add(byte[] from, int start, int end) {
        int at = starts[size];
        int length = end - start;
        if (at + length + 8 > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(at, length + 8), grown(bytes.length)));
        }
        System.arraycopy(from, start, bytes, at, length);
        if (size + 2 > starts.length) {
            starts = Arrays.copyOf(starts, grown(starts.length));
        }
        starts[++size] = at + length;
        lastStart = at;
    }

    private static int grown(int length) {
        return Math.addExact(length, length >> 1);
    }

    private int home(byte[] from, int start, int end) {
        int mask = homes.length - 1;
        int home = hash(from, start, end) & mask;
        while (homes[home] != 0 && !same(homes[home] - 1, from, start, end)) {
            home = home + 1 & mask;
        }
        return home;
    }

    private boolean same(int name, byte[] from, int start, int end) {
        return Arrays.equals(bytes, from(name), to(name), from, start, end);
    }

    /** Whether CSV can have every name as it is. False may also be said when it could. */
    boolean areBare() {
        for (int at = 0; at < starts[size]; at += 8) {
            long word = Words.upTo(bytes, at, starts[size]);
            if ((Words.equal(word, '"') | Words.equal(word, ',') | Words.equal(word, '\n') | Words.equal(word, '\r'))
                    != 0) {
                return false;
            }
        }
        return true;
    }

    private static int hash(byte[] from, int start, int end) {
        long hash = end - start;
        for (int at = start; at < end; at += 8) {
            hash = (hash ^ Words.upTo(from, at, end)) * MULTIPLIER;
            hash ^= hash >>> 32;
        }
        return (int) hash;
    }

    private void index() {
        if (size * 2 < homes.length) {
            Arrays.fill(homes, 0);
        } else {
            homes = new int[Integer.highestOneBit(size) * 4];
        }
        indexed = true;
        int mask = homes.length - 1;
        for (int name = 0; name < size; name++) {
            int home = hash(bytes, from(name), to(name)) & mask;
            while (homes[home] != 0) {
                home = home + 1 & mask;
            }
            homes[home] = name + 1;
        }
    }
}
