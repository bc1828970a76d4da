package downsampling.processor;

import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
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
 * time that is years old or wrong; only the summaries are stamped with their window's start.
 */
final class ExactTopology {
    static final String DEAD = "dead";
    static final String LATE = "late";
    static final String SUMMARIES = "summaries";

    private ExactTopology() {}

    /** @param inputEnd how far a partition of the input topic is known to be read, see {@link InputEnd} */
    static Topology build(
            Config config,
            Deserializer<Reading> readings,
            InputEnd.Watch inputEnd,
            KeptWindows kept,
            InputConsumers input,
            Metrics metrics) {
        return new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        "readings",
                        (record, partitionTime) -> Math.max(0, record.timestamp()), // a negative one would be dropped
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer(),
                        config.inputTopic())
                .addProcessor(
                        "window",
                        () -> new WindowProcessor(config, readings, inputEnd, kept, input, metrics),
                        "readings")
                .addStateStore(openWindows(config), "window")
                .addStateStore(BeforeCommit.builder(), "window")
                .addSink(
                        SUMMARIES, config.outputTopic(), new ByteArraySerializer(), new ByteArraySerializer(), "window")
                .addSink(LATE, config.lateTopic(), new ByteArraySerializer(), new ByteArraySerializer(), "window")
                .addSink(DEAD, config.deadTopic(), new ByteArraySerializer(), new ByteArraySerializer(), "window");
    }

    /** The changelog is compacted and nothing else: deleting by time would delete open windows of old event times. */
    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> openWindows(Config config) {
        String name = config.storeName();
        return Stores.keyValueStoreBuilder(
                        config.stateStore() == Config.StateStoreKind.MEMORY
                                ? Stores.inMemoryKeyValueStore(name)
                                : Stores.persistentKeyValueStore(name),
                        Serdes.Bytes(),
                        Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(Map.of("cleanup.policy", "compact"));
    }
}
