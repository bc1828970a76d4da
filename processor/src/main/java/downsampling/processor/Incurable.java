package downsampling.processor;

import downsampling.service.FailedException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupMaxSizeReachedException;
import org.apache.kafka.common.errors.InconsistentGroupProtocolException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidGroupIdException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidSessionTimeoutException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTxnTimeoutException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Failures that come again however often one tries: of rights, logins, versions and settings. A person has to act first. */
final class Incurable {
    /** The first is also the parent of those for rights, logins, versions and names of topics. */
    private static final List<Class<? extends Exception>> KINDS = List.of(
            InvalidConfigurationException.class,
            ConfigException.class,
            GroupMaxSizeReachedException.class,
            InconsistentGroupProtocolException.class,
            InvalidGroupIdException.class,
            InvalidPartitionsException.class,
            InvalidRecordException.class,
            InvalidSessionTimeoutException.class,
            InvalidTimestampException.class,
            InvalidTxnTimeoutException.class,
            PolicyViolationException.class,
            RecordTooLargeException.class,
            SecurityDisabledException.class,
            UnsupportedCompressionTypeException.class);

    /** What Kafka says, by no class of its own, of a record that was sent together with one that was refused. */
    private static final String NEIGHBOUR = "Failed to append record because it was part of a batch";

    private Incurable() {}

    /** What has to be changed, in one line, if that is so. */
    static Optional<String> reason(Throwable thrown, Config config) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            Throwable one = cause;
            if (cause instanceof FailedException) { // this program's own word, which says what to do
                return Optional.of(cause.getMessage());
            }
            if (KINDS.stream().anyMatch(kind -> kind.isInstance(one))
                    || String.valueOf(one.getMessage()).startsWith(NEIGHBOUR)) {
                return Optional.of(say(cause, thrown, config));
            }
        }
        return Optional.empty();
    }

    private static String say(Throwable cause, Throwable thrown, Config config) {
        if (cause instanceof TopicAuthorizationException e
                && !e.unauthorizedTopics().isEmpty()) {
            return e.unauthorizedTopics().stream()
                    .sorted()
                    .map(topic -> noRight(operations(topic, config), "topic " + topic))
                    .collect(Collectors.joining("; "));
        }
        if (cause instanceof GroupAuthorizationException) {
            return noRight(List.of(AclOperation.READ), "group " + config.applicationId());
        }
        if (cause instanceof TransactionalIdAuthorizationException) {
            return noRight(
                    List.of(AclOperation.WRITE, AclOperation.DESCRIBE),
                    "the transactional ids that begin with " + config.applicationId());
        }
        if (cause instanceof ClusterAuthorizationException) {
            return "no right on the cluster: expected IDEMPOTENT_WRITE, and CREATE for topics that are missing ("
                    + cause.getMessage() + ")";
        }
        if (cause instanceof UnsupportedVersionException) {
            return "the broker is too old (" + cause.getMessage()
                    + "): expected Kafka 2.5 or newer, or 2.1 with --guarantee=" + "at_least_once";
        }
        return why(thrown);
    }

    /** What this program does with a topic. */
    static List<AclOperation> operations(String topic, Config config) {
        if (topic.equals(config.inputTopic())) {
            return List.of(AclOperation.READ);
        }
        return topic.startsWith(config.applicationId() + "-") // a changelog, of which it may be that there is none yet
                ? List.of(AclOperation.CREATE, AclOperation.READ, AclOperation.WRITE)
                : List.of(AclOperation.WRITE);
    }

    /** Which right is missing for a command that does the same with all topics that it asks for. */
    static String noRight(
            AuthorizationException e, AclOperation onTopics, Collection<AclOperation> onGroup, Config config) {
        if (e instanceof TopicAuthorizationException topics
                && !topics.unauthorizedTopics().isEmpty()) {
            return topics.unauthorizedTopics().stream()
                    .sorted()
                    .map(topic -> noRight(List.of(onTopics), "topic " + topic))
                    .collect(Collectors.joining("; "));
        }
        return e instanceof GroupAuthorizationException ? noRight(onGroup, "group " + config.applicationId()) : why(e);
    }

    /** In the words of Kafka's own tools, as its rules are written with them. */
    static String noRight(Collection<AclOperation> operations, String resource) {
        return "no right on " + resource + ": expected "
                + new TreeSet<>(operations).stream().map(AclOperation::name).collect(Collectors.joining(" and "));
    }

    /** The first line of what happened, and what was at the bottom of it where that is not said already. */
    static String why(Throwable thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = firstLine(thrown);
        String reason = firstLine(root);
        return message.contains(reason) ? message : message + ": " + reason;
    }

    private static String firstLine(Throwable thrown) {
        String message = thrown.getMessage() == null ? thrown.getClass().getSimpleName() : thrown.getMessage();
        return message.lines().findFirst().orElse("").strip();
    }
}
