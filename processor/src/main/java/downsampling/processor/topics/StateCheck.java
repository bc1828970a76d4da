package downsampling.processor.topics;

import static downsampling.processor.settings.TopologyKind.DSL;
import static downsampling.processor.settings.TopologyKind.EXACT;
import static downsampling.processor.topics.Cluster.get;

import downsampling.processor.settings.Settings;
import downsampling.processor.window.DslTopology;
import downsampling.service.FailedException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Guards an application's state: it goes with one topology, window and grace, one input topic, and its number of partitions. */
public final class StateCheck {
    private static final Logger LOG = LoggerFactory.getLogger(StateCheck.class);

    private static final String ANEW = "with a new --application-id (which reads its input from the start), or stop all"
            + " instances and run \"processor reset\"";

    private final Admin admin;
    private final Settings settings;

    public StateCheck(Admin admin, Settings settings) {
        this.admin = admin;
        this.settings = settings;
    }

    /**
     * The names of the topics that an application makes for itself, with both topologies and all settings; those of another
     * application, however its name begins, never match. The groups are topology, whether readings are rekeyed, window, grace,
     * whether sensors have their own stream time, levels and calendar, for those whose name has them.
     */
    public static Pattern internalTopics(String applicationId) {
        String duration = "(\\d+(?:ms|s|d))";
        return Pattern.compile(Pattern.quote(applicationId) + "-(?:(?:(" + EXACT.storePrefix() + "|" + DSL.storePrefix()
                + ")(" + Settings.REKEYED + ")?-" + duration + "-" + duration + "(" + Settings.SENSOR_TIME
                + ")?((?:-\\d+(?:ms|s|m|h|d|w|mo))*)(?:" + Settings.CALENDAR + "([a-zA-Z0-9._-]+))?|"
                + DslTopology.SUPPRESSED + "-store|"
                + Settings.REKEY_STORE + ")-changelog|" + Settings.REKEYED_TOPIC + "-repartition)");
    }

    /**
     * Looks whether the application's state, its group and the input topic go together. What is asked for here may be what
     * was done before, or what another instance does at this moment.
     *
     * @param partitions of the input topic at the start; empty at the start
     * @return why this application must not go on, in one line
     * @throws FailedException if the broker does not say
     */
    public Optional<String> obstacle(Optional<Integer> partitions) {
        Set<String> topics;
        try {
            topics = get(admin.listTopics().names());
        } catch (ExecutionException e) {
            throw Cluster.failure("cannot see what state " + settings.applicationId() + " has", e);
        }
        return otherState(topics).or(this::otherInput).or(() -> otherPartitions(topics, partitions));
    }

    /** State that was made with other settings would be left behind, or mixed, and windows lie. */
    private Optional<String> otherState(Set<String> topics) {
        Pattern changelog = internalTopics(settings.applicationId());
        String own = settings.changelog();
        Matcher wanted = changelog.matcher(own);
        if (!wanted.matches()) {
            throw new IllegalStateException(own);
        }
        for (String topic : topics) {
            Matcher made = changelog.matcher(topic);
            if (made.matches() && made.group(1) != null && !topic.equals(own)) {
                return Optional.of(String.format(
                        "the state of %s was made with %s, but the processor is now started with %s: run it with the old"
                                + " settings, or %s",
                        settings.applicationId(), asOptions(made), asOptions(wanted), ANEW));
            }
        }
        return Optional.empty();
    }

    /** The options that the name of a changelog tells of. */
    private static String asOptions(Matcher changelog) {
        return "--topology " + (DSL.storePrefix().equals(changelog.group(1)) ? "dsl" : "exact")
                + (changelog.group(2) == null ? "" : " --rekey")
                + " --window " + changelog.group(3)
                + " --grace " + changelog.group(4)
                + (changelog.group(5) == null ? "" : " --stream-time sensor")
                + (changelog.group(6).isEmpty()
                        ? ""
                        : " --rollups " + changelog.group(6).substring(1).replace('-', ','))
                + (changelog.group(7) == null
                        ? ""
                        : " --calendar " + changelog.group(7).replace('.', '/'));
    }

    /** Two inputs in one group keep each other from working, and one state cannot be that of both. */
    private Optional<String> otherInput() {
        String group = settings.applicationId();
        String input = settings.topics().input();
        Set<String> read = new TreeSet<>();
        try {
            get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                    .keySet()
                    .forEach(partition -> read.add(partition.topic()));
            get(admin.describeConsumerGroups(List.of(group)).describedGroups(), group)
                    .members()
                    .forEach(member ->
                            member.assignment().topicPartitions().forEach(partition -> read.add(partition.topic())));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupAuthorizationException) {
                throw Cluster.failure("cannot see group " + group, e);
            }
            LOG.debug("Group {} is not known", group, e);
        }
        read.removeIf(topic -> topic.equals(input) || topic.startsWith(group + "-"));
        return read.isEmpty()
                ? Optional.empty()
                : Optional.of(String.format(
                        "group %s reads topic %s, but the processor is now started with --input-topic %s: run it with the old"
                                + " one, or %s",
                        group, String.join(", ", read), input, ANEW));
    }

    /** A sensor that is in another partition than before would have two summaries for one window. */
    private Optional<String> otherPartitions(Set<String> topics, Optional<Integer> atStart) {
        Optional<Integer> made = topics.contains(settings.changelog())
                ? Cluster.partitions(admin, settings.changelog()).or(() -> atStart)
                : atStart;
        if (made.isEmpty()) {
            return Optional.empty();
        }
        String input = settings.topics().input();
        Optional<Integer> now = Cluster.partitions(admin, input);
        if (now.isEmpty()) {
            return Optional.of("topic " + input + " does not exist any more, but state of " + settings.applicationId()
                    + " does: create the topic again with " + made.get() + " partitions, and start " + ANEW);
        }
        return now.equals(made)
                ? Optional.empty()
                : Optional.of(String.format(
                        "topic %s has %d partitions, and the state of %s was made with %d: a sensor may be in another"
                                + " partition now, and its open windows would be emitted twice; go on %s",
                        input, now.get(), settings.applicationId(), made.get(), ANEW));
    }
}
