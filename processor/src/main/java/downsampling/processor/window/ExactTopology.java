package downsampling.processor.window;

import downsampling.processor.input.Batches;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.Level;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopicNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
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

    private static final String WINDOW = "window";
    private static final String REKEY = "rekey";
    /** What Kafka Streams calls the node that leads to the topic in between. */
    private static final String SINK = Settings.REKEYED_TOPIC + "-repartition-filter";

    /** Batches are read, single records are written. */
    private static final Serde<Object> BATCHES = new Serde<>() {
        @Override
        public Serializer<Object> serializer() {
            return (topic, value) -> (byte[]) value;
        }

        @Override
        public Deserializer<Object> deserializer() {
            return new Deserializer<>() {
                private final Batches.BatchDeserializer batches = new Batches.BatchDeserializer();

                @Override
                public Object deserialize(String topic, byte[] data) {
                    return batches.deserialize(topic, data);
                }

                @Override
                public Object deserialize(String topic, Headers headers, byte[] data) {
                    return batches.deserialize(topic, headers, data);
                }
            };
        }
    };

    private ExactTopology() {}

    /**
     * Builds the topology.
     *
     * @param readers makes a reader of the input for each task
     */
    public static Topology build(
            Settings settings, Supplier<ReadingReader> readers, Surroundings around, RecentWindows recent) {
        TopicNames topics = settings.topics();
        Topology topology = settings.readings().rekey()
                ? rekeyed(settings, readers, around, recent)
                : direct(settings, readers, around, recent);
        for (Level level : settings.levels()) {
            topology.addSink(SummaryOutput.sink(level), topics.output(level), BYTES, BYTES, WINDOW);
        }
        if (settings.sensors().saysSilent()) {
            topology.addSink(WindowProcessor.STATUS, topics.status(), BYTES, BYTES, WINDOW);
        }
        return topology.addSink(WindowProcessor.LATE, topics.late(), BYTES, BYTES, WINDOW)
                .addSink(WindowProcessor.DEAD, topics.dead(), BYTES, BYTES, WINDOW);
    }

    private static Topology direct(
            Settings settings, Supplier<ReadingReader> readers, Surroundings around, RecentWindows recent) {
        return new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        "readings",
                        timestamps(settings, around),
                        new ByteArrayDeserializer(),
                        new Batches.BatchDeserializer(),
                        settings.topics().input())
                .addProcessor(WINDOW, () -> new WindowProcessor(settings, readers.get(), around, recent), "readings")
                .addStateStore(store(settings, settings.storeName()), WINDOW)
                .addStateStore(BeforeCommit.builder(BatchProcessor.beforeCommit(settings.storeName())), WINDOW);
    }

    /** Kafka Streams makes the topic in between, and deletes of it what has been read. */
    private static Topology rekeyed(
            Settings settings, Supplier<ReadingReader> readers, Surroundings around, RecentWindows recent) {
        StreamsBuilder builder = new StreamsBuilder();
        List<String> stores = List.of(Settings.REKEY_STORE, settings.storeName());
        for (String store : stores) {
            builder.addStateStore(store(settings, store));
            builder.addStateStore(BeforeCommit.builder(BatchProcessor.beforeCommit(store)));
        }
        builder.stream(
                        settings.topics().input(),
                        Consumed.with(Serdes.ByteArray(), BATCHES)
                                .withOffsetResetPolicy(AutoOffsetReset.earliest())
                                .withTimestampExtractor(timestamps(settings, around))
                                .withName("readings"))
                .process(
                        ExactTopology.<byte[], Object>supplier(
                                () -> new RekeyProcessor(settings, readers.get(), around, SINK)),
                        Named.as(REKEY),
                        Settings.REKEY_STORE,
                        BatchProcessor.beforeCommit(Settings.REKEY_STORE))
                .repartition(Repartitioned.with(Serdes.ByteArray(), BATCHES)
                        .withName(Settings.REKEYED_TOPIC)
                        .withStreamPartitioner(new ToPartition()))
                .process(
                        ExactTopology.<byte[], byte[]>supplier(
                                () -> new WindowProcessor(settings, readers.get(), around, recent)),
                        Named.as(WINDOW),
                        settings.storeName(),
                        BatchProcessor.beforeCommit(settings.storeName()));
        return builder.build().addSink(RekeyProcessor.DEAD, settings.topics().dead(), BYTES, BYTES, REKEY);
    }

    /** Values come as batches, whatever the type that the node before writes. */
    @SuppressWarnings("unchecked")
    private static <K, V> ProcessorSupplier<byte[], Object, K, V> supplier(Supplier<? extends BatchProcessor> maker) {
        return () -> (Processor<byte[], Object, K, V>) (Processor<?, ?, ?, ?>) maker.get();
    }

    private static final class ToPartition implements StreamPartitioner<byte[], Object> {
        @Override
        @SuppressWarnings({"deprecation", "removal"}) // the interface has it implemented still
        public Optional<Set<Integer>> partitions(String topic, byte[] key, Object value, int partitions) {
            return Optional.of(Set.of(RekeyedReadings.to(key)));
        }
    }

    private static TimestampExtractor timestamps(Settings settings, Surroundings around) {
        String changelog = settings.changelog();
        return (batch, partitionTime) -> around.limits()
                .apply(changelog) // whose records carry it, too
                .timestamp(batch.timestamp(), System.currentTimeMillis());
    }

    /**
     * The changelog is compacted and nothing else: deleting by time would delete open windows of old event times. Its times are
     * the broker's own, as it could refuse others.
     */
    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(Settings settings, String name) {
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
