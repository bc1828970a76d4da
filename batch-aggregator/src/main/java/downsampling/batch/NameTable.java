package downsampling.batch;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * User ids or app names, each of which is held once and then known by a small number. They lie in primitive arrays,
 * where a name costs its bytes and at most twelve more. As long as names come in ascending order, as from a file that
 * is sorted by user, each is either the last one or new, and no index is needed. The first name out of order has an
 * index built, with open addressing. Not thread-safe; every {@link GroupTable} has its own.
 */
final class NameTable implements Comparator<Integer> {

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private byte[] bytes = new byte[1024];
    private int[] starts = new int[65];
    /** The number of the name in each slot, plus 1; 0 for an empty slot. At most half of the slots are full. */
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

    /** The number of a name, or -1 if it is not in the table. */
    int find(byte[] from, int start, int end) {
        if (!indexed) {
            index();
        }
        return slots[slot(from, start, end)] - 1;
    }

    /** The number of a name, which is added if it is new. */
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

    /** Compares a name with the last one in code point order; an empty table counts as having the empty name last. */
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

    /** Bytes of memory in use, which decide when groups are spilled. */
    long memoryInUse() {
        return starts[size] + (indexed ? 12L : 4L) * size;
    }

    /**
     * The place of every name in code point order, which for UTF-8 is the order of unsigned bytes. Null if the place is
     * the number itself, because the names came in order.
     */
    int @Nullable [] ranks() {
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

    /** Compares the names that have these numbers, in code point order. */
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

    /** Whether no name needs quotes in CSV. It may be false although no name does. */
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
        long hash = (long) end - start;
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
