package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static downsampling.processor.Pipeline.header;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.ProcessingSettings;
import downsampling.service.FailedException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Input that vanishes before it is read, and offsets that pass over it: nothing is lost without a word. */
@BrokerTest
class LostInputIT {
    private final Broker broker;

    LostInputIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @ValueSource(longs = {70, 100})
    void shouldTellOnceOfWhatRetentionDeletedBeforeAStart(long begin) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            processTen(pipeline);
            sendNinety(pipeline);
            deleteBefore(pipeline, begin);
            assertThat(pipeline.audit()).as("what the audit sees itself").isEqualTo(1);

            Service second = pipeline.start();
            pipeline.awaitAllRead();

            assertThat(pipeline.dead(1)).singleElement().satisfies(told -> isRange(told, pipeline, 10, begin - 1));
            assertThat(second.metrics().offsetsDeletedUnread()).isEqualTo(begin - 10);
            assertThat(pipeline.audit()).as("what the audit is told").isEqualTo(1);

            pipeline.stop(second);
            Service third = pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.awaitAllRead();
            assertThat(pipeline.windows(1)).extracting(Window::count).containsExactly(10 + 100 - begin);
            assertThat(pipeline.dead(1)).hasSize(1);
            assertThat(third.metrics().offsetsDeletedUnread()).isZero();
        }
    }

    @Test
    void shouldTellOnceThoughKilledAroundTheNoticing() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            processTen(pipeline);
            sendNinety(pipeline);
            deleteBefore(pipeline, 70);
            List<String> options = pipeline.options("--commit-interval=1m");
            for (int kills = 0; kills < 2; kills++) {
                try (ProcessorProcess instance = ProcessorProcess.started(options)) {
                    await("it is noticed", () -> instance.output().contains("before it was read"));
                    instance.kill();
                }
            }
            assertThat(pipeline.committed()).containsValue(10L);

            pipeline.start();
            pipeline.awaitAllRead();

            assertThat(pipeline.dead(1)).singleElement().satisfies(told -> isRange(told, pipeline, 10, 69));
            assertThat(pipeline.audit()).isEqualTo(1);
        }
    }

    @Test
    void shouldTellAtOnceOfWhatRetentionDeletedWhileItWasPausedThoughNoReadingComes() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1);
                ProcessorProcess instance = ProcessorProcess.started(pipeline.options())) {
            for (int i = 0; i < 10; i++) {
                pipeline.send(0, "a", T0 + i, i);
            }
            pipeline.awaitAllRead();
            instance.pause();
            pipeline.send(0, "a", T0 + 10, 10); // of which the answer to the fetch under way consists
            pipeline.flush();
            sendNinety(pipeline);
            deleteBefore(pipeline, 101);
            instance.resume();

            ConsumerRecord<byte[], byte[]> told = pipeline.dead(1).get(0);
            long first = Long.parseLong(header(told, "__streams.errors.offset"));
            assertThat(first).isBetween(10L, 100L);
            isRange(told, pipeline, first, 100);
            pipeline.awaitAllRead();
            assertThat(instance.output())
                    .contains("Partition 0 of " + pipeline.raw + " was deleted from offset " + first
                            + " to 100 before it was read: up to " + (101 - first) + " records are lost");
        }
    }

    @Test
    void shouldTellWhatIsLostWhenTheGroupIsGoneToo() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            processTen(pipeline);
            sendNinety(pipeline);
            deleteBefore(pipeline, 70);
            pipeline.admin()
                    .deleteConsumerGroups(List.of(pipeline.applicationId))
                    .all()
                    .get();

            pipeline.start();
            pipeline.awaitAllRead();

            assertThat(pipeline.dead(1)).singleElement().satisfies(told -> isRange(told, pipeline, 10, 69));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {70, 90, 1000})
    void shouldTellWhatIsLostThoughSomebodyMovedTheOffsetsPastIt(long moved) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            processTen(pipeline);
            sendNinety(pipeline);
            deleteBefore(pipeline, 70);
            moveOffsets(pipeline, moved);

            pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.awaitAllRead();

            assertThat(pipeline.dead(1)).singleElement().satisfies(told -> isRange(told, pipeline, 10, 69));
            assertThat(pipeline.windows(1)).extracting(Window::count).containsExactly(40L);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {30, 100, 1000})
    void shouldReadOnWhereTheStateStandsWhenOffsetsAreSetForward(long moved) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            processTen(pipeline);
            sendNinety(pipeline);
            moveOffsets(pipeline, moved);

            pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.awaitAllRead();

            assertThat(pipeline.windows(1)).extracting(Window::count).containsExactly(100L);
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    @Test
    void shouldNotMissWhatWasGoneBeforeTheApplicationFirstRead() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            sendNinety(pipeline);
            deleteBefore(pipeline, 50);

            Service first = pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.awaitAllRead();

            assertThat(pipeline.windows(1)).extracting(Window::count).containsExactly(40L);
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(first.metrics().offsetsDeletedUnread()).isZero();
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** Between them stand markers, and what was aborted: to delete those is no loss. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldNotMissTheMarkersOfTransactions(boolean aborted) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service first = pipeline.start();
            try (Producer<byte[], byte[]> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", pipeline.raw),
                    new ByteArraySerializer(),
                    new ByteArraySerializer())) {
                producer.initTransactions();
                for (int i = 0; i < 10; i++) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>(
                            pipeline.raw,
                            0,
                            "a".getBytes(UTF_8),
                            Pipeline.json(T0 + i, i).getBytes(UTF_8)));
                    if (aborted && i > 7) {
                        producer.flush();
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                    }
                }
            }
            pipeline.awaitAllRead();
            pipeline.stop(first);
            deleteBefore(pipeline, 20);

            Service second = pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.awaitAllRead();

            assertThat(pipeline.windows(1)).extracting(Window::count).containsExactly(aborted ? 8L : 10L);
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(second.metrics().offsetsDeletedUnread()).isZero();
        }
    }

    @Test
    void shouldTellWithoutTransactionsToo() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.guarantee = ProcessingSettings.Guarantee.AT_LEAST_ONCE;
            processTen(pipeline);
            sendNinety(pipeline);
            deleteBefore(pipeline, 70);

            pipeline.start();
            pipeline.awaitAllRead();

            assertThat(pipeline.dead(1)).singleElement().satisfies(told -> isRange(told, pipeline, 10, 69));
        }
    }

    @Test
    void shouldRefuseATopicThatWasMadeAnewAndIsStillEmpty() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            processTen(pipeline);
            pipeline.deleteTopic(pipeline.raw);
            await(
                    "the topic is gone",
                    () -> !pipeline.admin().listTopics().names().get().contains(pipeline.raw));
            pipeline.admin()
                    .createTopics(List.of(new NewTopic(pipeline.raw, 1, (short) 1)))
                    .all()
                    .get();

            Service second = pipeline.start();

            assertThatThrownBy(second::await)
                    .isInstanceOf(FailedException.class)
                    .hasMessageContainingAll("topic " + pipeline.raw + " is not the one", "offset 10", "offset 0")
                    .hasMessageContaining("processor reset");
        }
    }

    @Test
    void shouldEndWhenTheTopicIsMadeAnewWhileItRuns() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service service = pipeline.start();
            for (int i = 0; i < 10; i++) {
                pipeline.send(0, "a", T0 + i, i);
            }
            pipeline.awaitAllRead();
            pipeline.deleteTopic(pipeline.raw);
            await("it is made anew", () -> {
                try {
                    pipeline.admin()
                            .createTopics(List.of(new NewTopic(pipeline.raw, 1, (short) 1)))
                            .all()
                            .get();
                    return true;
                } catch (ExecutionException e) {
                    return false; // not gone yet
                }
            });

            // That it is gone or that it is another one, whichever is noticed first.
            assertThatThrownBy(service::await).isInstanceOf(FailedException.class);
        }
    }

    private static void processTen(Pipeline pipeline) {
        Service first = pipeline.start();
        for (int i = 0; i < 10; i++) {
            pipeline.send(0, "a", T0 + i, i);
        }
        pipeline.awaitAllRead();
        pipeline.stop(first);
    }

    private static void sendNinety(Pipeline pipeline) {
        for (int i = 10; i < 100; i++) {
            pipeline.send(0, "a", T0 + i, i);
        }
        pipeline.flush();
    }

    private static void deleteBefore(Pipeline pipeline, long offset) throws Exception {
        pipeline.admin()
                .deleteRecords(Map.of(new TopicPartition(pipeline.raw, 0), RecordsToDelete.beforeOffset(offset)))
                .all()
                .get();
    }

    private static void moveOffsets(Pipeline pipeline, long offset) throws Exception {
        pipeline.admin()
                .alterConsumerGroupOffsets(
                        pipeline.applicationId,
                        Map.of(new TopicPartition(pipeline.raw, 0), new OffsetAndMetadata(offset)))
                .all()
                .get();
    }

    private static void isRange(ConsumerRecord<byte[], byte[]> record, Pipeline pipeline, long first, long last) {
        assertThat(record.key()).isNull();
        assertThat(record.value()).isNull();
        assertThat(header(record, "__streams.errors.message")).isEqualTo("deleted before it was read");
        assertThat(header(record, "__streams.errors.topic")).isEqualTo(pipeline.raw);
        assertThat(header(record, "__streams.errors.partition")).isEqualTo("0");
        assertThat(header(record, "__streams.errors.offset")).isEqualTo("" + first);
        assertThat(header(record, "deleted.last.offset")).isEqualTo("" + last);
    }
}
