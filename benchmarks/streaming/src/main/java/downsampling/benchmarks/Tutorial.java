package downsampling.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;

/**
 * Makes the same summaries as a tutorial on Kafka Streams would: with POJOs by Jackson databind for input, state and
 * output, {@code Instant.parse} in the timestamp extractor, RocksDB, and the defaults of Kafka Streams, which include
 * at-least-once.
 *
 * <p>Arguments: bootstrap servers, application id, input topic, output topic, state folder, threads, processing
 * guarantee.
 */
public final class Tutorial {
    /** The value of an input record. */
    public static final class Reading {
        public String ts;
        public double value;
    }

    /** The state of a window, and its part of the output. */
    public static final class Statistics {
        public long count;
        public double sum;
        public double min = Double.POSITIVE_INFINITY;
        public double max = Double.NEGATIVE_INFINITY;

        Statistics add(Reading reading) {
            count++;
            sum += reading.value;
            min = Math.min(min, reading.value);
            max = Math.max(max, reading.value);
            return this;
        }
    }

    /** @param time the end of the window, in epoch milliseconds */
    public record Result(long time, Temperature temperature) {}

    public record Temperature(long count, double min, double max, double mean) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Tutorial() {}

    public static void main(String... args) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, args[5]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, args[6]);
        settings.put("auto.offset.reset", "earliest");

        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(
                        args[2],
                        Consumed.with(Serdes.String(), json(Reading.class))
                                .withTimestampExtractor(
                                        (record, partitionTime) -> Instant.parse(((Reading) record.value()).ts)
                                                .toEpochMilli()))
                .groupByKey(Grouped.with(Serdes.String(), json(Reading.class)))
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), Duration.ofSeconds(1)))
                .aggregate(
                        Statistics::new,
                        (sensor, reading, statistics) -> statistics.add(reading),
                        Materialized.with(Serdes.String(), json(Statistics.class)))
                .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded()))
                .toStream()
                .map((window, s) -> KeyValue.pair(
                        window.key(),
                        new Result(window.window().end(), new Temperature(s.count, s.min, s.max, s.sum / s.count))))
                .to(args[3], Produced.with(Serdes.String(), json(Result.class)));

        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static <T> Serde<T> json(Class<T> type) {
        return Serdes.serdeFrom(
                (topic, value) -> {
                    try {
                        return MAPPER.writeValueAsBytes(value);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                (topic, bytes) -> {
                    try {
                        return bytes == null ? null : MAPPER.readValue(bytes, type);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }
}
