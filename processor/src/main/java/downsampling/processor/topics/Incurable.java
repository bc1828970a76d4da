package downsampling.processor.topics;

import downsampling.processor.settings.Settings;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigException;
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
public final class Incurable {
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
    public static Optional<String> reason(Throwable thrown, Settings settings) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            Throwable one = cause;
            if (cause instanceof FailedException) { // this program's own word, which says what to do
                return Optional.ofNullable(cause.getMessage());
            }
            if (KINDS.stream().anyMatch(kind -> kind.isInstance(one))
                    || String.valueOf(one.getMessage()).startsWith(NEIGHBOUR)) {
                return Optional.of(say(cause, thrown, settings));
            }
        }
        return Optional.empty();
    }

    private static String say(Throwable cause, Throwable thrown, Settings settings) {
        if (cause instanceof TopicAuthorizationException e
                && !e.unauthorizedTopics().isEmpty()) {
            return e.unauthorizedTopics().stream()
                    .sorted()
                    .map(topic -> Rights.missing(Rights.needed(topic, settings), "topic " + topic))
                    .collect(Collectors.joining("; "));
        }
        if (cause instanceof GroupAuthorizationException) {
            return Rights.missing(List.of(AclOperation.READ), "group " + settings.applicationId());
        }
        if (cause instanceof TransactionalIdAuthorizationException) {
            return Rights.missing(
                    List.of(AclOperation.WRITE, AclOperation.DESCRIBE),
                    "the transactional ids that begin with " + settings.applicationId());
        }
        if (cause instanceof ClusterAuthorizationException) {
            return "no right on the cluster: expected IDEMPOTENT_WRITE, and CREATE for topics that are missing ("
                    + cause.getMessage() + ")";
        }
        if (cause instanceof UnsupportedVersionException) {
            return "the broker is too old (" + cause.getMessage()
                    + "): expected Kafka 2.5 or newer, or 2.1 with --guarantee=at_least_once";
        }
        return ErrorLine.of(thrown);
    }
}
