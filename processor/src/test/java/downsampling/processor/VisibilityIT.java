package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How soon a {@code read_committed} consumer sees a closed window, in normal times and after an instance ended. The numbers
 * are printed, not judged: how fast this machine is today is no fault of the processor. That each window comes is judged.
 */
@BrokerTest
class VisibilityIT {
    private static final int PARTITIONS = 6;

    private final Broker broker;

    VisibilityIT(Broker broker) {
        this.broker = broker;
    }

    @Test
    void shouldShowEachClosedWindow() {
        try (Pipeline pipeline = new Pipeline(broker, PARTITIONS)) {
            pipeline.startAndAwaitWork();
            try (Clockwork clockwork = new Clockwork(broker, pipeline)) {
                clockwork.watchUntilAllHaveSeen(50); // warm
                int from = clockwork.tick();
                clockwork.watchUntilAllHaveSeen(from + 200);
                System.out.println("closed window visible after: " + clockwork.delays(from, from + 200));
            }
        }
    }

    private enum End {
        SIGTERM_HANDLED_BY_ANOTHER,
        SIGTERM_HANDLED_BY_RESTART,
        SIGKILL_HANDLED_BY_ANOTHER,
        SIGKILL_HANDLED_BY_RESTART
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnAfterAnInstanceEnded(End end) throws Exception {
        boolean another = end.name().endsWith("ANOTHER");
        try (Pipeline pipeline = new Pipeline(broker, PARTITIONS);
                ProcessorProcess ending = ProcessorProcess.started(pipeline.options());
                ProcessorProcess staying = another ? ProcessorProcess.started(pipeline.options()) : null) {
            await("the group is there", () -> ending.output().contains("RUNNING"));
            await("each instance has work", () -> instancesWithWork(pipeline) == (another ? 2 : 1));
            try (Clockwork clockwork = new Clockwork(broker, pipeline)) {
                clockwork.watchUntilAllHaveSeen(50);

                long ended = System.nanoTime();
                if (end.name().startsWith("SIGTERM")) {
                    ending.terminate();
                } else {
                    ending.kill();
                }
                long gone = System.nanoTime();
                int from = clockwork.tick(); // what was sent before, the ending one may have handled itself
                try (ProcessorProcess restarted = another ? null : ProcessorProcess.started(pipeline.options())) {
                    clockwork.watchUntilAllHaveSeen(from + 20);
                    System.out.printf(
                            "%s: process gone after %d ms, all partitions handled again after %d ms%n",
                            end, (gone - ended) / 1_000_000, clockwork.firstSeenByAll(from, ended));
                    assertThat(restarted == null).isEqualTo(another);
                }
            }
            assertThat(staying != null).isEqualTo(another);
            assertThat(pipeline.late(0)).isEmpty();
        }
    }

    private static long instancesWithWork(Pipeline pipeline) throws Exception {
        return pipeline
                .admin()
                .describeConsumerGroups(List.of(pipeline.applicationId))
                .all()
                .get()
                .get(pipeline.applicationId)
                .members()
                .stream()
                .filter(member -> !member.assignment().topicPartitions().isEmpty())
                .count();
    }

    /**
     * Sends one reading to each partition every 20 ms, each a window later in event time than the one before, so that each
     * closes a window; and notes when those are seen.
     */
    private static final class Clockwork implements AutoCloseable {
        private static final int MOST_TICKS = 10_000;

        private final Pipeline pipeline;
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final ScheduledExecutorService sender = Executors.newSingleThreadScheduledExecutor();
        private final AtomicInteger ticks = new AtomicInteger();
        private final AtomicLongArray sentAt = new AtomicLongArray(MOST_TICKS);
        private final long[][] seenAt = new long[PARTITIONS][MOST_TICKS];

        Clockwork(Broker broker, Pipeline pipeline) {
            this.pipeline = pipeline;
            consumer = new KafkaConsumer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed"),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
            List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                    .mapToObj(partition -> new TopicPartition(pipeline.aggregated, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            sender.scheduleAtFixedRate(this::send, 0, 20, TimeUnit.MILLISECONDS);
        }

        private void send() {
            int tick = ticks.get();
            sentAt.set(tick, System.nanoTime());
            for (int partition = 0; partition < PARTITIONS; partition++) {
                pipeline.send(partition, "sensor-" + partition, T0 + tick * 10_000L + 1000, tick);
            }
            ticks.incrementAndGet();
        }

        /** The next one to be sent. */
        int tick() {
            return ticks.get();
        }

        /** Tick n closes the window of tick n - 1. */
        void watchUntilAllHaveSeen(int tick) {
            await("all partitions have shown window " + tick, () -> {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(10))) {
                    Window window = Window.of(record);
                    int partition = Integer.parseInt(window.sensor().substring("sensor-".length()));
                    int closedBy = (int) ((window.start() - T0) / 10_000) + 1;
                    assertThat(seenAt[partition][closedBy])
                            .as("when %s was seen before", window)
                            .isZero();
                    seenAt[partition][closedBy] = System.nanoTime();
                }
                return Arrays.stream(seenAt).allMatch(seen -> seen[tick] > 0);
            });
        }

        String delays(int from, int to) {
            long[] millis = Arrays.stream(seenAt)
                    .flatMapToLong(seen -> IntStream.range(from, to).mapToLong(tick -> seen[tick] - sentAt.get(tick)))
                    .map(TimeUnit.NANOSECONDS::toMillis)
                    .sorted()
                    .toArray();
            return "p50 %d ms, p99 %d ms, most %d ms (%d windows)"
                    .formatted(
                            millis[millis.length / 2],
                            millis[millis.length * 99 / 100],
                            millis[millis.length - 1],
                            millis.length);
        }

        /** When the last partition showed its first window closed by a reading sent since a time, in ms after that. */
        long firstSeenByAll(int from, long since) {
            return Arrays.stream(seenAt)
                    .mapToLong(seen -> TimeUnit.NANOSECONDS.toMillis(seen[from] - since))
                    .max()
                    .orElseThrow();
        }

        @Override
        public void close() {
            sender.shutdownNow();
            consumer.close();
        }
    }
}
