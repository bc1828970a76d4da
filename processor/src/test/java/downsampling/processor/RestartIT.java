package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static downsampling.processor.Pipeline.header;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.StateSettings;
import downsampling.processor.settings.TopologyKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One summary per sensor and window, ever: across restarts, crashes and rebalances. */
@BrokerTest
class RestartIT {
    private final Broker broker;

    RestartIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldGoOnWithAnOpenWindowAfterARestartInTheMiddleOfIt(TopologyKind topology) {
        // Of today: the DSL keeps its state in topics that a broker deletes by event time.
        long start = Math.floorDiv(System.currentTimeMillis(), 10_000L) * 10_000 - 60_000;
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.topology = topology;
            Service first = pipeline.start();
            pipeline.send(0, "a", start + 1, 1);
            pipeline.send(0, "b", start + 2, 10);
            pipeline.send(0, "a", start + 3, 2);
            pipeline.awaitAllRead();
            pipeline.stop(first);

            Service second = pipeline.start();
            pipeline.send(0, "a", start + 4, 6);
            pipeline.closeWindowsBefore(0, start + 10_000);

            assertThat(pipeline.windows(2))
                    .containsExactly(
                            new Window("a", start, start + 10_000, 3, 1, 6, 3),
                            new Window("b", start, start + 10_000, 1, 10, 10, 10));
            assertThat(Pipeline.dropped(second)).isZero();
        }
    }

    @Test
    void shouldNotEmitAgainAfterARestart() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.windows(1);
            pipeline.stop(first);

            Service second = pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 30_000);

            assertThat(pipeline.windows(2)).containsExactly(new Window("a", T0, T0 + 10_000, 1, 1, 1, 1));
            assertThat(Pipeline.dropped(second)).isZero();
        }
    }

    @Test
    void shouldTakeAReadingForAnEmittedWindowAsLateRightAfterARestart() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            sendForAnEmittedWindowRightAfterARestart(pipeline);

            assertThat(pipeline.windows(2)).containsExactly(new Window("a", T0, T0 + 10_000, 1, 1, 1, 1));
            assertThat(pipeline.late(1)).singleElement().satisfies(late -> {
                assertThat(header(late, "late.window.start")).isEqualTo("" + T0);
                assertThat(header(late, "late.window.end")).isEqualTo("" + (T0 + 10_000));
                assertThat(header(late, "source.topic")).isEqualTo(pipeline.raw);
                assertThat(header(late, "source.partition")).isEqualTo("0");
                assertThat(header(late, "source.offset")).isEqualTo("2");
            });
        }
    }

    /** Why the default is another topology. Should this fail with a newer Kafka Streams: good news, tell it. */
    @Test
    void dslEmitsASecondSummaryForTheSame() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.topology = TopologyKind.DSL;
            sendForAnEmittedWindowRightAfterARestart(pipeline);

            assertThat(pipeline.windows(3))
                    .extracting(Window::sensor, Window::start)
                    .hasSize(2)
                    .containsOnly(org.assertj.core.groups.Tuple.tuple("a", T0));
        }
    }

    private static void sendForAnEmittedWindowRightAfterARestart(Pipeline pipeline) {
        Service first = pipeline.start();
        pipeline.send(0, "a", T0, 1);
        pipeline.closeWindowsBefore(0, T0 + 10_000);
        pipeline.windows(1);
        pipeline.awaitAllRead();
        pipeline.stop(first);

        Service second = pipeline.start();
        pipeline.send(0, "a", T0 + 5, 100);
        pipeline.closeWindowsBefore(0, T0 + 30_000);
        pipeline.awaitAllRead();
        assertThat(Pipeline.dropped(second)).isZero();
    }

    @Test
    void shouldEmitOnceThoughKilled() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            try (ProcessorProcess first = ProcessorProcess.started(pipeline.options())) {
                pipeline.send(0, "a", T0, 1);
                pipeline.closeWindowsBefore(0, T0 + 10_000);
                pipeline.send(0, "a", T0 + 11_000, 2);
                pipeline.awaitAllRead();
                first.kill();
            }

            Service second = pipeline.start();
            pipeline.send(0, "a", T0 + 1, 100);
            pipeline.send(0, "a", T0 + 12_000, 4);
            pipeline.closeWindowsBefore(0, T0 + 20_000);

            assertThat(pipeline.windows(3))
                    .containsExactly(
                            new Window("a", T0, T0 + 10_000, 1, 1, 1, 1),
                            new Window("a", T0 + 10_000, T0 + 20_000, 2, 2, 4, 3));
            assertThat(pipeline.late(1)).hasSize(1);
            assertThat(Pipeline.dropped(second)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountADuplicateOnceThoughKilled(StateSettings.Store store) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.dedup = true;
            pipeline.stateStore = store;
            pipeline.stateDir = pipeline.newFolder();
            try (ProcessorProcess first = ProcessorProcess.started(pipeline.options("--state-store=" + store))) {
                pipeline.send(0, "a", T0, 1);
                pipeline.send(0, "a", T0 + 1, 2);
                pipeline.send(0, "a", T0, 1);
                pipeline.awaitAllRead();
                first.kill();
            }
            pipeline.send(0, "a", T0 + 1, 2);
            pipeline.send(0, "a", T0 + 1, 3);

            Service second = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 3, 1, 3, 2));
            assertThat(second.metrics().duplicates()).isEqualTo(2);
            pipeline.send(0, "a", T0, 1);
            assertThat(pipeline.late(1)).hasSize(1);
            pipeline.awaitAllRead();
            assertThat(pipeline.audit()).isZero();
            pipeline.dedup = false;
            assertThat(pipeline.audit()).as("three are missing").isEqualTo(1);
        }
    }

    /**
     * A reading that takes longer than a commit interval, then a dead one, both in a poll of their own: so every other commit
     * comes between the two, and there it is killed. Kafka's own dead-letter handler fails here, since it sends a dead letter as
     * soon as the record is next in turn.
     */
    @Test
    void shouldWriteEachDeadLetterOnceThoughKilled() throws Exception {
        int pairs = 40;
        String slow = "{\"ts\":" + T0 + ",\"value\":1,\"more\":[" + "0,".repeat(400_000) + "0]}";
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            for (int i = 0; i < pairs; i++) {
                pipeline.send(0, "a", slow);
                pipeline.send(0, "a", "no reading");
            }
            // So that a commit may fall between the two of a pair: it never falls within a batch.
            Path oneByOne =
                    Files.writeString(pipeline.newFolder().resolve("kafka.properties"), "consumer.max.poll.records=1");
            List<String> options = pipeline.options("--commit-interval=1ms", "--config=" + oneByOne);
            for (int kills = 0; kills < 3; kills++) {
                long before = sum(pipeline.committed());
                try (ProcessorProcess instance = ProcessorProcess.started(options)) {
                    await("a reading is committed, and the dead one after it is not", () -> {
                        long committed = sum(pipeline.committed());
                        return committed > before && committed % 2 == 1;
                    });
                    instance.kill();
                }
            }
            assertThat(sum(pipeline.committed())).as("left for another start").isLessThan(2 * pairs);
            pipeline.start();
            pipeline.awaitAllRead();

            assertThat(pipeline.dead(pairs))
                    .extracting(letter -> header(letter, "__streams.errors.offset"))
                    .doesNotHaveDuplicates()
                    .hasSize(pairs);
        }
    }

    private static long sum(Map<TopicPartition, Long> offsets) {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
    }

    @Test
    void shouldHandOverOpenWindowsWhenInstancesJoinAndLeave() {
        int partitions = 4;
        Random random = new Random(7);
        List<Window.Said> said = new ArrayList<>();
        try (Pipeline pipeline = new Pipeline(broker, partitions)) {
            Service first = pipeline.startAndAwaitWork();
            sendSome(pipeline, partitions, random, said);
            pipeline.awaitAllRead();

            Service second = pipeline.start();
            sendSome(pipeline, partitions, random, said);
            await("both have work", () -> Pipeline.hasWork(first) && Pipeline.hasWork(second));
            sendSome(pipeline, partitions, random, said);
            pipeline.awaitAllRead();
            assertThat(Pipeline.dropped(first) + Pipeline.dropped(second)).isZero();
            pipeline.stop(first);
            sendSome(pipeline, partitions, random, said);
            Service third = pipeline.start();
            await("both have work", () -> Pipeline.hasWork(second) && Pipeline.hasWork(third));
            sendSome(pipeline, partitions, random, said);
            for (int partition = 0; partition < partitions; partition++) {
                pipeline.closeWindowsBefore(partition, T0 + 1_000_000);
            }
            pipeline.awaitAllRead();

            List<Window> expected = Window.bruteForce(said, 10_000);
            assertThat(pipeline.windows(expected.size())).containsExactlyElementsOf(expected);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(Pipeline.dropped(second) + Pipeline.dropped(third)).isZero();
        }
    }

    /** 500 readings, up to a second out of order, that go on where the last ones ended, in the middle of a window. */
    private static void sendSome(Pipeline pipeline, int partitions, Random random, List<Window.Said> said) {
        for (int i = 0; i < 500; i++) {
            int sensor = random.nextInt(20);
            Window.Said reading = new Window.Said(
                    "sensor-" + sensor, T0 + 70 * said.size() + random.nextInt(1000), random.nextInt(100));
            said.add(reading);
            pipeline.send(sensor % partitions, reading.sensor(), reading.time(), reading.value());
        }
    }
}
