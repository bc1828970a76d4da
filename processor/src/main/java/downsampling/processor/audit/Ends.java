package downsampling.processor.audit;

import static java.util.Objects.requireNonNull;

import downsampling.processor.settings.Settings;
import downsampling.processor.topics.Cluster;
import downsampling.service.Durations;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * From where to where the topics are read, looked up while the processor may be running.
 *
 * @param begin     of each partition of the topics: the oldest record that retention has left; of one of the topic in between,
 *     where readings are rekeyed: the first that was not processed before {@code end}
 * @param sure      of each output partition: what had been committed before {@code processed} was looked up
 * @param processed of each input partition: all before this has its results before {@code end}
 * @param reached   of each input partition: nothing from this on has results before {@code end}
 * @param end       of each partition of the topics, and of those of the topic in between
 * @param unread    of input partitions: what lies between this and {@code begin} was deleted before it was processed
 */
record Ends(
        Map<TopicPartition, Long> begin,
        Map<TopicPartition, Long> sure,
        Map<TopicPartition, Long> processed,
        Map<TopicPartition, Long> reached,
        Map<TopicPartition, Long> end,
        Map<TopicPartition, Long> unread) {

    /** The order makes it right: each step may only be taken when the one before it is done. */
    static Ends lookUp(Admin admin, Settings settings) throws InterruptedException {
        Set<TopicPartition> input = partitions(admin, settings.topics().input());
        Set<TopicPartition> output = settings.results().stream()
                .flatMap(topic -> partitions(admin, topic).stream())
                .collect(Collectors.toSet());
        Map<TopicPartition, Long> sure = offsets(admin, output, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
        Map<TopicPartition, Long> processed = committed(settings, input);
        Map<TopicPartition, Long> between = settings.readings().rekey()
                ? written(admin, partitions(admin, settings.windowedTopic()), settings)
                : Map.of();
        Map<TopicPartition, Long> rekeyed = committed(settings, between.keySet());
        Map<TopicPartition, Long> end = written(admin, output, settings);
        Map<TopicPartition, Long> reached = committed(settings, input);
        end.putAll(offsets(admin, input, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED));
        Set<TopicPartition> all = end.keySet();
        Map<TopicPartition, Long> begin = offsets(admin, all, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
        if (reached.isEmpty() && output.stream().anyMatch(partition -> at(end, partition) > at(begin, partition))) {
            throw new FailedException("group " + settings.applicationId() + " has processed nothing of topic "
                    + settings.topics().input() + ", but there are results: is --application-id the processor's?");
        }
        // Once more, since the processor may have read meanwhile what has been deleted meanwhile.
        Map<TopicPartition, Long> unread =
                isBehind(reached, begin) ? committed(settings, input) : new HashMap<>(reached);
        unread.entrySet().removeIf(entry -> entry.getValue() >= at(begin, entry.getKey()));
        end.putAll(between);
        // What was read of the topic in between is deleted there, sooner or later.
        begin.putAll(offsets(admin, between.keySet(), OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED));
        rekeyed.forEach((partition, offset) -> begin.merge(partition, offset, Math::max));
        between.forEach((partition, offset) -> begin.merge(partition, offset, Math::min));
        return new Ends(begin, sure, processed, reached, end, unread);
    }

    /** An offset of a partition that was looked up. */
    static long at(Map<TopicPartition, Long> offsets, TopicPartition partition) {
        return requireNonNull(offsets.get(partition));
    }

    private static boolean isBehind(Map<TopicPartition, Long> offsets, Map<TopicPartition, Long> begin) {
        return offsets.entrySet().stream().anyMatch(entry -> entry.getValue() < at(begin, entry.getKey()));
    }

    /**
     * The ends of partitions once all that has been written to them can be read. Records are written before the offsets of what
     * they were made from are committed, but visible a little later than those: a commit reaches each partition by itself.
     */
    private static Map<TopicPartition, Long> written(Admin admin, Set<TopicPartition> partitions, Settings settings)
            throws InterruptedException {
        Map<TopicPartition, Long> written =
                offsets(admin, partitions, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
        for (long deadline = System.nanoTime() + settings.patience().toNanos(); ; Thread.sleep(50)) {
            Map<TopicPartition, Long> end =
                    offsets(admin, partitions, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
            if (reaches(end, written)) {
                return end;
            }
            if (System.nanoTime() - deadline >= 0) {
                throw new FailedException("a transaction has been open in one of the topics for longer than "
                        + Durations.format(settings.patience()) + "; what comes after it cannot be read");
            }
        }
    }

    private static boolean reaches(Map<TopicPartition, Long> end, Map<TopicPartition, Long> written) {
        return written.entrySet().stream().allMatch(entry -> at(end, entry.getKey()) >= entry.getValue());
    }

    private static Set<TopicPartition> partitions(Admin admin, String topic) {
        TopicDescription description;
        try {
            description = get(
                    requireNonNull(admin.describeTopics(List.of(topic))
                            .topicNameValues()
                            .get(topic)),
                    "topic " + topic);
        } catch (TopicAuthorizationException e) { // which does not say of which topic
            throw new TopicAuthorizationException(Set.of(topic));
        }
        return description.partitions().stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .collect(Collectors.toSet());
    }

    private static Map<TopicPartition, Long> offsets(
            Admin admin, Collection<TopicPartition> partitions, OffsetSpec which, IsolationLevel isolation) {
        Map<TopicPartition, OffsetSpec> wanted =
                partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which));
        return get(admin.listOffsets(wanted, new ListOffsetsOptions(isolation)).all(), "offsets").entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    /**
     * What the processor's group has committed, once no transaction is about to move it. By a consumer, which waits for
     * that; the admin client leaves out what is not stable.
     */
    private static Map<TopicPartition, Long> committed(Settings settings, Set<TopicPartition> input) {
        Map<String, Object> consumerSettings = settings.consumer();
        consumerSettings.put(ConsumerConfig.GROUP_ID_CONFIG, settings.applicationId());
        consumerSettings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        Map<TopicPartition, Long> committed = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(consumerSettings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.committed(input, settings.patience()).forEach((partition, offset) -> {
                if (offset != null) {
                    committed.put(partition, offset.offset());
                }
            });
        }
        return committed;
    }

    private static <T> T get(KafkaFuture<T> future, String what) {
        try {
            return Cluster.get(future);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException right) {
                throw right;
            }
            String why = e.getCause() instanceof UnknownTopicOrPartitionException
                    ? "does not exist"
                    : ErrorLine.of(requireNonNull(e.getCause()));
            throw new FailedException(what + ": " + why, e);
        }
    }
}
