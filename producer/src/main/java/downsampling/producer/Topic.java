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
 * The topic the readings go to, and how it is made when it is missing. One that is there is left as it is.
 *
 * @param name of the topic
 * @param partitions at least 1
 * @param replication copies of each partition, at least 1, or null for the broker's default
 * @param retention how long the broker keeps records, at least 1 ms, or null for the broker's default
 */
record Topic(String name, int partitions, Short replication, Duration retention) {

    /** Long enough for a slow broker, far away. */
    private static final int ATTEMPT_MS = 5_000;

    private static final int BETWEEN_ATTEMPTS_MS = 500;

    /**
     * Checks itself.
     *
     * @throws IllegalArgumentException in one line: name, value, what is allowed
     */
    Topic {
        if (!name.matches("[a-zA-Z0-9._-]{1,249}") || name.equals(".") || name.equals("..")) {
            throw new InvalidSettingException(
                    "--topic", name, "a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'");
        }
        if (partitions < 1) {
            throw new InvalidSettingException("--partitions", partitions, "a number from 1");
        }
        if (replication != null && replication < 1) {
            throw new InvalidSettingException("--replication", replication, "a number from 1");
        }
        if (retention != null && retention.toMillis() < 1) {
            throw new InvalidSettingException("--retention", Durations.format(retention), "a duration from 1ms");
        }
    }

    /**
     * Sees that the topic is there, and waits for a broker that is not there yet.
     *
     * @param wait how long to wait for a broker
     * @param stop ends the waiting when it is counted down
     * @param notes is told in a line what is waited for and what was made
     * @return whether the topic is there; false only when stopped
     * @throws KafkaException in one line, when there is no broker in time, or no right to make the topic
     */
    boolean ensure(Map<String, Object> adminSettings, Duration wait, CountDownLatch stop, Consumer<String> notes)
            throws InterruptedException {
        try (Admin admin = BrokerConnection.open(adminSettings, wait, false, stop)) {
            for (long deadline = System.nanoTime() + wait.toNanos(); admin != null && stop.getCount() > 0; ) {
                try {
                    describeOrCreate(admin, ATTEMPT_MS, notes);
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
     * One attempt. The topic is there when the leader of each partition answers for it: of an idempotent producer's first
     * batches, of which several are under way at once, the first is lost for good if a leader that has not taken over yet
     * refuses it and then takes the second (KAFKA-15591).
     */
    private void describeOrCreate(Admin admin, int timeoutMs, Consumer<String> notes) throws InterruptedException {
        int count;
        try {
            count = get(admin.describeTopics(List.of(name), new DescribeTopicsOptions().timeoutMs(timeoutMs))
                            .allTopicNames())
                    .get(name)
                    .partitions()
                    .size();
        } catch (UnknownTopicOrPartitionException missing) {
            create(admin, timeoutMs, notes);
            count = partitions;
        } catch (AuthorizationException e) {
            throw new KafkaException("no right to describe topic " + name + ": " + e.getMessage(), e);
        }
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int partition = 0; partition < count; partition++) {
            ends.put(new TopicPartition(name, partition), OffsetSpec.latest());
        }
        get(admin.listOffsets(ends, new ListOffsetsOptions().timeoutMs(timeoutMs))
                .all());
    }

    private void create(Admin admin, int timeoutMs, Consumer<String> notes) throws InterruptedException {
        NewTopic topic = new NewTopic(name, Optional.of(partitions), Optional.ofNullable(replication));
        if (retention != null) {
            topic.configs(Map.of(TopicConfig.RETENTION_MS_CONFIG, Long.toString(retention.toMillis())));
        }
        try {
            get(admin.createTopics(List.of(topic), new CreateTopicsOptions().timeoutMs(timeoutMs))
                    .all());
            notes.accept("created topic " + name + " with " + partitions + " partitions");
        } catch (TopicExistsException e) {
            // Another program was faster; its topic is as good.
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
