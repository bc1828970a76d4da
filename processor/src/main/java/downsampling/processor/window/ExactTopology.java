package downsampling.processor.window;

import downsampling.processor.input.Batches;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopicNames;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The default: the window of {@link DslTopology} as one processor, on Kafka Streams' own state, changelog, transactions and
 * rebalancing. See {@link WindowProcessor} for what it promises beyond the DSL.
 *
 * <p>Records keep the timestamp they came with, within this topology: event time is read from the reading itself. So nothing
 * that Kafka does by record timestamp, such as retention of the changelog or refusing times far ahead, ever meets an event
 * time that is years old or wrong; only the summaries are stamped with their window's start. Record timestamps may be wrong,
 * too: see {@link TopicLimits}.
 */
public final class ExactTopology {
    private static final ByteArraySerializer BYTES = new ByteArraySerializer();

    private ExactTopology() {}

    /**
     * Builds the topology.
     *
     * @param readers   makes a reader for each task
     * @param wallClock in epoch milliseconds
     * @param inputEnd  how far a partition of the input topic is known to be read, see {@link InputEnd}
     * @param limits    what a topic accepts, by its name
     */
    public static Topology build(
            Settings settings,
            Supplier<ReadingReader> readers,
            LongSupplier wallClock,
            InputEnd.Watch inputEnd,
            InputConsumers input,
            KeptWindows kept,
            Function<String, TopicLimits> limits,
            Metrics metrics,
            Faults faults) {
        String changelog = settings.changelog();
        TopicNames topics = settings.topics();
        return new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        "readings",
                        (batch, partitionTime) -> limits.apply(changelog) // whose records carry it, too
                                .timestamp(batch.timestamp(), System.currentTimeMillis()),
                        new ByteArrayDeserializer(),
                        new Batches.BatchDeserializer(),
                        topics.input())
                .addProcessor(
                        "window",
                        () -> new WindowProcessor(
                                settings, readers.get(), wallClock, inputEnd, input, kept, limits, metrics, faults),
                        "readings")
                .addStateStore(openWindows(settings), "window")
                .addStateStore(BeforeCommit.builder(), "window")
                .addSink(WindowProcessor.SUMMARIES, topics.output(), BYTES, BYTES, "window")
                .addSink(WindowProcessor.LATE, topics.late(), BYTES, BYTES, "window")
                .addSink(WindowProcessor.DEAD, topics.dead(), BYTES, BYTES, "window");
    }

    /**
     * The changelog is compacted and nothing else: deleting by time would delete open windows of old event times. Its times are
     * the broker's own, as it could refuse others.
     */
    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> openWindows(Settings settings) {
        String name = settings.storeName();
        return Stores.keyValueStoreBuilder(
                        settings.state().isInMemory()
                                ? Stores.inMemoryKeyValueStore(name)
                                : Stores.persistentKeyValueStore(name),
                        Serdes.Bytes(),
                        Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(Map.of("cleanup.policy", "compact", "message.timestamp.type", "LogAppendTime"));
    }
}
