package downsampling.processor;

import static downsampling.processor.topics.Cluster.get;
import static java.util.Objects.requireNonNull;

import downsampling.processor.reading.EventTime;
import downsampling.processor.settings.Settings;
import downsampling.processor.topics.Cluster;
import downsampling.processor.topics.Rights;
import downsampling.processor.topics.StateCheck;
import downsampling.service.Durations;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import downsampling.service.SaidEachTime;
import downsampling.service.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * Has an application begin anew: takes away its offsets and its state, and nothing else. In this order: with state and no
 * offsets the processor goes on where the state stands, while offsets without state would lose what is in open windows. So it
 * may be interrupted anywhere, and run again.
 */
@Command(
        name = "reset",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Deletes the offsets and the state of the application, with its open windows, so that it begins anew."
                    + " All of its instances have to be stopped.",
            "Readings and results stay where they are. Readings that are read again give results again, so delete the topics"
                    + " with results before the next start, or name others."
        },
        footer = {"", "Exit codes: 0 done, 1 failed or not confirmed, 2 wrong usage."})
final class Reset implements Callable<Integer>, SaidEachTime {
    @ParentCommand
    private Supplier<Settings> processor;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(
            names = "--to",
            paramLabel = "PLACE",
            defaultValue = "earliest",
            description = {
                "where the next start begins to read: earliest, latest, or the first record with a timestamp at or after a time",
                "such as 2025-01-01T12:00:00Z (default: ${DEFAULT-VALUE})"
            })
    private String to;

    @Option(names = "--yes", description = "reset without asking for confirmation")
    private boolean yes;

    @Option(names = "--dry-run", description = "print what would be done, and change nothing")
    private boolean dryRun;

    private Settings settings;
    private Admin admin;

    /**
     * What there is to reset.
     *
     * @param group      whether the broker knows the group
     * @param topics     that the application has made for itself
     * @param folder     with state of this machine, null if there is none
     */
    private record Found(
            boolean group, Set<String> topics, @Nullable Path folder) {
        boolean nothing() {
            return !group && topics.isEmpty() && folder == null;
        }
    }

    @Override
    public Integer call() throws Exception {
        settings = processor.get();
        OffsetSpec place = place();
        if (!yes && !dryRun && !Terminal.canBeAsked()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "standard input is no terminal to ask on: expected --yes or --dry-run");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (Admin connected = Cluster.connect(settings)) {
            admin = connected;
            Found found = find();
            if (found.nothing()) {
                throw new FailedException("application " + settings.applicationId()
                        + " has no offsets and no state: is it the right --application-id?");
            }
            describe(out, found);
            if (dryRun) {
                out.println("Nothing was changed.");
                return CommandLine.ExitCode.OK;
            }
            if (!yes && !confirmed(out)) {
                out.println("Nothing was changed.");
                return CommandLine.ExitCode.SOFTWARE;
            }
            moveOffsets(out, found, place);
            deleteTopics(out, found.topics);
            deleteFolder(out, found.folder);
            out.println("Done.");
            return CommandLine.ExitCode.OK;
        } catch (ExecutionException e) {
            String why = isActive(e.getCause())
                    ? "an instance of it has been started"
                    : e.getCause() instanceof AuthorizationException right
                            ? Rights.missing(
                                    right,
                                    AclOperation.READ,
                                    List.of(
                                            AclOperation.DESCRIBE,
                                            to.equals("earliest") ? AclOperation.DELETE : AclOperation.READ),
                                    settings)
                            : ErrorLine.of(requireNonNull(e.getCause()));
            throw new FailedException("cannot reset " + settings.applicationId() + ": " + why);
        } finally {
            out.flush();
        }
    }

    private OffsetSpec place() {
        return switch (to) {
            case "earliest" -> OffsetSpec.earliest();
            case "latest" -> OffsetSpec.latest();
            default -> {
                try {
                    yield OffsetSpec.forTimestamp(
                            EventTime.parse(to, settings.readings().zone()));
                } catch (DateTimeException | ArithmeticException e) {
                    throw new InvalidSettingException(
                            "--to", to, "earliest, latest, or a time such as 2025-01-01T12:00:00Z");
                }
            }
        };
    }

