package downsampling.producer.source;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Counts by kind, of which the first of each may be worth a line. Any thread may count, and read the counts. */
final class MqttCounts<K extends Enum<K>> {

    private final Map<K, AtomicLong> counts;
    private final Consumer<String> notes;

    /** @param notes receives each line that a person has to know of */
    MqttCounts(Class<K> kinds, Consumer<String> notes) {
        this.notes = notes;
        counts = new EnumMap<>(kinds);
        for (K kind : kinds.getEnumConstants()) {
            counts.put(kind, new AtomicLong());
        }
    }

    void add(K kind) {
        requireNonNull(counts.get(kind)).incrementAndGet();
    }

    /** @param line about it, in case it is the first of its kind */
    void add(K kind, Supplier<String> line) {
        if (requireNonNull(counts.get(kind)).incrementAndGet() == 1) {
            notes.accept(line.get());
        }
    }

    /** The counts by the name of the kind in words, in the order of the kinds. */
    Map<String, Long> byName() {
        Map<String, Long> byName = new LinkedHashMap<>();
        counts.forEach((kind, count) -> byName.put(words(kind.name()), count.get()));
        return byName;
    }

    /** Shows the counts as one metric that has the name of the kind, such as {@code too_large}, as its tag. */
    void bindTo(MeterRegistry registry, String metric, String description, String tag) {
        counts.forEach((kind, count) -> FunctionCounter.builder(metric, count, AtomicLong::get)
                .description(description)
                .tag(tag, kind.name().toLowerCase(Locale.ROOT))
                .register(registry));
    }

    /** What a constant is called, in words. */
    static String words(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
