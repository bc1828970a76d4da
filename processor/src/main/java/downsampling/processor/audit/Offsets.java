package downsampling.processor.audit;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** A set of offsets: a bit for each, in blocks that are there only where they are needed. */
final class Offsets {
    private static final int BLOCK = 1 << 16;

    private final Map<Long, BitSet> blocks = new HashMap<>();

    boolean add(long offset) {
        BitSet block = blocks.computeIfAbsent(offset / BLOCK, number -> new BitSet());
        int bit = (int) (offset % BLOCK);
        boolean added = !block.get(bit);
        block.set(bit);
        return added;
    }

    boolean contains(long offset) {
        BitSet block = blocks.get(offset / BLOCK);
        return block != null && block.get((int) (offset % BLOCK));
    }

    boolean remove(long offset) {
        BitSet block = blocks.get(offset / BLOCK);
        int bit = (int) (offset % BLOCK);
        if (block == null || !block.get(bit)) {
            return false;
        }
        block.clear(bit);
        if (block.isEmpty()) {
            blocks.remove(offset / BLOCK);
        }
        return true;
    }

    long size() {
        return blocks.values().stream().mapToLong(BitSet::cardinality).sum();
    }
}
