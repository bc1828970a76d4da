package downsampling.processor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import downsampling.processor.Account.Column;
import downsampling.service.Durations;
import downsampling.service.FailedException;
import downsampling.service.NativeLibrary;
import downsampling.service.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * Reads the four topics and prints the {@link Account}: where every reading ended up.
 *
 * <p>The processor may run meanwhile. Offsets are looked up in an order that makes one picture of them, see {@link Ends};
 * what the processor has not come to is a column of its own.
 */
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Accounts for every reading: summarised, late, dead, in an open window, or not processed yet.",
            "Reads what is committed, from the beginning of the topics; the processor may run meanwhile.",
            "--window, --grace, --max-ahead, --zone and --application-id have to be the processor's; all others of its"
                    + " options may stand here, too, and change nothing."
        },
        footer = {
            "",
            "Exit codes: 0 every reading has its one place, 1 some have not, or the audit failed, 2 wrong usage."
        })
final class Audit implements Callable<Integer> {
    /** Windows of a partition that may wait for their summary before its reading is held back. */
    private static final int MOST_PENDING = 5_000;

    private static final JsonFactory JSON = new JsonFactory();

    @ParentCommand
    private Main main;

    @Spec
    private CommandLine.Model.CommandSpec spec;

    @Option(names = "--json", description = "print the account as JSON")
    private boolean json;

    private Config config;
    private Duration patience;
    private final List<String> notes = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        config = main.settings();
        patience = main.patience();
        NativeLibrary.loadForReading();
        try (Admin admin = Topics.connect(config, patience)) {
            Account account = account(Ends.lookUp(admin, config, patience));
            PrintWriter out = spec.commandLine().getOut();
            out.print(json ? json(account) : table(account));
            out.flush();
            return account.isBalanced() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (AuthorizationException e) {
            throw new FailedException(Incurable.noRight(e, AclOperation.READ, List.of(AclOperation.DESCRIBE), config));
        }
    }

    /**
     * From where to where the topics are read, looked up while the processor may be running.
     *
     * @param begin     of each partition of the four topics: the oldest record that retention has left
     * @param sure      of each output partition: what had been committed before {@code processed} was looked up
     * @param processed of each input partition: all before this has its results before {@code end}
     * @param reached   of each input partition: nothing from this on has results before {@code end}
     * @param end       of each partition of the four topics
     * @param unread    of input partitions: what lies between this and {@code begin} was deleted before it was processed
     */
    private record Ends(
            Map<TopicPartition, Long> begin,
            Map<TopicPartition, Long> sure,
            Map<TopicPartition, Long> processed,
            Map<TopicPartition, Long> reached,
            Map<TopicPartition, Long> end,
            Map<TopicPartition, Long> unread) {

        /** The order makes it right: each step may only be taken when the one before it is done. */
        static Ends lookUp(Admin admin, Config config, Duration patience) throws InterruptedException {
            Set<TopicPartition> input = partitions(admin, config.inputTopic());
            Set<TopicPartition> output = Stream.of(config.outputTopic(), config.lateTopic(), config.deadTopic())
                    .flatMap(topic -> partitions(admin, topic).stream())
                    .collect(Collectors.toSet());
            Map<TopicPartition, Long> sure = offsets(admin, output, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
            Map<TopicPartition, Long> processed = committed(config, input, patience);
            // Results are written before the offsets of their readings are committed, but seen as committed a little
            // later.
            Map<TopicPartition, Long> written =
                    offsets(admin, output, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
            Map<TopicPartition, Long> end = new HashMap<>(sure);
            for (long deadline = System.nanoTime() + patience.toNanos(); !reaches(end, written); ) {
                if (System.nanoTime() - deadline >= 0) {
                    throw new FailedException("a transaction has been open in one of the topics for longer than "
                            + Durations.format(patience) + "; what comes after it cannot be read");
                }
                Thread.sleep(50);
                end.putAll(offsets(admin, output, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED));
            }
            Map<TopicPartition, Long> reached = committed(config, input, patience);
            end.putAll(offsets(admin, input, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED));
            Set<TopicPartition> all = end.keySet();
            Map<TopicPartition, Long> begin =
                    offsets(admin, all, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
            if (reached.isEmpty() && output.stream().anyMatch(partition -> end.get(partition) > begin.get(partition))) {
                throw new FailedException("group " + config.applicationId() + " has processed nothing of topic "
                        + config.inputTopic() + ", but there are results: is --application-id the processor's?");
            }
            // Once more, since the processor may have read meanwhile what has been deleted meanwhile.
            Map<TopicPartition, Long> unread =
                    isBehind(reached, begin) ? committed(config, input, patience) : new HashMap<>(reached);
            unread.entrySet().removeIf(entry -> entry.getValue() >= begin.get(entry.getKey()));
            return new Ends(begin, sure, processed, reached, end, unread);
        }

        private static boolean isBehind(Map<TopicPartition, Long> offsets, Map<TopicPartition, Long> begin) {
            return offsets.entrySet().stream().anyMatch(entry -> entry.getValue() < begin.get(entry.getKey()));
        }

        private static boolean reaches(Map<TopicPartition, Long> end, Map<TopicPartition, Long> written) {
            return written.entrySet().stream().allMatch(entry -> end.get(entry.getKey()) >= entry.getValue());
        }

        private static Set<TopicPartition> partitions(Admin admin, String topic) {
            TopicDescription description;
            try {
                description = get(
                        admin.describeTopics(List.of(topic)).topicNameValues().get(topic), "topic " + topic);
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
            return get(
                            admin.listOffsets(wanted, new ListOffsetsOptions(isolation))
                                    .all(),
                            "offsets")
                    .entrySet()
                    .stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, entry -> entry.getValue().offset()));
        }

        /**
         * What the processor's group has committed, once no transaction is about to move it. By a consumer, which waits for
         * that; the admin client leaves out what is not stable.
         */
        private static Map<TopicPartition, Long> committed(
                Config config, Set<TopicPartition> input, Duration patience) {
            Map<String, Object> settings = Service.clients(config);
            settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId());
            settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
            Map<TopicPartition, Long> committed = new HashMap<>();
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
                consumer.committed(input, patience).forEach((partition, offset) -> {
                    if (offset != null) {
                        committed.put(partition, offset.offset());
                    }
                });
            }
            return committed;
        }

        private static <T> T get(KafkaFuture<T> future, String what) {
            try {
                return future.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof AuthorizationException right) {
                    throw right;
                }
                String why = e.getCause() instanceof UnknownTopicOrPartitionException
                        ? "does not exist"
                        : e.getCause().getMessage();
                throw new FailedException(what + ": " + why, e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FailedException("interrupted", e);
            }
        }
    }

