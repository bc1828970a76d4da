package downsampling.processor.audit;

import static java.util.Objects.requireNonNull;

import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.settings.Settings;
import downsampling.processor.topics.Cluster;
import downsampling.processor.topics.Rights;
import downsampling.service.FailedException;
import downsampling.service.NativeLibrary;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * Reads the topics of readings and results and prints the {@link Account}: where every reading ended up.
 *
 * <p>The processor may run meanwhile. Offsets are looked up in an order that makes one picture of them, see {@link Ends};
 * what the processor has not come to is a column of its own.
 */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Accounts for every reading: summarised, late, dead, a duplicate (with --dedup), in an open window, or not processed yet.",
            "It reads committed records from the beginning of the topics. The processor may run meanwhile.",
            "--window, --grace, --allowed-lateness, --dedup, --stream-time, --forget-after, --silent-after, --rollups, --calendar,"
                    + " --statistics, --application-id, the topics and the options that say what a reading is must have the same"
                    + " values as for the processor. Options that only a running processor needs are accepted, too, and have"
                    + " no effect."
        },
        footer = {
            "",
            "Exit codes: 0 every reading is accounted for, 1 some are not, or the audit failed, 2 wrong usage."
        })
public final class Audit implements Callable<Integer> {
    /** Windows of a partition that may wait for their summary before its reading is held back. */
    private static final int MOST_PENDING = 5_000;

    @ParentCommand
    private Supplier<Settings> processor;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(names = "--json", description = "print the account as JSON")
    private boolean json;

    private Settings settings;
    private final List<String> notes = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        settings = processor.get();
        NativeLibrary.loadForReading();
        try (Admin admin = Cluster.connect(settings)) {
            Account account = account(Ends.lookUp(admin, settings));
            PrintWriter out = spec.commandLine().getOut();
            AccountReport report = new AccountReport(settings.topics().input(), account, notes);
            out.print(json ? report.json() : report.table());
            out.flush();
            return account.isBalanced() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (AuthorizationException e) {
            throw new FailedException(Rights.missing(e, AclOperation.READ, List.of(AclOperation.DESCRIBE), settings));
        }
    }

    private Account account(Ends ends) {
        Map<TopicPartition, Account.Partition> input = new HashMap<>();
        Set<TopicPartition> summaries = new HashSet<>();
        Set<TopicPartition> others = new HashSet<>();
        List<String> levels =
                settings.levels().stream().map(settings.topics()::output).toList();
        for (TopicPartition partition : ends.end().keySet()) {
            long begin = Ends.at(ends.begin(), partition);
            if (partition.topic().equals(settings.topics().input())) {
                input.put(
                        partition,
                        new Account.Partition(
                                partition.partition(),
                                begin,
                                ends.processed().getOrDefault(partition, begin),
                                ends.reached().getOrDefault(partition, begin)));
            } else if (!partition.topic().equals(settings.windowedTopic())) {
                (levels.contains(partition.topic()) ? summaries : others).add(partition);
            }
        }
        Account account = new Account(
                settings,
                input.values().stream()
                        .sorted((a, b) -> Integer.compare(a.number, b.number))
                        .toList());
        ends.unread()
                .forEach((partition, from) -> account.deletedUnread(
                        requireNonNull(input.get(partition)), from, Ends.at(ends.begin(), partition)));
        try (TopicReader reader = new TopicReader(ends, settings)) {
            readLateAndDead(account, reader, others);
            readBetween(account, reader, ends);
            readInStep(account, reader, input, summaries);
            readStatus(account, reader, others);
        } catch (OffsetOutOfRangeException e) {
            throw new FailedException("retention has deleted records while they were read: run the audit again", e);
        }
        account.close();
        note(account, ends);
        return account;
    }

    /** What has been rekeyed, and was not processed any further when the ends were looked up. */
    private void readBetween(Account account, TopicReader reader, Ends ends) {
        if (settings.readings().rekey()) {
            reader.assign(ends.end().keySet().stream()
                    .filter(partition -> partition.topic().equals(settings.windowedTopic()))
                    .collect(Collectors.toSet()));
            while (!reader.isDone()) {
                reader.poll(Set.of(), record -> account.between(record.value()));
            }
        }
    }

    private void readLateAndDead(Account account, TopicReader reader, Set<TopicPartition> partitions) {
        Map<String, Integer> foreign = new HashMap<>();
        for (String topic : List.of(settings.topics().late(), settings.topics().dead())) {
            reader.assign(partitions.stream()
                    .filter(partition -> partition.topic().equals(topic))
                    .collect(Collectors.toSet()));
            while (!reader.isDone()) {
                reader.poll(Set.of(), record -> {
                    boolean known = topic.equals(settings.topics().late())
                            ? account.late(record.key(), record.headers(), reader.isSure(record))
                            : account.dead(record.headers());
                    if (!known) {
                        foreign.merge(topic, 1, Integer::sum);
                    }
                });
            }
        }
        foreign.forEach((topic, count) -> notes.add(count + " records in " + topic + " do not name an offset of "
                + settings.topics().input() + ", and are left out of the account"));
    }

