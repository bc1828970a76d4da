package downsampling.producer;

import downsampling.service.BrokerConnection;
import downsampling.service.Durations;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The topic that readings go to, and how it is created when it is missing. A topic that exists is left as it is.
 *
 * @param partitions at least 1
 * @param replication copies of each partition, at least 1; empty for the broker's default
 * @param retention how long the broker keeps records, at least 1 ms; empty for the broker's default
 */
record Topic(String name, int partitions, Optional<Short> replication, Optional<Duration> retention) {

    /** Long enough for a slow broker that is far away. */
    private static final int ATTEMPT_MS = 5_000;

    private static final int BETWEEN_ATTEMPTS_MS = 500;

    /** @throws InvalidSettingException in one line: name, value, what is allowed */
    Topic {
        if (!name.matches("[a-zA-Z0-9._-]{1,249}") || name.equals(".") || name.equals("..")) {
            throw new InvalidSettingException(
                    "--topic", name, "a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'");
        }
        if (partitions < 1) {
            throw new InvalidSettingException("--partitions", partitions, "a number from 1");
        }
        replication.filter(copies -> copies < 1).ifPresent(copies -> {
            throw new InvalidSettingException("--replication", copies, "a number from 1");
        });
        retention.filter(time -> time.toMillis() < 1).ifPresent(time -> {
            throw new InvalidSettingException("--retention", Durations.format(time), "a duration from 1ms");
        });
    }

    /**
     * Waits for a broker, and creates the topic if it is missing.
     *
     * @param stop ends the waiting when it is counted down
     * @param notes receives a line when the topic was created
     * @return whether the topic can be used; false only after a stop
     * @throws KafkaException if the topic may not be described or created
     * @throws FailedException if there is no broker in time, or no leader of each partition
     */
    boolean awaitOrCreate(KafkaConnection kafka, CountDownLatch stop, Consumer<String> notes)
            throws InterruptedException {
        Duration patience = kafka.patience();
        try (Admin admin = BrokerConnection.open(kafka.adminSettings(), patience, false, stop)) {
            for (long deadline = System.nanoTime() + patience.toNanos(); admin != null && stop.getCount() > 0; ) {
                try {
                    describeOrCreate(admin, notes);
                    return true;
                } catch (RetriableException e) {
                    if (System.nanoTime() - deadline >= 0) {
                        throw new FailedException("topic " + name + " cannot be used", e);
                    }
                }
                stop.await(BETWEEN_ATTEMPTS_MS, TimeUnit.MILLISECONDS);
            }
        }
        return false;
    }

    /**
     * One attempt. The topic can be used when the leader of each partition answers. An idempotent producer has several batches
     * under way at once: if a leader that has not taken over yet refuses the first and then accepts the second, the first is lost
     * for good (KAFKA-15591).
     */
    private void describeOrCreate(Admin admin, Consumer<String> notes) throws InterruptedException {
        int count;
        try {
            count = get(admin.describeTopics(List.of(name), new DescribeTopicsOptions().timeoutMs(ATTEMPT_MS))
                            .allTopicNames())
                    .values()
                    .iterator()
                    .next()
                    .partitions()
                    .size();
        } catch (UnknownTopicOrPartitionException missing) {
            create(admin, notes);
            count = partitions;
        } catch (AuthorizationException e) {
            throw new KafkaException("no right to describe topic " + name + ": " + e.getMessage(), e);
        }
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int partition = 0; partition < count; partition++) {
            ends.put(new TopicPartition(name, partition), OffsetSpec.latest());
        }
        get(admin.listOffsets(ends, new ListOffsetsOptions().timeoutMs(ATTEMPT_MS))
                .all());
    }

    private void create(Admin admin, Consumer<String> notes) throws InterruptedException {
        NewTopic topic = new NewTopic(name, Optional.of(partitions), replication);
        retention.ifPresent(
                time -> topic.configs(Map.of(TopicConfig.RETENTION_MS_CONFIG, Long.toString(time.toMillis()))));
        try {
            get(admin.createTopics(List.of(topic), new CreateTopicsOptions().timeoutMs(ATTEMPT_MS))
                    .all());
            notes.accept("Created topic " + name + " with " + partitions + " partitions");
        } catch (TopicExistsException e) {
            // Another program was faster, and its topic is as good.
        } catch (AuthorizationException e) {
            throw new KafkaException("topic " + name + " is missing, and there is no right to create it", e);
        }
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        }
    }
}