    private Account account(Ends ends) {
        Map<TopicPartition, Account.Partition> input = new HashMap<>();
        Set<TopicPartition> summaries = new HashSet<>();
        Set<TopicPartition> others = new HashSet<>();
        for (TopicPartition partition : ends.end.keySet()) {
            long begin = ends.begin.get(partition);
            if (partition.topic().equals(config.inputTopic())) {
                input.put(
                        partition,
                        new Account.Partition(
                                partition.partition(),
                                begin,
                                ends.processed.getOrDefault(partition, begin),
                                ends.reached.getOrDefault(partition, begin)));
            } else {
                (partition.topic().equals(config.outputTopic()) ? summaries : others).add(partition);
            }
        }
        Account account = new Account(
                config,
                input.values().stream()
                        .sorted((a, b) -> Integer.compare(a.number, b.number))
                        .toList());
        ends.unread.forEach(
                (partition, from) -> account.deletedUnread(input.get(partition), from, ends.begin.get(partition)));
        try (Reader reader = new Reader(ends)) {
            readLateAndDead(account, reader, others);
            readInStep(account, reader, input, summaries);
        } catch (OffsetOutOfRangeException e) {
            throw new FailedException("retention has deleted records while they were read: run the audit again", e);
        }
        account.close();
        note(account, ends);
        return account;
    }

    private void readLateAndDead(Account account, Reader reader, Set<TopicPartition> partitions) {
        Map<String, Integer> foreign = new HashMap<>();
        for (String topic : List.of(config.lateTopic(), config.deadTopic())) {
            reader.assign(partitions.stream()
                    .filter(partition -> partition.topic().equals(topic))
                    .collect(Collectors.toSet()));
            while (!reader.isDone()) {
                reader.poll(Set.of(), record -> {
                    boolean known = topic.equals(config.lateTopic())
                            ? account.late(record.headers(), reader.isSure(record))
                            : account.dead(record.headers());
                    if (!known) {
                        foreign.merge(topic, 1, Integer::sum);
                    }
                });
            }
        }
        foreign.forEach((topic, count) -> notes.add(
                count + " records in " + topic + " name no offset of " + config.inputTopic() + " and are left out"));
    }

