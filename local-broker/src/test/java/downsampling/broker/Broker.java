package downsampling.broker;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A running broker, with what nearly every test does with one. */
public final class Broker implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String bootstrapServers;
    private final Runnable stop;
    private final Admin admin;

    Broker(String bootstrapServers, Runnable stop) {
        this.bootstrapServers = bootstrapServers;
        this.stop = stop;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    /** A broker that the caller starts and stops, such as one with settings of its own. */
    public static Broker at(String bootstrapServers) {
        return new Broker(bootstrapServers, () -> {});
    }

    /** Where clients connect, in the form of {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Creates a topic whose name begins as given and ends at random, so that no two tests share it; returns the whole name. */
    public String newTopic(String name, int partitions) {
        return newTopic(name, partitions, Map.of());
    }

    /** Does as {@link #newTopic(String, int)}, with settings of the topic such as {@code cleanup.policy}. */
    public String newTopic(String name, int partitions, Map<String, String> config) {
        String topic = name + "-" + UUID.randomUUID();
        createTopic(topic, partitions, config);
        return topic;
    }

    /** Creates a topic and returns once it can be written to. */
    public void createTopic(String topic, int partitions, Map<String, String> config) {
        try {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(config)))
                    .all()
                    .get();
            // Until the leader of each partition answers, an idempotent producer can lose its first batch
            // (KAFKA-15591).
            for (Instant deadline = Instant.now().plus(PATIENCE); !leadersAnswer(topic, partitions); ) {
                if (Instant.now().isAfter(deadline)) {
                    throw new AssertionError(topic + " has no leaders after " + PATIENCE);
                }
            }
        } catch (Exception e) {
            throw new AssertionError("Could not create topic " + topic, e);
        }
    }

    private boolean leadersAnswer(String topic, int partitions) throws InterruptedException, ExecutionException {
        try {
            admin.listOffsets(IntStream.range(0, partitions)
                            .boxed()
                            .collect(Collectors.toMap(p -> new TopicPartition(topic, p), p -> OffsetSpec.latest())))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) { // the broker has not heard of its topic yet
                return false;
            }
            throw e;
        }
    }

    /**
     * Reads a topic from its beginning to its end, {@code read_committed}, and waits until that has at least so many records. It
     * does not stop at that number, so a test sees what came twice.
     *
     * @param count how many records to wait for
     * @return all records of the topic, in order within a partition
     * @throws AssertionError if there are fewer after a minute
     */
    public List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(p -> new TopicPartition(topic, p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Instant deadline = Instant.now().plus(PATIENCE);
            while (records.size() < count || !isAtEnd(consumer)) {
                if (Instant.now().isAfter(deadline)) {
                    throw new AssertionError(
                            "%s had %d of %d records after %s".formatted(topic, records.size(), count, PATIENCE));
                }
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    private static boolean isAtEnd(Consumer<?, ?> consumer) {
        return consumer.endOffsets(consumer.assignment()).entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    @Override
    public void close() {
        admin.close();
        stop.run();
    }
}
