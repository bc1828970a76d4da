package downsampling.processor.window;

import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorIdDeserializer;
import downsampling.processor.settings.Settings;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Materialized.StoreType;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The specification: what the processor computes, in the words of Kafka Streams' DSL.
 *
 * <p>It holds on input without restarts, idle times, late readings and old event times; docs/decisions says what it does
 * with those, and why {@link ExactTopology} is the default.
 */
public final class DslTopology {
    /** Part of the name of a changelog. */
    public static final String SUPPRESSED = "until-window-closes";

    private DslTopology() {}

    /**
     * Builds the topology.
     *
     * @param readers   makes a reader for each thread
     * @param wallClock in epoch milliseconds
     * @param limits    what a topic accepts, by its name
     */
    public static Topology build(
            Settings settings,
            Supplier<ReadingReader> readers,
            LongSupplier wallClock,
            Metrics metrics,
            Function<String, TopicLimits> limits) {
        TimeWindows windows = TimeWindows.ofSizeAndGrace(
                settings.windows().size(), settings.windows().grace());
        SummaryLayout layout = SummaryLayout.of(settings);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        settings.topics().input(),
                        Consumed.with(
                                        Serdes.serdeFrom(new StringSerializer(), new SensorIdDeserializer()),
                                        Serdes.serdeFrom(
                                                DslTopology::write, deserializer(settings, readers, wallClock)))
                                .withTimestampExtractor((record, partitionTime) -> ((Reading) record.value()).time())
                                .withName("readings"))
                .processValues(WithoutHeaders::new, Named.as("log-readings"))
                .groupByKey(Grouped.as("by-sensor"))
                .windowedBy(windows)
                .aggregate(
                        layout::empty,
                        (sensor, reading, summary) -> {
                            summary.add(reading.time(), reading.values());
                            return summary;
                        },
                        Named.as("summarise"),
                        Materialized.<String, Summary, WindowStore<Bytes, byte[]>>as(settings.storeName())
                                .withStoreType(settings.state().isInMemory() ? StoreType.IN_MEMORY : StoreType.ROCKS_DB)
                                .withKeySerde(Serdes.String())
                                .withValueSerde(Serdes.serdeFrom(
                                        (topic, summary) -> layout.write(summary),
                                        (topic, bytes) -> layout.read(bytes))))
                .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()).withName(SUPPRESSED))
                .toStream(Named.as("closed"))
                .process(
                        () -> new Publish(
                                metrics, () -> limits.apply(settings.topics().output())),
                        Named.as("publish"))
                .to(
                        settings.topics().output(),
                        Produced.with(Serdes.ByteArray(), Serdes.ByteArray()).withName("summaries"));
        return builder.build();
    }

    private static Deserializer<Reading> deserializer(
            Settings settings, Supplier<ReadingReader> readers, LongSupplier wallClock) {
        int fields = settings.readings().fields().size();
        ThreadLocal<ReadingReader> reader = ThreadLocal.withInitial(readers);
        return (topic, value) -> {
            Reading reading = new Reading(fields);
            // A deserializer is not told the timestamp: of a local time that comes twice, it is the earlier one.
            reader.get().read(value, ConsumerRecord.NO_TIMESTAMP, wallClock.getAsLong(), reading);
            return reading;
        };
    }

    private static byte[] write(String topic, Reading reading) {
        throw new UnsupportedOperationException("readings are only read");
    }

    /** {@code suppress} keeps a reading's headers in its changelog, which may accept less than the input does. */
    private static final class WithoutHeaders extends ContextualFixedKeyProcessor<String, Reading, Reading> {
        @Override
        public void process(FixedKeyRecord<String, Reading> record) {
            PrintedRows.reading(record.key(), record.value());
            context().forward(record.withHeaders(new RecordHeaders()));
        }
    }

    private static final class Publish extends ContextualProcessor<Windowed<String>, Summary, byte[], byte[]> {
        private final Metrics metrics;
        private final Supplier<TopicLimits> limits;
        private SummaryRecords summaries;

        private Publish(Metrics metrics, Supplier<TopicLimits> limits) {
            this.metrics = metrics;
            this.limits = limits;
        }

        @Override
        public void init(ProcessorContext<byte[], byte[]> context) {
            super.init(context);
            summaries = new SummaryRecords(context.taskId().partition());
        }

        @Override
        public void process(Record<Windowed<String>, Summary> closed) {
            var window = closed.key().window();
            byte[] sensor = HeaderText.of(closed.key().key());
            metrics.closed(1, closed.value().readings());
            metrics.incomplete(closed.value().isIncomplete() ? 1 : 0);
            metrics.sensors().seen(Bytes.wrap(sensor), context().taskId().partition());
            PrintedRows.summary(sensor, window.start(), window.end(), closed.value());
            Record<byte[], byte[]> summary = summaries.of(sensor, window.start(), window.end(), closed.value(), 0);
            context().forward(limits.get().fit(summary, context().currentSystemTimeMs()));
        }
    }
}
