package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.header;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The last windows close when no more readings come, once, and only when really none come. */
@BrokerTest
class IdleCloseIT {
    private final Broker broker;

    IdleCloseIT(Broker broker) {
        this.broker = broker;
    }

    @Test
    void shouldCloseTheLastWindowsOnceAndTakeWhatComesForThemAsLate() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.idleClose = Duration.ofSeconds(1);
            Service service = pipeline.start();
            pipeline.send(0, "a", T0 + 9_000, 1);
            pipeline.send(0, "a", T0 + 10_500, 2); // grace keeps the first window open beside the second
            pipeline.send(0, "b", T0 + 10_000, 3);
            Window[] last = {
                new Window("a", T0, T0 + 10_000, 1, 1, 1, 1),
                new Window("a", T0 + 10_000, T0 + 20_000, 1, 2, 2, 2),
                new Window("b", T0 + 10_000, T0 + 20_000, 1, 3, 3, 3)
            };
            assertThat(pipeline.windows(3)).containsExactly(last);

            pipeline.send(0, "a", T0 + 19_999, 100);
            assertThat(pipeline.late(1)).singleElement().satisfies(late -> {
                assertThat(header(late, "late.window.start")).isEqualTo("" + (T0 + 10_000));
                assertThat(header(late, "late.by.ms")).isEqualTo("1");
            });

            // Up to the end of the newest window and no further: the next one is open, and grace begins anew.
            pipeline.send(0, "a", T0 + 20_000, 4);
            assertThat(pipeline.windows(4))
                    .startsWith(last)
                    .endsWith(new Window("a", T0 + 20_000, T0 + 30_000, 1, 4, 4, 4))
                    .hasSize(4);
            assertThat(Pipeline.dropped(service)).isZero();
        }
    }

    @Test
    void shouldTakeEachPartitionForItselfAndEmptyOnesForNothing() {
        try (Pipeline pipeline = new Pipeline(broker, 3)) {
            pipeline.idleClose = Duration.ofSeconds(1);
            pipeline.start();
            pipeline.send(0, "idle", T0, 1);

            int readings = 0;
            while (pipeline.windows(0).isEmpty()) { // longer than idle close, in which partition 1 is never idle
                pipeline.send(1, "busy", T0, readings++);
            }
            pipeline.send(1, "busy", T0, readings++);

            assertThat(pipeline.windows(2))
                    .containsExactly(
                            new Window("busy", T0, T0 + 10_000, readings, 0, readings - 1, (readings - 1) / 2.0),
                            new Window("idle", T0, T0 + 10_000, 1, 1, 1, 1));
            assertThat(pipeline.late(0)).isEmpty();
        }
    }

    @Test
    void shouldLeaveWindowsOpenWhenOff() {
        try (Pipeline idle = new Pipeline(broker, 1);
                Pipeline off = new Pipeline(broker, 1)) {
            idle.idleClose = Duration.ofSeconds(1);
            idle.start();
            off.start();
            off.send(0, "a", T0, 1);
            off.awaitAllRead();
            idle.send(0, "a", T0, 1);
            idle.windows(1);

            off.send(0, "a", T0 + 1, 2);
            off.closeWindowsBefore(0, T0 + 10_000);

            assertThat(off.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 2, 1, 2, 1.5));
        }
    }

    /** Reading 5 000 late readings in small steps takes longer than idle close; they are no sign of life, but they are unread data. */
    @Test
    void shouldNotTakeAPartitionThatLagsForIdle() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.idleClose = Duration.ofSeconds(1);
            pipeline.kafka.put("max.poll.records", "10");
            int late = 5_000;
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 3_600_000, 1);
            for (int i = 0; i < late; i++) {
                pipeline.send(0, "late", T0, i);
            }
            pipeline.send(0, "a", T0 + 3_600_000, 3);

            pipeline.start();

            assertThat(pipeline.windows(2))
                    .containsExactly(
                            new Window("a", T0, T0 + 10_000, 1, 1, 1, 1),
                            new Window("a", T0 + 3_600_000, T0 + 3_610_000, 2, 1, 3, 2));
            assertThat(pipeline.late(late)).hasSize(late);
        }
    }

    @Test
    void shouldCloseAfterARestartWhatWasOpenBefore() {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(1, "b", T0, 1);
            pipeline.awaitAllRead();
            pipeline.stop(first);
            pipeline.send(1, "b", T0 + 1, 2); // unread, however long nobody runs

            pipeline.idleClose = Duration.ofSeconds(1);
            Service second = pipeline.start();
            assertThat(pipeline.windows(2))
                    .containsExactly(
                            new Window("a", T0, T0 + 10_000, 1, 1, 1, 1),
                            new Window("b", T0, T0 + 10_000, 2, 1, 2, 1.5));
            pipeline.stop(second);

            pipeline.start();
            pipeline.send(0, "a", T0 + 1, 100);
            pipeline.send(0, "a", T0 + 10_000, 3);
            assertThat(pipeline.windows(3)).hasSize(3);
            assertThat(pipeline.late(1)).hasSize(1);
        }
    }

    /** What is in an open transaction has been written, but is not read yet. */
    @Test
    void shouldNotBeIdleWhileATransactionIsOpen() {
        try (Pipeline pipeline = new Pipeline(broker, 1);
                Pipeline idle = new Pipeline(broker, 1)) {
            pipeline.idleClose = Duration.ofSeconds(1);
            idle.idleClose = Duration.ofSeconds(2);
            pipeline.start();
            pipeline.send(0, "a", T0, 0);
            try (Producer<String, String> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", pipeline.raw),
                    new StringSerializer(),
                    new StringSerializer())) {
                producer.initTransactions();
                producer.beginTransaction();
                for (int i = 1; i <= 5; i++) {
                    producer.send(new ProducerRecord<>(pipeline.raw, "a", Pipeline.json(T0 + i, i)));
                }
                producer.flush();
                idle.start();
                idle.send(0, "a", T0, 1);
                idle.windows(1); // twice as long as idle close

                assertThat(pipeline.windows(0)).isEmpty();
                producer.commitTransaction();
            }
            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 6, 0, 5, 2.5));
            assertThat(pipeline.late(0)).isEmpty();
        }
    }

    /** The offsets that markers and aborted records take up are never read, yet the partition is read to its end. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCloseBehindTransactions(boolean restart) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.idleClose = restart ? Duration.ZERO : Duration.ofSeconds(1);
            Service first = pipeline.start();
            try (Producer<String, String> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", pipeline.raw),
                    new StringSerializer(),
                    new StringSerializer())) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(pipeline.raw, "a", Pipeline.json(T0, 1)));
                producer.commitTransaction();
                if (restart) {
                    Pipeline.await(
                            "the reading is read",
                            () -> pipeline.committed().values().stream().anyMatch(offset -> offset >= 1));
                    pipeline.stop(first);
                }
                producer.beginTransaction();
                for (int i = 0; i < 50_000; i++) { // more than one fetch brings
                    producer.send(new ProducerRecord<>(pipeline.raw, "a", Pipeline.json(T0, 100 + i)));
                }
                producer.flush();
                producer.abortTransaction();
            }

            if (restart) {
                pipeline.idleClose = Duration.ofSeconds(1);
                pipeline.start();
            }

            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 1, 1, 1, 1));
        }
    }
}
