package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.TopologyKind;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A sensor that two client libraries have put into two partitions. */
@BrokerTest
class TwoPartitionsIT {
    private final Broker broker;

    TwoPartitionsIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldTellTheTwoSummariesOfAWindowApartAndNoticeTheSensor(TopologyKind topology) {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            // Given an instance that has both partitions
            pipeline.topology = topology;
            Service service = pipeline.startAndAwaitWork();

            // When each has readings of the sensor, in two windows
            for (int window = 0; window < 2; window++) {
                for (int partition = 0; partition < 2; partition++) {
                    pipeline.send(partition, "A", T0 + window * 10_000L, partition);
                    pipeline.send(partition, "only-" + partition, T0 + window * 10_000L, 1);
                    pipeline.send(partition, "closer-" + partition, T0 + window * 10_000L + 11_000, 0);
                }
                pipeline.awaitAllRead();
            }
            Pipeline.await(
                    "both windows are closed",
                    () -> broker.read(pipeline.aggregated, 10).size() >= 10);

            // Then each summary names the partition of its readings, and this one sensor is noticed
            for (ConsumerRecord<byte[], byte[]> summary : broker.read(pipeline.aggregated, 10)) {
                if (Window.of(summary).sensor().equals("A")) {
                    assertThat(Pipeline.header(summary, "source.partition"))
                            .isEqualTo("" + (int) Window.of(summary).min());
                }
            }
            assertThat(service.metrics().sensorsInTwoPartitions()).isEqualTo(1);
        }
    }

    /** Each of two instances has one of the partitions. */
    @Test
    void shouldNoticeASensorWhosePartitionsAreOfTwoInstances() {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            Service one = pipeline.start();
            Service other = pipeline.start();
            Pipeline.await("both have work", () -> Pipeline.hasWork(one) && Pipeline.hasWork(other));
            for (int partition = 0; partition < 2; partition++) {
                pipeline.send(partition, "A", T0, partition);
                pipeline.send(partition, "only-" + partition, T0, 1);
                pipeline.send(partition, "closer-" + partition, T0 + 11_000, 0);
            }

            Pipeline.await(
                    "both have noticed the sensor",
                    () -> one.metrics().sensorsInTwoPartitions() == 1
                            && other.metrics().sensorsInTwoPartitions() == 1);
        }
    }
}
