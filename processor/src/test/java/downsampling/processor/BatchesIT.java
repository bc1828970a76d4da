package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.input.Batches;
import downsampling.processor.input.Clients;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.settings.Settings;
import downsampling.processor.window.Metrics;
import downsampling.processor.window.StreamsSettings;
import downsampling.processor.window.TopicLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What {@link Batches} rests on: that Kafka Streams commits the offset of the record that is next in turn, or the next offset of
 * the last poll, and so never one within a batch. The processor of this test does what it is told, batch by batch.
 */
@BrokerTest
class BatchesIT {
    private static final int POLLED = 10;

    /** What the processor does with a batch: passes on so many of its records, then commits or fails. */
    private record Order(int records, boolean fails) {}

    private final Broker broker;
    /** Offsets of the batches, as they come to the processor. */
    private final BlockingQueue<List<Long>> batches = new LinkedBlockingQueue<>();

    private final BlockingQueue<Order> orders = new SynchronousQueue<>();
    private final List<KafkaStreams> started = new ArrayList<>();

    BatchesIT(Broker broker) {
        this.broker = broker;
    }

    @AfterEach
    void stop() {
        started.forEach(KafkaStreams::close);
    }

    private final class Obedient
            extends ContextualProcessor<byte[], List<ConsumerRecord<byte[], byte[]>>, byte[], byte[]> {
        @Override
        public void process(Record<byte[], List<ConsumerRecord<byte[], byte[]>>> batch) {
            batches.add(batch.value().stream().map(ConsumerRecord::offset).toList());
            Order order = take(orders);
            batch.value().stream()
                    .limit(order.records)
                    .forEach(record ->
                            context().forward(new Record<>(record.key(), record.value(), record.timestamp())));
            if (order.fails) {
                throw new IllegalStateException("told to fail");
            }
            context().commit();
        }
    }

    private static <T> T take(BlockingQueue<T> queue) {
        try {
            T taken = queue.poll(60, TimeUnit.SECONDS);
            assertThat(taken).as("within a minute").isNotNull();
            return taken;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void start(Pipeline pipeline) {
        pipeline.kafka.put("max.poll.records", String.valueOf(POLLED));
        Settings settings = pipeline.settings();
        InputConsumers input = new InputConsumers(settings, offsets -> {});
        Topology topology = new Topology()
                .addSource(
                        AutoOffsetReset.earliest(),
                        "readings",
                        new ByteArrayDeserializer(),
                        new Batches.BatchDeserializer(),
                        pipeline.raw)
                .addProcessor("obedient", Obedient::new, "readings")
                .addSink("out", pipeline.aggregated, new ByteArraySerializer(), new ByteArraySerializer(), "obedient");
        Properties properties = StreamsSettings.of(settings, new Metrics(), topic -> TopicLimits.NONE);
        KafkaStreams streams = new KafkaStreams(topology, properties, new Clients(input));
        streams.setUncaughtExceptionHandler(e -> StreamThreadExceptionResponse.REPLACE_THREAD);
        started.add(streams);
        streams.start();
    }

    private void order(int records, boolean fails) throws InterruptedException {
        assertThat(orders.offer(new Order(records, fails), 60, TimeUnit.SECONDS))
                .isTrue();
    }

    private static void awaitCommitted(Pipeline pipeline, long offset) {
        TopicPartition partition = new TopicPartition(pipeline.raw, 0);
        Pipeline.await(
                "offset " + offset + " is committed", () -> pipeline.committed().getOrDefault(partition, 0L) == offset);
    }

    private static List<Long> offsets(int from, int to) {
        return LongStream.range(from, to).boxed().toList();
    }

    @Test
    void shouldCommitBetweenBatchesAndBeginABatchAnewThatWasNotFinished() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            // Given two polls, and what an aborted transaction leaves behind them
            pipeline.admin()
                    .createTopics(List.of(new NewTopic(pipeline.aggregated, 1, (short) 1)))
                    .all()
                    .get();
            for (int i = 0; i < 2 * POLLED; i++) {
                pipeline.send(0, "a", Pipeline.T0 + i, i);
            }
            pipeline.flush();
            abortOne(pipeline);
            start(pipeline);

            // When the first batch is finished, its commit says where the second begins
            assertThat(take(batches)).isEqualTo(offsets(0, POLLED));
            order(POLLED, false);
            awaitCommitted(pipeline, POLLED);

            // When the second fails in its middle, it comes again as a whole
            assertThat(take(batches)).isEqualTo(offsets(POLLED, 2 * POLLED));
            order(POLLED / 2, true);
            assertThat(take(batches)).isEqualTo(offsets(POLLED, 2 * POLLED));
            assertThat(pipeline.committed().values()).containsExactly((long) POLLED);
            order(POLLED, false);

            // Then what is committed lies behind all that there is, and each record has come out once
            awaitCommitted(pipeline, 2 * POLLED + 2);
            assertThat(broker.read(pipeline.aggregated, 2 * POLLED))
                    .extracting(record -> new String(record.value(), UTF_8))
                    .doesNotHaveDuplicates()
                    .hasSize(2 * POLLED);
        }
    }

    /** Takes two offsets: the record, and the marker. */
    private void abortOne(Pipeline pipeline) {
        try (Producer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        broker.bootstrapServers(),
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        "aborting-" + pipeline.raw),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(pipeline.raw, 0, "a".getBytes(UTF_8), "aborted".getBytes(UTF_8)));
            producer.flush();
            producer.abortTransaction();
        }
    }
}
