package downsampling.processor.topics;

import static downsampling.processor.topics.Cluster.get;

import downsampling.processor.settings.Settings;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which rights on topics and group are needed, and which are missing, in the words in which Kafka's rules are written. */
public final class Rights {
    private static final Logger LOG = LoggerFactory.getLogger(Rights.class);

    private Rights() {}

    /**
     * Sees that the processor may do what it is going to do, as far as the broker says so beforehand.
     *
     * @throws FailedException if a right is missing
     */
    public static void check(Admin admin, Settings settings) {
        Stream.of(Stream.of(settings.topics().input()), settings.results().stream(), settings.internalTopics().stream())
                .flatMap(topics -> topics)
                .forEach(topic -> checkTopic(admin, topic, needed(topic, settings)));
        String group = settings.applicationId();
        try {
            require(
                    get(
                                    admin.describeConsumerGroups(
                                                    List.of(group),
                                                    new DescribeConsumerGroupsOptions()
                                                            .includeAuthorizedOperations(true))
                                            .describedGroups(),
                                    group)
                            .authorizedOperations(),
                    List.of(AclOperation.READ),
                    "group " + group);
        } catch (ExecutionException e) {
            LOG.debug("Rights on group {} are not known", group, e);
        }
    }

    private static void checkTopic(Admin admin, String topic, List<AclOperation> needed) {
        try {
            require(
                    get(
                                    admin.describeTopics(
                                                    List.of(topic),
                                                    new DescribeTopicsOptions().includeAuthorizedOperations(true))
                                            .topicNameValues(),
                                    topic)
                            .authorizedOperations(),
                    needed,
                    "topic " + topic);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) { // a changelog that is not made yet
                throw Cluster.failure("cannot see topic " + topic, e);
            }
        }
    }

    private static void require(@Nullable Set<AclOperation> has, List<AclOperation> needed, String resource) {
        if (has == null || has.isEmpty()) { // a broker that does not say
            return;
        }
        Set<AclOperation> missing = new TreeSet<>(needed);
        missing.remove(AclOperation.CREATE); // it is there
        missing.removeAll(has);
        if (!missing.isEmpty() && !has.contains(AclOperation.ALL)) {
            throw new FailedException(missing(missing, resource));
        }
    }

    /** What the processor does with a topic. */
    static List<AclOperation> needed(String topic, Settings settings) {
        if (topic.equals(settings.topics().input())) {
            return List.of(AclOperation.READ);
        }
        if (topic.equals(settings.windowedTopic())) { // of which Kafka Streams deletes what has been read
            return List.of(AclOperation.CREATE, AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE);
        }
        return settings.internalTopics().contains(topic) // there may be none yet
                ? List.of(AclOperation.CREATE, AclOperation.READ, AclOperation.WRITE)
                : List.of(AclOperation.WRITE);
    }

    /** In one line, which right is missing for a command that does the same with all topics that it asks for. */
    public static String missing(
            AuthorizationException e, AclOperation onTopics, Collection<AclOperation> onGroup, Settings settings) {
        if (e instanceof TopicAuthorizationException topics
                && !topics.unauthorizedTopics().isEmpty()) {
            return topics.unauthorizedTopics().stream()
                    .sorted()
                    .map(topic -> missing(List.of(onTopics), "topic " + topic))
                    .collect(Collectors.joining("; "));
        }
        return e instanceof GroupAuthorizationException
                ? missing(onGroup, "group " + settings.applicationId())
                : ErrorLine.of(e);
    }

    /** In one line, which rights are missing. */
    public static String missing(Collection<AclOperation> operations, String resource) {
        return "no right on " + resource + ": expected "
                + new TreeSet<>(operations).stream().map(AclOperation::name).collect(Collectors.joining(" and "));
    }
}
