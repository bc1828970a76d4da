package downsampling.processor.topics;

import static java.util.Objects.requireNonNull;

import downsampling.processor.settings.Settings;
import downsampling.service.BrokerConnection;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.KafkaSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is asked of the broker by an admin client, with failures in one line. */
public final class Cluster {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    private Cluster() {}

    /**
     * Waits for the broker as long as the settings say.
     *
     * @throws FailedException if there is no answer within that time, or a refusal
     */
    public static Admin connect(Settings settings) {
        return BrokerConnection.open(
                KafkaSettings.forAdmin(settings.kafka()),
                settings.patience(),
                settings.processing().isExactlyOnce());
    }

    /** How many partitions a topic has; empty if there is no such topic. */
    static Optional<Integer> partitions(Admin admin, String topic) {
        try {
            return Optional.of(get(admin.describeTopics(List.of(topic)).topicNameValues(), topic)
                    .partitions()
                    .size());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw failure("cannot see topic " + topic, e);
        }
    }

    /** A topic's settings; none where this program may not read them: then the broker's word comes later. */
    static Config settings(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            return get(admin.describeConfigs(List.of(resource)).values(), resource);
        } catch (ExecutionException e) {
            LOG.debug("Settings of topic {} cannot be read", topic, e);
            return new Config(List.of());
        }
    }

    static FailedException failure(String what, ExecutionException e) {
        Throwable cause = requireNonNull(e.getCause());
        String why = cause instanceof AuthorizationException
                ? "no right to (" + cause.getMessage() + ")"
                : ErrorLine.of(cause);
        return new FailedException(what + ": " + why, cause);
    }

    /** {@link #get(KafkaFuture)} of an answer about one thing of those that were asked for. */
    public static <K, T> T get(Map<K, KafkaFuture<T>> answers, K asked) throws ExecutionException {
        return get(requireNonNull(answers.get(asked)));
    }

    /**
     * Waits for an answer.
     *
     * @throws FailedException if the thread is interrupted meanwhile
     */
    public static <T> T get(KafkaFuture<T> future) throws ExecutionException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted", e);
        }
    }
}