    private void readStatus(Account account, TopicReader reader, Set<TopicPartition> partitions) {
        reader.assign(partitions.stream()
                .filter(partition -> partition.topic().equals(settings.topics().status()))
                .collect(Collectors.toSet()));
        while (!reader.isDone()) {
            reader.poll(
                    Set.of(),
                    record -> account.status(
                            record, reader.isCut(new TopicPartition(record.topic(), record.partition()))));
        }
    }

    /**
     * Input and summaries, so that neither runs far ahead of the other: a partition of the output is held back as long as its
     * next summary cannot be judged, one of the input when many of its windows have no summary yet, unless it is waited for. That of
     * a rollup waits for an hour or a day, so it holds up nothing, and nothing is held up by it.
     */
    private void readInStep(
            Account account,
            TopicReader reader,
            Map<TopicPartition, Account.Partition> input,
            Set<TopicPartition> summaries) {
        Map<TopicPartition, Queue<ConsumerRecord<byte[], byte[]>>> waiting = new HashMap<>();
        summaries.forEach(partition -> waiting.put(partition, new ArrayDeque<>()));
        Set<TopicPartition> cut = new HashSet<>(summaries);
        cut.removeIf(partition -> !reader.isCut(partition));
        cut.stream()
                .filter(reader::isEmpty)
                .forEach(partition -> account.book(partition.topic()).cut(null));
        Set<TopicPartition> all = new HashSet<>(input.keySet());
        all.addAll(summaries);
        reader.assign(all);
        long settleAt = MOST_PENDING;
        while (true) {
            input.forEach((partition, row) -> {
                if (reader.isDone(partition)) {
                    row.done();
                }
            });
            Set<Account.Partition> awaited = new HashSet<>();
            Set<String> unread = new HashSet<>();
            for (var entry : waiting.entrySet()) {
                Queue<ConsumerRecord<byte[], byte[]>> queue = entry.getValue();
                while (!queue.isEmpty() && account.judge(queue.peek(), reader.isSure(queue.peek()))) {
                    queue.remove();
                }
                if (!queue.isEmpty()
                        && entry.getKey().topic().equals(settings.topics().output())) {
                    awaited.addAll(account.awaited(queue.peek()));
                }
                if (!queue.isEmpty() || !reader.isDone(entry.getKey())) {
                    unread.add(entry.getKey().topic());
                }
            }
            account.books().stream()
                    .filter(book -> !unread.contains(book.topic))
                    .forEach(Account.Book::done);
            if (reader.isDone() && unread.isEmpty()) {
                return;
            }
            Set<TopicPartition> held = new HashSet<>();
            waiting.forEach((partition, queue) -> {
                if (!queue.isEmpty()) {
                    held.add(partition);
                }
            });
            if (account.unsettled() > settleAt) {
                account.settle();
                settleAt = Math.max(MOST_PENDING, 2 * account.unsettled());
            }
            if (unread.contains(settings.topics().output())) {
                input.forEach((partition, row) -> {
                    if (row.pending() > MOST_PENDING && !awaited.contains(row)) {
                        held.add(partition);
                    }
                });
            }
            reader.poll(held, record -> {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (input.containsKey(partition)) {
                    account.read(record);
                } else {
                    if (cut.remove(partition)) {
                        account.book(record.topic()).cut(record);
                    }
                    requireNonNull(waiting.get(partition)).add(record);
                }
            });
        }
    }

    /** What the audit could not see. */
    private void note(Account account, Ends ends) {
        long deleted = account.partitions().stream()
                .mapToLong(partition ->
                        ends.begin().get(new TopicPartition(settings.topics().input(), partition.number)))
                .sum();
        if (deleted > 0) {
            notes.add("retention has cut " + settings.topics().input() + ": " + deleted + " offsets are gone, and for "
                    + account.uncheckedSummaries()
                    + " summaries of their readings it was only checked that they come once");
        }
        for (String topic : settings.results()) {
            if (ends.begin().entrySet().stream()
                    .anyMatch(entry -> entry.getKey().topic().equals(topic) && entry.getValue() > 0)) {
                notes.add("retention has cut " + topic
                        + (account.books().stream().anyMatch(book -> book.topic.equals(topic))
                                ? ": readings in windows as old as the deleted summaries are not checked"
                                : topic.equals(settings.topics().status())
                                        ? ": what was said of sensors before is not checked"
                                        : ": readings whose record was deleted there count as lost"));
            }
        }
        if (account.otherStatistics() > 0) {
            notes.add(account.otherStatistics()
                    + " summaries do not say all that is asked for now, or more: they were made, or their windows were begun,"
                    + " with other --statistics; what they do say is right");
        }
        if (account.strayingSensor() != null) {
            notes.add("readings of sensor " + NotAReadingException.shorten(account.strayingSensor())
                    + " are in more than one partition, so a window of that sensor can have more than one summary");
        }
    }
}
