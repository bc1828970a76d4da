package downsampling.processor;

import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
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
 * too: see {@link Limits}.
 */
final class ExactTopology {
    static final String DEAD = "dead";
    static final String LATE = "late";
    static final String SUMMARIES = "summaries";

    private ExactTopology() {}

    /**
     * @param inputEnd how far a partition of the input topic is known to be read, see {@link InputEnd}
     * @param limits   what a topic takes, by its name
     */
    static Topology build(
            Config config,
            Deserializer<Reading> readings,
            InputEnd.Watch inputEnd,
            KeptWindows kept,
            InputConsumers input,
            Metrics metrics,
            Function<String, Limits> limits) {
        String changelog = config.changelog();
        return new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        "readings",
                        new Arrival(() -> limits.apply(changelog)),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer(),
                        config.inputTopic())
                .addProcessor(
                        "window",
                        () -> new WindowProcessor(config, readings, inputEnd, kept, input, metrics),
                        "readings")
                .addStateStore(openWindows(config), "window")
                .addStateStore(BeforeCommit.builder(), "window")
                .addProcessor(SUMMARIES, () -> new Fit(config.outputTopic(), limits), "window")
                .addProcessor(LATE, () -> new Fit(config.lateTopic(), limits), "window")
                .addProcessor(DEAD, () -> new Fit(config.deadTopic(), limits), "window")
                .addSink(
                        "summaries-topic",
                        config.outputTopic(),
                        new ByteArraySerializer(),
                        new ByteArraySerializer(),
                        SUMMARIES)
                .addSink("late-topic", config.lateTopic(), new ByteArraySerializer(), new ByteArraySerializer(), LATE)
                .addSink("dead-topic", config.deadTopic(), new ByteArraySerializer(), new ByteArraySerializer(), DEAD);
    }

    /**
     * The changelog is compacted and nothing else: deleting by time would delete open windows of old event times. Its times are
     * the broker's own, as it could refuse others.
     */
    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> openWindows(Config config) {
        String name = config.storeName();
        return Stores.keyValueStoreBuilder(
                        config.stateStore() == Config.StateStoreKind.MEMORY
                                ? Stores.inMemoryKeyValueStore(name)
                                : Stores.persistentKeyValueStore(name),
                        Serdes.Bytes(),
                        Serdes.ByteArray())
                .withCachingDisabled()
                .withLoggingEnabled(Map.of("cleanup.policy", "compact", "message.timestamp.type", "LogAppendTime"));
    }

    /**
     * When a record arrived: its own timestamp, unless the changelog would refuse that, whose records carry it, too. The one it
     * had is in a header then.
     */
    private static final class Arrival implements TimestampExtractor {
        private final Supplier<Limits> changelog;
        private volatile long clock;

        private Arrival(Supplier<Limits> changelog) {
            this.changelog = changelog;
        }

        @Override
        public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
            long timestamp = record.timestamp();
            Limits limits = changelog.get();
            if (timestamp >= 0 && timestamp <= clock && limits.before() == Long.MAX_VALUE) { // nearly always
                return timestamp;
            }
            clock = System.currentTimeMillis();
            long taken = limits.timestamp(timestamp, clock);
            if (taken != timestamp) {
                record.headers().add(Limits.TIMESTAMP, ClosedWindow.text(timestamp));
            }
            return taken;
        }
    }

    /** Before a sink: see {@link Limits}. */
    private static final class Fit extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
        private final String topic;
        private final Function<String, Limits> limits;

        private Fit(String topic, Function<String, Limits> limits) {
            this.topic = topic;
            this.limits = limits;
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            context().forward(limits.apply(topic).fit(record, context().currentSystemTimeMs()));
        }
    }
}
