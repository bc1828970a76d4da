package downsampling.batch;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.spark.util.AccumulatorV2;
import org.jspecify.annotations.Nullable;

/**
 * Collects what tasks report to the driver, one value for each number. A task may run twice, after a failure, after a
 * lost executor, or because its stage is needed again. It then reports the same value under the same number, so nothing
 * is counted twice, as it would be by Spark's own counters.
 */
final class IdempotentAccumulator<V> extends AccumulatorV2<Map.Entry<Integer, V>, Map<Integer, V>> {
    private static final long serialVersionUID = 1;

    /** Concurrent, because a heartbeat may read it while the task writes. */
    private final ConcurrentHashMap<Integer, V> values = new ConcurrentHashMap<>();

    private final transient @Nullable Consumer<V> arrival;

    /**
     * @param arrival is called with each value that reaches the driver, by a thread of Spark's that must not be blocked; null for none
     */
    IdempotentAccumulator(@Nullable Consumer<V> arrival) {
        this.arrival = arrival;
    }

    void put(int number, V value) {
        values.put(number, value);
    }

    @Override
    public void add(Map.Entry<Integer, V> entry) {
        put(entry.getKey(), entry.getValue());
    }

    @Override
    public void merge(AccumulatorV2<Map.Entry<Integer, V>, Map<Integer, V>> other) {
        values.putAll(other.value());
        if (arrival != null) {
            other.value().values().forEach(arrival);
        }
    }

    @Override
    public Map<Integer, V> value() {
        return values;
    }

    @Override
    public boolean isZero() {
        return values.isEmpty();
    }

    @Override
    public IdempotentAccumulator<V> copy() {
        IdempotentAccumulator<V> copy = new IdempotentAccumulator<>(arrival);
        copy.values.putAll(values);
        return copy;
    }

    @Override
    public void reset() {
        values.clear();
    }
}
