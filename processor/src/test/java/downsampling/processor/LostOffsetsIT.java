package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.service.FailedException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The group's offsets go back to before what was processed: nothing is counted, late or dead a second time. */
@BrokerTest
class LostOffsetsIT {
    private enum Change {
        GROUP_DELETED,
        SET_BACK_BY_FIVE
    }

    private final Broker broker;

    LostOffsetsIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void shouldPassOverWhatWasProcessed(Change change) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service first = pipeline.start();
            pipeline.send(0, "a", T0 - 10_000, 1);
            pipeline.send(0, "a", T0 + 1_000, 0);
            pipeline.send(0, "a", T0 - 5_000, 1); // late
            pipeline.send(0, "a", "no reading");
            for (int i = 1; i < 15; i++) {
                pipeline.send(0, "a", T0 + 1_000 + i, i);
            }
            pipeline.awaitAllRead();
            pipeline.stop(first);

            TopicPartition partition = new TopicPartition(pipeline.raw, 0);
            long next = pipeline.committed().get(partition);
            if (change == Change.GROUP_DELETED) {
                pipeline.admin()
                        .deleteConsumerGroups(List.of(pipeline.applicationId))
                        .all()
                        .get();
            } else {
                pipeline.admin()
                        .alterConsumerGroupOffsets(
                                pipeline.applicationId, Map.of(partition, new OffsetAndMetadata(next - 5)))
                        .all()
                        .get();
            }
            Service second = pipeline.start();
            pipeline.send(0, "a", T0 + 2_000, 15);
            pipeline.closeWindowsBefore(0, T0 + 10_000);

            assertThat(pipeline.windows(2))
                    .containsExactly(
                            new Window("a", T0 - 10_000, T0, 1, 1, 1, 1),
                            new Window("a", T0, T0 + 10_000, 16, 0, 15, 7.5));
            pipeline.awaitAllRead();
            assertThat(pipeline.late(1)).hasSize(1);
            assertThat(pipeline.dead(1)).hasSize(1);
            assertThat(second.metrics().repeatedReadings()).isEqualTo(change == Change.GROUP_DELETED ? next : 5);
            assertThat(pipeline.audit()).isZero();
        }
    }

    @Test
    void shouldNotTakeATopicThatWasMadeAnewForTheOneThatWasProcessed() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service first = pipeline.start();
            for (int i = 0; i < 5; i++) {
                pipeline.send(0, "a", T0 + i, i);
            }
            pipeline.awaitAllRead();
            pipeline.stop(first);
            pipeline.deleteTopic(pipeline.raw);
            Pipeline.await(
                    "the topic is gone",
                    () -> !pipeline.admin().listTopics().names().get().contains(pipeline.raw));
            pipeline.admin()
                    .createTopics(List.of(new NewTopic(pipeline.raw, 1, (short) 1)))
                    .all()
                    .get();
            Pipeline.await("a reading can be sent", () -> pipeline.sent(0, "a", T0 + 2_000, 15));

            Service second = pipeline.start();

            assertThatThrownBy(second::await)
                    .isInstanceOf(FailedException.class)
                    .hasMessageContaining("is not the one that the state of " + pipeline.applicationId + " is from")
                    .hasMessageContaining("--application-id");
        }
    }
}
