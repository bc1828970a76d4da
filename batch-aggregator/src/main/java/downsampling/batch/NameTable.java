package downsampling.batch;

import java.util.Arrays;
import java.util.Comparator;

/**
 * User ids or app names, each held once and known by a small number from then on, in primitive arrays: a name costs its
 * bytes and at most twelve more. As long as they come in ascending order, as from a file sorted by user, a name is
 * either the last one or new; only the first that is less makes an index be built, with open addressing. Not
 * thread-safe; every table has its own.
 */
final class NameTable implements Comparator<Integer> {

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private byte[] bytes = new byte[1024];
    private int[] starts = new int[65];
    /** Number + 1 of the name at home here; 0 where nobody is. At most half full. */
    private int[] slots = new int[64];

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
        return slots[slot(from, start, end)] - 1;
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
        int slot = slot(from, start, end);
        if (slots[slot] != 0) {
            return slots[slot] - 1;
        }
        ascending = ascending && compareToLast(from, start, end) > 0;
        add(from, start, end);
        slots[slot] = size;
        if (size * 2 > slots.length) {
            index();
        }
        return size - 1;
    }

    /** In code point order; the last one is the empty name as long as there is none. */
    private int compareToLast(byte[] from, int start, int end) {
        int lastEnd = starts[size];
        int at = start;
        for (int last = lastStart; at < end && last < lastEnd; at += 8, last += 8) {
            long word = EightBytes.upTo(from, at, end);
            long lastWord = EightBytes.upTo(bytes, last, lastEnd);
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
    long memoryInUse() {
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

    private int slot(byte[] from, int start, int end) {
        int mask = slots.length - 1;
        int slot = hash(from, start, end) & mask;
        while (slots[slot] != 0 && !same(slots[slot] - 1, from, start, end)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private boolean same(int name, byte[] from, int start, int end) {
        return Arrays.equals(bytes, from(name), to(name), from, start, end);
    }

    /** Whether CSV can have every name as it is. False may also be said when it could. */
    boolean needNoQuotes() {
        for (int at = 0; at < starts[size]; at += 8) {
            long word = EightBytes.upTo(bytes, at, starts[size]);
            if ((EightBytes.matching(word, '"')
                            | EightBytes.matching(word, ',')
                            | EightBytes.matching(word, '\n')
                            | EightBytes.matching(word, '\r'))
                    != 0) {
                return false;
            }
        }
        return true;
    }

    private static int hash(byte[] from, int start, int end) {
        long hash = end - start;
        for (int at = start; at < end; at += 8) {
            hash = (hash ^ EightBytes.upTo(from, at, end)) * MULTIPLIER;
            hash ^= hash >>> 32;
        }
        return (int) hash;
    }

    private void index() {
        if (size * 2 < slots.length) {
            Arrays.fill(slots, 0);
        } else {
            slots = new int[Integer.highestOneBit(size) * 4];
        }
        indexed = true;
        int mask = slots.length - 1;
        for (int name = 0; name < size; name++) {
            int slot = hash(bytes, from(name), to(name)) & mask;
            while (slots[slot] != 0) {
                slot = slot + 1 & mask;
            }
            slots[slot] = name + 1;
        }
    }
}
