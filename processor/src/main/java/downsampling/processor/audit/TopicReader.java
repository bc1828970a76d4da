package downsampling.processor.audit;

import downsampling.processor.settings.Settings;
import downsampling.service.Durations;
import downsampling.service.FailedException;
import downsampling.service.Terminal;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads partitions from their begin to the end that was looked up, and shows on a terminal how far it is. */
final class TopicReader implements AutoCloseable {
    private final Settings settings;
    private final Ends ends;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final boolean watched = Terminal.showsErrors();
    private final long all;
    private long before;
    private Set<TopicPartition> open = new HashSet<>();
    private long lastRecord = System.nanoTime();
    private long lastShown = System.nanoTime();

    TopicReader(Ends ends, Settings settings) {
        this.settings = settings;
        this.ends = ends;
        all = ends.end().keySet().stream().mapToLong(this::length).sum();
        Map<String, Object> consumerSettings = settings.consumer();
        consumerSettings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consumerSettings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        consumerSettings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumerSettings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1000);
        consumerSettings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20); // 50 MB by default
        consumer = new KafkaConsumer<>(consumerSettings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private long length(TopicPartition partition) {
        return Ends.at(ends.end(), partition) - Ends.at(ends.begin(), partition);
    }

    void assign(Set<TopicPartition> partitions) {
        before += consumer.assignment().stream().mapToLong(this::length).sum();
        consumer.assign(partitions);
        partitions.forEach(partition -> consumer.seek(partition, Ends.at(ends.begin(), partition)));
        open = new HashSet<>(partitions);
        open.removeIf(partition -> length(partition) == 0);
    }

    boolean isDone() {
        return open.isEmpty();
    }

    boolean isDone(TopicPartition partition) {
        return !open.contains(partition);
    }

    boolean isEmpty(TopicPartition partition) {
        return length(partition) == 0;
    }

    boolean isCut(TopicPartition partition) {
        return Ends.at(ends.begin(), partition) > 0;
    }

    boolean isSure(ConsumerRecord<?, ?> record) {
        return record.offset() < Ends.at(ends.sure(), new TopicPartition(record.topic(), record.partition()));
    }

    /** @throws FailedException if nothing comes for so long that the broker must be gone */
    void poll(Set<TopicPartition> held, Consumer<ConsumerRecord<byte[], byte[]>> consume) {
        Set<TopicPartition> resumed = new HashSet<>(open);
        resumed.removeAll(held);
        Set<TopicPartition> paused = new HashSet<>(consumer.assignment());
        paused.removeAll(resumed);
        consumer.resume(resumed);
        consumer.pause(paused);
        if (resumed.isEmpty()) {
            return;
        }
        Map<TopicPartition, Long> from = positions(resumed);
        consumer.poll(Duration.ofMillis(100)).forEach(record -> {
            if (record.offset() < Ends.at(ends.end(), new TopicPartition(record.topic(), record.partition()))) {
                consume.accept(record);
            }
        });
        Map<TopicPartition, Long> to = positions(resumed);
        open.removeIf(partition -> to.getOrDefault(partition, -1L) >= Ends.at(ends.end(), partition));
        long now = System.nanoTime();
        if (!to.equals(from)) {
            lastRecord = now;
        } else if (now - lastRecord > settings.patience().toNanos()) {
            throw new FailedException("no answer from broker "
                    + settings.kafka().get(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG) + " within "
                    + Durations.format(settings.patience()));
        }
        if (watched && now - lastShown > 500_000_000) {
            long read = before
                    + positions(consumer.assignment()).entrySet().stream()
                            .mapToLong(entry -> entry.getValue() - Ends.at(ends.begin(), entry.getKey()))
                            .sum();
            System.err.printf("\r\033[Kread %,d of %,d records", Math.min(read, all), all);
            lastShown = now;
        }
    }

    private Map<TopicPartition, Long> positions(Set<TopicPartition> partitions) {
        return partitions.stream().collect(Collectors.toMap(Function.identity(), consumer::position));
    }

    @Override
    public void close() {
        if (watched) {
            System.err.print("\r\033[K");
        }
        consumer.close();
    }
}
