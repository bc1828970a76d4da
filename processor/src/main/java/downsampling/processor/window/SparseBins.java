package downsampling.processor.window;

import com.datadoghq.sketch.ddsketch.encoding.BinEncodingMode;
import com.datadoghq.sketch.ddsketch.encoding.Flag;
import com.datadoghq.sketch.ddsketch.encoding.Input;
import com.datadoghq.sketch.ddsketch.encoding.Output;
import com.datadoghq.sketch.ddsketch.encoding.VarEncodingHelper;
import com.datadoghq.sketch.ddsketch.store.Bin;
import com.datadoghq.sketch.ddsketch.store.Store;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * The bins of a {@link QuantileSketch} for values of one sign: those that are not empty, in ascending order. Were there to be
 * more than {@value #MOST}, neighbours are joined two by two, all of them at once, until there are not. How often depends on the
 * values alone, so it is the same in whatever order they come.
 *
 * <p>The library's own stores take place for the empty bins as well, or join the lowest bins alone: one value of 10<sup>38</sup>
 * among usual ones would cost either much memory or the median.
 */
final class SparseBins implements Store {
    static final int MOST = 2048;

    private int joined;
    private int size;
    /** Indexes, shifted by how often they were joined. */
    private int[] bins = {};

    private double[] counts = {};

    @Override
    public void add(int index, double count) {
        while (true) {
            int bin = index >> joined;
            int at = Arrays.binarySearch(bins, 0, size, bin);
            if (at >= 0) {
                counts[at] += count;
                return;
            }
            if (size < MOST) {
                insert(~at, bin, count);
                return;
            }
            join();
        }
    }

    private void insert(int at, int bin, double count) {
        if (size == bins.length) {
            int capacity = Math.min(MOST, size + size / 2 + 2);
            bins = Arrays.copyOf(bins, capacity);
            counts = Arrays.copyOf(counts, capacity);
        }
        System.arraycopy(bins, at, bins, at + 1, size - at);
        System.arraycopy(counts, at, counts, at + 1, size - at);
        bins[at] = bin;
        counts[at] = count;
        size++;
    }

    private void join() {
        int before = size;
        joined++;
        size = 0;
        for (int i = 0; i < before; i++) {
            int bin = bins[i] >> 1;
            if (size > 0 && bins[size - 1] == bin) {
                counts[size - 1] += counts[i];
            } else {
                bins[size] = bin;
                counts[size++] = counts[i];
            }
        }
    }

    /** @param store of this class */
    @Override
    public void mergeWith(Store store) {
        SparseBins other = (SparseBins) store;
        while (joined < other.joined) {
            join();
        }
        for (int i = 0; i < other.size; i++) {
            add(other.bins[i] << other.joined, other.counts[i]);
        }
    }

    @Override
    public Store copy() {
        SparseBins copy = new SparseBins();
        copy.mergeWith(this);
        return copy;
    }

    @Override
    public void clear() {
        size = 0;
        joined = 0;
    }

    @Override
    public boolean isEmpty() {
        return size == 0;
    }

    @Override
    public double getTotalCount() {
        double total = 0;
        for (int i = 0; i < size; i++) {
            total += counts[i];
        }
        return total;
    }

    @Override
    public Iterator<Bin> getAscendingIterator() {
        return iterator(i -> i);
    }

    @Override
    public Iterator<Bin> getDescendingIterator() {
        return iterator(i -> size - 1 - i);
    }

    /** What is joined is given as the bin in its middle. */
    private Iterator<Bin> iterator(IntUnaryOperator order) {
        return IntStream.range(0, size)
                .map(order)
                .mapToObj(i -> new Bin((bins[i] << joined) + (1 << joined >> 1), counts[i]))
                .iterator();
    }

    @Override
    public void encode(Output output, Flag.Type type) throws IOException {
        if (size == 0) {
            return;
        }
        BinEncodingMode.INDEX_DELTAS_AND_COUNTS.toFlag(type).encode(output);
        VarEncodingHelper.encodeUnsignedVarLong(output, joined);
        VarEncodingHelper.encodeUnsignedVarLong(output, size);
        long before = 0;
        for (int i = 0; i < size; i++) {
            VarEncodingHelper.encodeSignedVarLong(output, bins[i] - before);
            VarEncodingHelper.encodeVarDouble(output, counts[i]);
            before = bins[i];
        }
    }

    @Override
    public void decodeAndMergeWith(Input input, BinEncodingMode mode) throws IOException {
        SparseBins stored = new SparseBins();
        stored.joined = (int) VarEncodingHelper.decodeUnsignedVarLong(input);
        long number = VarEncodingHelper.decodeUnsignedVarLong(input);
        long bin = 0;
        for (int i = 0; i < number; i++) {
            bin += VarEncodingHelper.decodeSignedVarLong(input);
            stored.insert(i, (int) bin, VarEncodingHelper.decodeVarDouble(input));
        }
        mergeWith(stored);
    }
}