    /**
     * Input and summaries, so that neither runs far ahead of the other: a partition of the output is held back as long as its
     * next summary cannot be judged, one of the input when many of its windows have no summary yet, unless it is waited for.
     */
    private void readInStep(
            Account account,
            Reader reader,
            Map<TopicPartition, Account.Partition> input,
            Set<TopicPartition> summaries) {
        Map<TopicPartition, Queue<ConsumerRecord<byte[], byte[]>>> waiting = new HashMap<>();
        summaries.forEach(partition -> waiting.put(partition, new ArrayDeque<>()));
        Set<TopicPartition> cut = new HashSet<>(summaries);
        cut.removeIf(partition -> !reader.isCut(partition));
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
            boolean noMoreSummaries = true;
            for (var entry : waiting.entrySet()) {
                Queue<ConsumerRecord<byte[], byte[]>> queue = entry.getValue();
                while (!queue.isEmpty() && account.judge(queue.peek(), reader.isSure(queue.peek()))) {
                    queue.remove();
                }
                if (!queue.isEmpty()) {
                    awaited.addAll(account.awaited(queue.peek()));
                }
                noMoreSummaries &= queue.isEmpty() && reader.isDone(entry.getKey());
            }
            if (reader.isDone() && noMoreSummaries) {
                return;
            }
            Set<TopicPartition> held = new HashSet<>();
            waiting.forEach((partition, queue) -> {
                if (!queue.isEmpty()) {
                    held.add(partition);
                }
            });
            if (noMoreSummaries) {
                if (account.pending() > settleAt) {
                    account.settle();
                    settleAt = Math.max(MOST_PENDING, 2 * account.pending());
                }
            } else {
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
                        account.summariesFrom(record);
                    }
                    waiting.get(partition).add(record);
                }
            });
        }
    }

    /** Partitions read from their begin to the end that was looked up. */
    private final class Reader implements AutoCloseable {
        private final Ends ends;
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final boolean watched = Terminal.showsErrors();
        private final long all;
        private long before;
        private Set<TopicPartition> open = new HashSet<>();
        private long lastRecord = System.nanoTime();
        private long lastShown = System.nanoTime();

        Reader(Ends ends) {
            this.ends = ends;
            all = ends.end.keySet().stream().mapToLong(this::length).sum();
            Map<String, Object> settings = Service.clients(config);
            settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
            settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
            settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
            settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1000);
            settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20); // 50 MB by default
            consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        }

        private long length(TopicPartition partition) {
            return ends.end.get(partition) - ends.begin.get(partition);
        }

        void assign(Set<TopicPartition> partitions) {
            before += consumer.assignment().stream().mapToLong(this::length).sum();
            consumer.assign(partitions);
            partitions.forEach(partition -> consumer.seek(partition, ends.begin.get(partition)));
            open = new HashSet<>(partitions);
            open.removeIf(partition -> length(partition) == 0);
        }

        boolean isDone() {
            return open.isEmpty();
        }

        boolean isDone(TopicPartition partition) {
            return !open.contains(partition);
        }

        boolean isCut(TopicPartition partition) {
            return ends.begin.get(partition) > 0;
        }

        boolean isSure(ConsumerRecord<?, ?> record) {
            return record.offset() < ends.sure.get(new TopicPartition(record.topic(), record.partition()));
        }

        /** @throws FailedException if nothing comes for so long that the broker must be gone */
        void poll(Set<TopicPartition> held, Consumer<ConsumerRecord<byte[], byte[]>> told) {
            Set<TopicPartition> resumed = new HashSet<>(open);
            resumed.removeAll(held);
            Set<TopicPartition> paused = new HashSet<>(consumer.assignment());
            paused.removeAll(resumed);
            consumer.resume(resumed);
            consumer.pause(paused);
            if (resumed.isEmpty()) {
                return;
            }
            Map<TopicPartition, Long> from = positions(resumed);
            consumer.poll(Duration.ofMillis(100)).forEach(record -> {
                if (record.offset() < ends.end.get(new TopicPartition(record.topic(), record.partition()))) {
                    told.accept(record);
                }
            });
            Map<TopicPartition, Long> to = positions(resumed);
            open.removeIf(partition -> to.getOrDefault(partition, -1L) >= ends.end.get(partition));
            long now = System.nanoTime();
            if (!to.equals(from)) {
                lastRecord = now;
            } else if (now - lastRecord > patience.toNanos()) {
                throw new FailedException("no answer from broker "
                        + config.kafka().get(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG) + " within "
                        + Durations.format(patience));
            }
            if (watched && now - lastShown > 500_000_000) {
                long read = before
                        + positions(consumer.assignment()).entrySet().stream()
                                .mapToLong(entry -> entry.getValue() - ends.begin.get(entry.getKey()))
                                .sum();
                System.err.printf("\r\033[Kread %,d of %,d records", Math.min(read, all), all);
                lastShown = now;
            }
        }

        private Map<TopicPartition, Long> positions(Set<TopicPartition> partitions) {
            return partitions.stream().collect(Collectors.toMap(Function.identity(), consumer::position));
        }

        @Override
        public void close() {
            if (watched) {
                System.err.print("\r\033[K");
            }
            consumer.close();
        }
    }

    /** What the audit could not see. */
    private void note(Account account, Ends ends) {
        long deleted = account.partitions().stream()
                .mapToLong(partition -> ends.begin.get(new TopicPartition(config.inputTopic(), partition.number)))
                .sum();
        if (deleted > 0) {
            notes.add("retention has cut " + config.inputTopic() + ": " + deleted + " offsets are gone, "
                    + account.uncheckedSummaries() + " summaries of them were not checked beyond coming once");
        }
        for (String topic : List.of(config.outputTopic(), config.lateTopic(), config.deadTopic())) {
            if (ends.begin.entrySet().stream()
                    .anyMatch(entry -> entry.getKey().topic().equals(topic) && entry.getValue() > 0)) {
                notes.add("retention has cut " + topic
                        + (topic.equals(config.outputTopic())
                                ? ": readings in windows as old as what is gone are not judged"
                                : ": readings whose record there is gone count as lost"));
            }
        }
        if (account.strayingSensor() != null) {
            notes.add("readings of sensor " + NotAReadingException.shorten(account.strayingSensor())
                    + " stand in more than one partition, so a window of it can have more than one summary");
        }
    }

    private String table(Account account) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        List<Column> columns = Stream.of(Column.values())
                .filter(column -> column != Column.CUT || account.total(column) > 0)
                .toList();
        String name = config.inputTopic();
        int width = Math.max(12, name.length());
        out.print(pad(name, -width));
        columns.forEach(column -> out.print(pad(column.title(), 12)));
        out.println();
        for (Account.Partition partition : account.partitions()) {
            out.print(pad("partition " + partition.number, -width));
            columns.forEach(column -> out.print(pad(String.format("%,d", partition.get(column)), 12)));
            out.println();
        }
        out.print(pad("all", -width));
        columns.forEach(column -> out.print(pad(String.format("%,d", account.total(column)), 12)));
        out.println();
        out.println();
        account.faults().forEach(out::println);
        notes.forEach(note -> out.println("note: " + note));
        out.println(
                account.isBalanced()
                        ? String.format(
                                "Every reading is accounted for; %,d summaries, none twice.", account.summaries())
                        : "NOT every reading is accounted for.");
        return text.toString();
    }

    private static String pad(String text, int width) {
        return String.format("%" + width + "s", text);
    }

    private String json(Account account) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
            out.writeStartObject();
            out.writeBooleanField("balanced", account.isBalanced());
            out.writeStringField("topic", config.inputTopic());
            out.writeObjectFieldStart("total");
            row(out, account::total);
            out.writeNumberField("summaries", account.summaries());
            out.writeEndObject();
            out.writeArrayFieldStart("partitions");
            for (Account.Partition partition : account.partitions()) {
                out.writeStartObject();
                out.writeNumberField("partition", partition.number);
                row(out, partition::get);
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeArrayFieldStart("faults");
            for (Account.Fault fault : account.faults()) {
                out.writeStartObject();
                out.writeStringField("kind", fault.kind().title());
                out.writeStringField("where", fault.where());
                out.writeStringField("expected", fault.expected());
                out.writeStringField("found", fault.found());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeArrayFieldStart("notes");
            for (String note : notes) {
                out.writeString(note);
            }
            out.writeEndArray();
            out.writeEndObject();
        }
        return text + System.lineSeparator();
    }

    private static void row(JsonGenerator out, Function<Column, Long> row) throws IOException {
        for (Column column : Column.values()) {
            out.writeNumberField(column == Column.NOT_YET ? "notYet" : column.title(), row.apply(column));
        }
    }
}