    /** @throws FailedException if an instance runs */
    private Found find() throws ExecutionException {
        boolean known = true;
        try {
            ConsumerGroupDescription group = get(
                    admin.describeConsumerGroups(List.of(settings.applicationId()))
                            .describedGroups(),
                    settings.applicationId());
            if (!group.members().isEmpty()) {
                throw new FailedException(String.format(
                        "%d instances or threads of %s are running: expected none (one that was killed counts for as long as"
                                + " its session, 6 s by default)",
                        group.members().size(), settings.applicationId()));
            }
            known = group.groupState() != GroupState.DEAD; // so older brokers say that there is none
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw e;
            }
            known = false;
        }
        Pattern internal = StateCheck.internalTopics(settings.applicationId());
        Set<String> topics = new TreeSet<>(get(admin.listTopics().names()));
        topics.removeIf(topic -> !internal.matcher(topic).matches());
        return new Found(known, topics, folder());
    }

    /** Kafka Streams makes one for each application in {@code --state-dir}. */
    private @Nullable Path folder() {
        Path folder = Path.of(settings.state().dir())
                .resolve(settings.applicationId())
                .toAbsolutePath();
        boolean inside = folder.normalize().equals(folder) // an id may be anything, such as ..
                && Path.of(settings.state().dir()).toAbsolutePath().equals(folder.getParent());
        return inside && Files.isDirectory(folder) ? folder : null;
    }

    private void describe(PrintWriter out, Found found) {
        out.println("Reset of " + settings.applicationId() + ":");
        out.println("  offsets  group " + settings.applicationId()
                + (to.equals("earliest")
                        ? found.group
                                ? " is deleted: reading begins at the start of "
                                : " has none: reading begins at the start of "
                        : " is set to " + to + " of ")
                + settings.topics().input());
        found.topics.forEach(topic -> out.println("  state    topic " + topic + " is deleted"));
        if (found.folder != null) {
            out.println("  state    folder " + found.folder + " is deleted");
        }
        out.printf(
                "Open windows are lost. Results in %s stay where they are: delete these topics or name others%n"
                        + "before the next start, or they will hold results twice, and the audit will report that.%n",
                String.join(", ", settings.results()));
        out.println("On each other machine with --state-store=rocksdb, delete its --state-dir before the next start.");
        out.flush();
    }

    private boolean confirmed(PrintWriter out) throws IOException {
        out.print("Reset " + settings.applicationId() + "? [y/N] ");
        out.flush();
        String answer = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
        return answer != null
                && (answer.strip().equalsIgnoreCase("y") || answer.strip().equalsIgnoreCase("yes"));
    }

    private void moveOffsets(PrintWriter out, Found found, OffsetSpec place) throws ExecutionException {
        if (!to.equals("earliest")) {
            Map<TopicPartition, OffsetAndMetadata> offsets = offsets(place);
            // A topic in between is made anew, and is to be read from its start.
            for (TopicPartition partition : Set.copyOf(offsets.keySet())) {
                found.topics.stream()
                        .filter(topic -> topic.endsWith("-repartition"))
                        .forEach(topic -> offsets.put(
                                new TopicPartition(topic, partition.partition()), new OffsetAndMetadata(0)));
            }
            get(admin.alterConsumerGroupOffsets(settings.applicationId(), offsets)
                    .all());
            out.println("Set the offsets of group " + settings.applicationId() + " to " + to);
        } else if (found.group) {
            try {
                get(admin.deleteConsumerGroups(List.of(settings.applicationId()))
                        .all());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                    throw e;
                }
            }
            out.println("Deleted group " + settings.applicationId());
        }
        out.flush();
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets(OffsetSpec place) throws ExecutionException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        try {
            get(
                            admin.describeTopics(List.of(settings.topics().input()))
                                    .topicNameValues(),
                            settings.topics().input())
                    .partitions()
                    .forEach(partition ->
                            asked.put(new TopicPartition(settings.topics().input(), partition.partition()), place));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicAuthorizationException) { // which does not say of which topic
                throw new ExecutionException(
                        new TopicAuthorizationException(Set.of(settings.topics().input())));
            }
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw new FailedException("topic " + settings.topics().input() + " does not exist", e);
            }
            throw e;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        get(admin.listOffsets(asked).all()).forEach((partition, found) -> {
            if (found.offset() >= 0) {
                offsets.put(partition, new OffsetAndMetadata(found.offset()));
            }
        });
        asked.keySet().removeAll(offsets.keySet());
        asked.replaceAll((partition, any) -> OffsetSpec.latest()); // no record is as new as that
        get(admin.listOffsets(asked).all())
                .forEach((partition, end) -> offsets.put(partition, new OffsetAndMetadata(end.offset())));
        return offsets;
    }

    private void deleteTopics(PrintWriter out, Set<String> topics) throws ExecutionException {
        for (String topic : topics) {
            try {
                get(admin.deleteTopics(List.of(topic)).all());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof TopicAuthorizationException) {
                    throw new FailedException("cannot reset " + settings.applicationId() + ": "
                            + Rights.missing(List.of(AclOperation.DELETE), "topic " + topic));
                }
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
            out.println("Deleted topic " + topic);
            out.flush();
        }
        // A start that comes too early would meet what is just going away.
        long deadline = System.nanoTime() + settings.patience().toNanos();
        while (get(admin.listTopics().names()).stream().anyMatch(topics::contains)) {
            if (System.nanoTime() - deadline >= 0) {
                throw new FailedException("topics " + topics + " are still there "
                        + Durations.format(settings.patience()) + " after they were deleted: run reset again");
            }
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    private static void deleteFolder(PrintWriter out, @Nullable Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new FailedException("cannot delete folder " + folder + ": " + e.getMessage(), e);
        }
        out.println("Deleted folder " + folder);
    }

    private static boolean isActive(@Nullable Throwable e) {
        return e instanceof GroupNotEmptyException || e instanceof UnknownMemberIdException;
    }
}
