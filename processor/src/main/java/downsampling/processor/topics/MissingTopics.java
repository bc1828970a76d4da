package downsampling.processor.topics;

import static downsampling.processor.topics.Cluster.get;

import downsampling.processor.settings.NewTopics;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopicNames;
import downsampling.processor.window.TopicLimits;
import downsampling.service.FailedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics that are missing, and leaves alone those that are there. A missing dead-letter topic in particular would
 * stall the partition of the first dead record without a word.
 */
public final class MissingTopics {
    private static final Logger LOG = LoggerFactory.getLogger(MissingTopics.class);

    private static final Duration LEADERS = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofMillis(100);

    private final Admin admin;
    private final NewTopics how;

    public MissingTopics(Admin admin, NewTopics how) {
        this.admin = admin;
        this.how = how;
    }

    /**
     * Returns once all topics but the application's own are there and answer.
     *
     * @return partitions of the input topic
     * @throws FailedException if a topic is missing and cannot be made
     */
    public int make(Settings settings) {
        TopicNames topics = settings.topics();
        int partitions = Cluster.partitions(admin, topics.input())
                .orElseGet(() -> create(topics.input(), how.partitions(), retention(Optional.empty())));
        Map<String, String> kept = retention(Optional.of("-1"));
        Map<String, String> keptWhole = new HashMap<>(kept);
        keptWhole.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(TopicLimits.MAX_RECORD_BYTES));
        for (String topic : settings.results()) {
            if (Cluster.partitions(admin, topic).isEmpty()) {
                create(
                        topic,
                        partitions,
                        topic.equals(topics.late()) || topic.equals(topics.dead()) ? keptWhole : kept);
            }
        }
        awaitLeaders(
                admin,
                Stream.concat(Stream.of(topics.input()), settings.results().stream())
                        .toList());
        return partitions;
    }

    private Map<String, String> retention(Optional<String> otherwise) {
        return how.retention()
                .map(retention -> String.valueOf(retention.toMillis()))
                .or(() -> otherwise)
                .map(millis -> Map.of(TopicConfig.RETENTION_MS_CONFIG, millis))
                .orElse(Map.of());
    }

    private int create(String topic, int partitions, Map<String, String> settings) {
        try {
            get(admin.createTopics(List.of(new NewTopic(topic, partitions, how.replication()).configs(settings)))
                    .all());
            LOG.info("Created topic {} with {} partitions", topic, partitions);
            return partitions;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) { // another instance was quicker
                return Cluster.partitions(admin, topic).orElse(partitions);
            }
            throw Cluster.failure("topic " + topic + " is missing and cannot be created", e);
        }
    }

    /**
     * A topic just made is there when the leader of each partition answers: of an idempotent producer's first batches the first
     * can get lost on one that has not taken over yet (KAFKA-15591).
     *
     * @throws FailedException if they do not
     */
    public static void awaitLeaders(Admin admin, List<String> topics) {
        for (long deadline = System.nanoTime() + LEADERS.toNanos(); ; LockSupport.parkNanos(RETRY.toNanos())) {
            try {
                get(admin.listOffsets(ends(admin, topics)).all());
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException) || System.nanoTime() - deadline >= 0) {
                    throw Cluster.failure("topics " + topics + " do not answer", e);
                }
            }
        }
    }

    private static Map<TopicPartition, OffsetSpec> ends(Admin admin, List<String> topics) {
        return topics.stream()
                .flatMap(topic -> IntStream.range(
                                0, Cluster.partitions(admin, topic).orElse(1))
                        .mapToObj(partition -> new TopicPartition(topic, partition)))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
    }
}
