package downsampling.benchmarks.flink;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Makes the same summaries with the DataStream windows of Apache Flink in one JVM, as its documentation recommends:
 * with POJOs, which Flink serialises itself, object reuse, watermarks that trail the newest reading by 1 s, an
 * incremental aggregate, checkpoints into memory each second, and results exactly once or at least once with them.
 *
 * <p>Arguments: bootstrap servers, group, input topic, output topic, parallelism, {@code exactly_once} or {@code
 * at_least_once}.
 */
public final class FlinkWindows {
    private static final Duration CHECKPOINTS = Duration.ofSeconds(1);

    /** The value of an input record, and its key. */
    public static final class Reading {
        public String sensor;
        public String ts;
        public double value;
    }

    public static final class Statistics {
        public long count;
        public double sum;
        public double min = Double.POSITIVE_INFINITY;
        public double max = Double.NEGATIVE_INFINITY;
    }

    public static final class Summary {
        public String sensor;
        public long time;
        public long count;
        public double min;
        public double max;
        public double mean;
    }

    /** The value of an output record. */
    public record Result(long time, Temperature temperature) {}

    public record Temperature(long count, double min, double max, double mean) {}

    private FlinkWindows() {}

    public static void main(String... args) throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(PipelineOptions.OBJECT_REUSE, true);
        StreamExecutionEnvironment flink = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
        flink.setParallelism(Integer.parseInt(args[4]));
        flink.enableCheckpointing(CHECKPOINTS.toMillis());

        KafkaSource<Reading> source = KafkaSource.<Reading>builder()
                .setBootstrapServers(args[0])
                .setGroupId(args[1])
                .setTopics(args[2])
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new ReadingSchema())
                .build();
        KafkaSink<Summary> sink = KafkaSink.<Summary>builder()
                .setBootstrapServers(args[0])
                .setRecordSerializer(new SummarySchema(args[3]))
                .setDeliveryGuarantee(
                        args[5].equals("exactly_once")
                                ? DeliveryGuarantee.EXACTLY_ONCE
                                : DeliveryGuarantee.AT_LEAST_ONCE)
                .setTransactionalIdPrefix(args[1])
                .setProperty("transaction.timeout.ms", "600000")
                .build();

        flink.fromSource(
                        source,
                        WatermarkStrategy.<Reading>forBoundedOutOfOrderness(Duration.ofSeconds(1))
                                .withTimestampAssigner((reading, recordTime) ->
                                        Instant.parse(reading.ts).toEpochMilli()),
                        "readings")
                .keyBy(reading -> reading.sensor)
                .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
                .aggregate(new Aggregate(), new ToSummary())
                .sinkTo(sink);
        flink.execute(args[1]);
    }

    private static final class ReadingSchema implements KafkaRecordDeserializationSchema<Reading> {
        private static final long serialVersionUID = 1;
        private static final ObjectMapper MAPPER = new ObjectMapper();

        @Override
        public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Reading> out) throws IOException {
            Reading reading = MAPPER.readValue(record.value(), Reading.class);
            reading.sensor = new String(record.key(), StandardCharsets.UTF_8);
            out.collect(reading);
        }

        @Override
        public TypeInformation<Reading> getProducedType() {
            return TypeInformation.of(Reading.class);
        }
    }

    private static final class Aggregate implements AggregateFunction<Reading, Statistics, Statistics> {
        private static final long serialVersionUID = 1;

        @Override
        public Statistics createAccumulator() {
            return new Statistics();
        }

        @Override
        public Statistics add(Reading reading, Statistics statistics) {
            statistics.count++;
            statistics.sum += reading.value;
            statistics.min = Math.min(statistics.min, reading.value);
            statistics.max = Math.max(statistics.max, reading.value);
            return statistics;
        }

        @Override
        public Statistics getResult(Statistics statistics) {
            return statistics;
        }

        @Override
        public Statistics merge(Statistics a, Statistics b) {
            throw new UnsupportedOperationException("tumbling windows are not merged");
        }
    }

    private static final class ToSummary extends ProcessWindowFunction<Statistics, Summary, String, TimeWindow> {
        private static final long serialVersionUID = 1;

        @Override
        public void process(String sensor, Context context, Iterable<Statistics> one, Collector<Summary> out) {
            Statistics statistics = one.iterator().next();
            Summary summary = new Summary();
            summary.sensor = sensor;
            summary.time = context.window().getEnd();
            summary.count = statistics.count;
            summary.min = statistics.min;
            summary.max = statistics.max;
            summary.mean = statistics.sum / statistics.count;
            out.collect(summary);
        }
    }

    private static final class SummarySchema implements KafkaRecordSerializationSchema<Summary> {
        private static final long serialVersionUID = 1;
        private static final ObjectMapper MAPPER = new ObjectMapper();

        private final String topic;

        SummarySchema(String topic) {
            this.topic = topic;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(Summary summary, KafkaSinkContext context, Long timestamp) {
            try {
                Result result = new Result(
                        summary.time, new Temperature(summary.count, summary.min, summary.max, summary.mean));
                return new ProducerRecord<>(
                        topic, summary.sensor.getBytes(StandardCharsets.UTF_8), MAPPER.writeValueAsBytes(result));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
