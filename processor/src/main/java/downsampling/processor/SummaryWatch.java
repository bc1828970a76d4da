package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.processor.settings.Settings;
import downsampling.service.DaemonThread;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices sensors whose readings stand in partitions of the input that different instances work on: it looks at the newest summaries
 * of one partition of the output after the other. All summaries of a sensor are in the same of these, whichever instance wrote them,
 * and where there are two for a window, their headers name two partitions.
 *
 * <p>In a thread of its own. Without the right to read the output it sees nothing.
 */
final class SummaryWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SummaryWatch.class);

    /** How many summaries are looked at each time: with a hundred bytes each, a megabyte. */
    private static final int NEWEST = 10_000;

    private static final Duration INTERVAL = Duration.ofSeconds(15);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Told of a sensor, in UTF-8, and of two partitions that it is in. */
    interface Found {
        void inTwoPartitions(byte[] sensor, int one, int other);
    }

    private final Settings settings;
    private final Found found;
    private final ScheduledExecutorService executor = DaemonThread.scheduler("summaries");
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private int next;

    SummaryWatch(Settings settings, Found found) {
        this.settings = settings;
        this.found = found;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a look reports its own failures
    void start() {
        executor.scheduleWithFixedDelay(
                () -> {
                    try {
                        look();
                    } catch (RuntimeException e) { // one that leaves here would end the schedule without a word
                        LOG.debug("The summaries could not be looked at this time", e);
                    }
                },
                INTERVAL.toMillis(),
                INTERVAL.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /** A look that has begun is not interrupted: it ends soon, or with the process. */
    @Override
    public void close() {
        executor.execute(() -> {
            if (consumer != null) {
                consumer.close();
            }
        });
        executor.shutdown();
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        if (consumer == null) {
            Map<String, Object> consumerSettings = settings.consumer();
            consumerSettings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
            consumerSettings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
            consumerSettings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
            consumer = new KafkaConsumer<>(consumerSettings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        }
        return consumer;
    }

    private void look() {
        KafkaConsumer<byte[], byte[]> reading = consumer();
        String topic = settings.topics().output();
        int partitions = reading.partitionsFor(topic, PATIENCE).size();
        if (partitions == 0) {
            return;
        }
        TopicPartition partition = new TopicPartition(topic, next++ % partitions);
        long end = reading.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
        reading.assign(List.of(partition));
        reading.seek(partition, Math.max(0, end - NEWEST));
        Map<ByteBuffer, Map<String, Integer>> seen = new HashMap<>();
        for (long deadline = System.nanoTime() + PATIENCE.toNanos();
                reading.position(partition) < end && System.nanoTime() < deadline; ) {
            reading.poll(PATIENCE).forEach(summary -> look(summary, seen));
        }
    }

    private void look(ConsumerRecord<byte[], byte[]> summary, Map<ByteBuffer, Map<String, Integer>> seen) {
        Header window = summary.headers().lastHeader("window.start");
        Header partition = summary.headers().lastHeader("source.partition");
        if (summary.key() != null && window != null && partition != null) { // else it is not of a processor
            int now = Integer.parseInt(new String(partition.value(), UTF_8));
            Integer before = seen.computeIfAbsent(ByteBuffer.wrap(summary.key()), none -> new HashMap<>())
                    .put(new String(window.value(), UTF_8), now);
            if (before != null && before != now) {
                found.inTwoPartitions(summary.key(), before, now);
            }
        }
    }
}
