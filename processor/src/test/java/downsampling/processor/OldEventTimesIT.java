package downsampling.processor;

import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.LocalKafka;
import downsampling.processor.settings.ProcessingSettings;
import downsampling.processor.settings.TopologyKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Readings of years ago lose neither summaries nor open windows, though brokers delete by record timestamp.
 *
 * <p>On a broker of its own, which looks every second for what to delete and keeps nothing for longer than 5 s unless told
 * to: other tests' topics would not survive it.
 */
class OldEventTimesIT {
    private static final long T2016 = Instant.parse("2016-03-31T13:15:00Z").toEpochMilli();

    private static LocalKafka kafka;
    private static Broker broker;

    @BeforeAll
    static void startForgetfulBroker() {
        kafka = LocalKafka.start(
                0,
                null,
                Map.of(
                        "log.retention.check.interval.ms", "1000",
                        "log.initial.task.delay.ms", "1000",
                        "log.retention.ms", "5000",
                        "log.segment.bytes", "1048576",
                        "log.cleaner.backoff.ms", "1000"));
        broker = Broker.at(kafka.bootstrapServers());
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
        kafka.close();
    }

    @Test
    void shouldSummariseAReplayRightlyThoughKilledInTheMiddle() throws Exception {
        int partitions = 2;
        Random random = new Random(11);
        List<Window.Said> said = new ArrayList<>();
        try (Pipeline pipeline =
                new Pipeline(broker, broker.newTopic("raw", partitions, Map.of("retention.ms", "-1")))) {
            try (ProcessorProcess first = ProcessorProcess.started(pipeline.options())) {
                sendSome(pipeline, partitions, random, said);
                pipeline.awaitAllRead();
                first.kill();
            }
            awaitDeletionOfYoungerRecords(pipeline);
            sendSome(pipeline, partitions, random, said);
            pipeline.start();
            for (int partition = 0; partition < partitions; partition++) {
                pipeline.closeWindowsBefore(partition, T2016 + 100_000_000);
            }

            List<Window> expected = Window.bruteForce(said, 10_000);
            assertThat(pipeline.windows(expected.size())).containsExactlyElementsOf(expected);
            awaitDeletionOfYoungerRecords(pipeline);
            assertThat(pipeline.windows(expected.size()))
                    .as("after the broker has deleted what it may")
                    .containsExactlyElementsOf(expected);
            assertThat(pipeline.late(0)).isEmpty();
        }
    }

    /** Why the default keeps its windows otherwise: what the DSL writes to its changelog is too old to stay there. */
    @Test
    void dslForgetsTheOpenWindow() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, broker.newTopic("raw", 1, Map.of("retention.ms", "-1")))) {
            pipeline.topology = TopologyKind.DSL;
            // Exactly once would put it off: the markers of transactions are of now, and keep the segment they stand
            // in.
            pipeline.guarantee = ProcessingSettings.Guarantee.AT_LEAST_ONCE;
            Service first = pipeline.start();
            pipeline.send(0, "a", T2016, 1);
            pipeline.send(0, "a", T2016 + 1, 2);
            pipeline.awaitAllRead();
            pipeline.stop(first);
            TopicPartition changelog = new TopicPartition(pipeline.applicationId + "-windows-10s-1s-changelog", 0);
            assertThat(end(pipeline, changelog)).isPositive();
            await("the broker deletes the changelog", () -> start(pipeline, changelog) >= end(pipeline, changelog));

            pipeline.start();
            pipeline.send(0, "a", T2016 + 2, 3);
            pipeline.closeWindowsBefore(0, T2016 + 10_000);

            assertThat(pipeline.windows(1))
                    .singleElement()
                    .extracting(Window::count)
                    .as("3 readings were sent")
                    .isEqualTo(1L);
        }
    }

    /** Waits until the broker has deleted a record of now from a topic that has its default retention. */
    private static void awaitDeletionOfYoungerRecords(Pipeline pipeline) throws Exception {
        String topic = broker.newTopic("control", 1);
        TopicPartition control = new TopicPartition(topic, 0);
        pipeline.send(new ProducerRecord<>(topic, 0, null, new byte[1]));
        await("the control record is there", () -> end(pipeline, control) == 1);
        await("the broker deletes the control record", () -> start(pipeline, control) == 1);
    }

    private static long start(Pipeline pipeline, TopicPartition partition) throws Exception {
        return offset(pipeline, partition, OffsetSpec.earliest());
    }

    private static long end(Pipeline pipeline, TopicPartition partition) throws Exception {
        return offset(pipeline, partition, OffsetSpec.latest());
    }

    private static long offset(Pipeline pipeline, TopicPartition partition, OffsetSpec which) throws Exception {
        return pipeline.admin()
                .listOffsets(Map.of(partition, which))
                .partitionResult(partition)
                .get()
                .offset();
    }

    /** 5 000 readings that go on where the last ones ended, in the middle of a window. */
    private static void sendSome(Pipeline pipeline, int partitions, Random random, List<Window.Said> said) {
        for (int i = 0; i < 5_000; i++) {
            int sensor = random.nextInt(20);
            Window.Said reading = new Window.Said(
                    "sensor-" + sensor, T2016 + 7 * said.size() + random.nextInt(1000), random.nextInt(100));
            said.add(reading);
            pipeline.send(sensor % partitions, reading.sensor(), reading.time(), reading.value());
        }
    }
}
