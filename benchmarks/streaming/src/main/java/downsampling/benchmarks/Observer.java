package downsampling.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Prepares and watches the runs, in a process of its own. {@code benchmark.py} sends it commands, one on each line of
 * standard input, and it answers each with a line of JSON, which has an {@code error} in it if the command failed.
 *
 * <ul>
 *   <li>{@code preload TOPIC READINGS SENSORS PARTITIONS PER_WINDOW}: makes the input, and works out the summaries that
 *       must come of it
 *   <li>{@code begin GROUP OUTPUT_TOPIC}: makes the output topic, and begins to watch it and what the group commits
 *   <li>{@code attach PID}: from now on also asks this JVM how many records its consumers have received
 *   <li>{@code state}: reports how far the run is
 *   <li>{@code end}: stops watching, checks the summaries, deletes the output topic, and reports all that was seen
 *   <li>{@code latency-topics INPUT OUTPUT PARTITIONS}: makes both topics
 *   <li>{@code latency READINGS_PER_SECOND SENSORS WINDOW_MS GRACE_MS WARM_UP_SECONDS SECONDS}: measures the latency,
 *       see {@link Latency}
 *   <li>{@code joined GROUP}: reports whether the group has members, and all of them have their partitions
 *   <li>{@code topic TOPIC PARTITIONS}: makes a topic whose records carry the time of their arrival
 *   <li>{@code records TOPIC}: reports how many records the topic has so far
 *   <li>{@code span TOPIC}: reports how many records the topic has and when the first and the last arrived, and deletes
 *       it
 *   <li>{@code shares FILE FROM TO}: reports where the time in a flight recording went, between two times, see
 *       {@link ProfileShares}
 * </ul>
 *
 * <p>Its argument is the bootstrap servers. All times that it reports are in seconds since the epoch.
 */
public final class Observer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String bootstrapServers;
    private final Admin admin;
    private Workload workload;
    private String input;
    private Workload.Expected[][] expected;
    private RunWatch watch;
    private String output;
    private Latency latency;

    private Observer(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    }

    public static void main(String... args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err);
        Observer observer = new Observer(args[0]);
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            Object answer;
            try {
                answer = observer.answer(order.split(" "));
            } catch (Exception e) {
                e.printStackTrace();
                answer = Map.of("error", e.toString());
            }
            answers.println(JSON.writeValueAsString(answer));
        }
        System.exit(0);
    }

    private Object answer(String[] order) throws Exception {
        return switch (order[0]) {
            case "preload" ->
                preload(
                        order[1],
                        new Workload(
                                Long.parseLong(order[2]),
                                Integer.parseInt(order[3]),
                                Integer.parseInt(order[4]),
                                Integer.parseInt(order[5])));
            case "begin" -> begin(order[1], order[2]);
            case "attach" -> {
                watch.attach(order[1]);
                yield Map.of();
            }
            case "state" -> watch.state();
            case "end" -> end();
            case "latency-topics" -> {
                latency = new Latency(bootstrapServers, order[1], order[2], Integer.parseInt(order[3]));
                createStamped(order[1], Integer.parseInt(order[3]));
                create(order[2], Integer.parseInt(order[3]), Map.of("retention.ms", "-1"));
                yield Map.of();
            }
            case "latency" ->
                latency.measure(
                        Double.parseDouble(order[1]),
                        Integer.parseInt(order[2]),
                        Long.parseLong(order[3]),
                        Long.parseLong(order[4]),
                        Duration.ofSeconds(Long.parseLong(order[5])),
                        Duration.ofSeconds(Long.parseLong(order[6])));
            case "joined" -> Map.of("joined", joined(order[1]));
            case "topic" -> {
                createStamped(order[1], Integer.parseInt(order[2]));
                yield Map.of();
            }
            case "records" -> Map.of("records", records(order[1]));
            case "span" -> span(order[1]);
            case "shares" ->
                ProfileShares.of(Path.of(order[1]), Double.parseDouble(order[2]), Double.parseDouble(order[3]));
            default -> throw new IllegalArgumentException(String.join(" ", order));
        };
    }

    private Object preload(String topic, Workload workload) throws Exception {
        this.workload = workload;
        if (input != null) {
            delete(input);
        }
        this.input = topic;
        create(topic, workload.partitions(), Map.of());
        long before = System.nanoTime();
        workload.send(bootstrapServers, topic);
        double seconds = (System.nanoTime() - before) / 1e9;
        expected = workload.expected();
        return Map.of("seconds", seconds, "bytes", bytes(topic), "records", workload.records());
    }

    private Object begin(String group, String outputTopic) throws Exception {
        output = outputTopic;
        // Nothing is deleted, because event times are years old, and some contenders stamp their records with them.
        create(outputTopic, workload.partitions(), Map.of("retention.ms", "-1"));
        watch = new RunWatch(bootstrapServers, admin, workload, input, group, outputTopic, expected);
        return Map.of();
    }

    private Object end() throws Exception {
        Map<String, Object> seen = new LinkedHashMap<>(watch.end());
        delete(output);
        return seen;
    }

    private long bytes(String topic) throws Exception {
        List<Integer> brokers = admin.describeCluster().nodes().get().stream()
                .map(node -> node.id())
                .toList();
        return admin.describeLogDirs(brokers).allDescriptions().get().values().stream()
                .flatMap(dirs -> dirs.values().stream())
                .flatMap(dir -> dir.replicaInfos().entrySet().stream())
                .filter(replica -> replica.getKey().topic().equals(topic))
                .mapToLong(replica -> replica.getValue().size())
                .sum();
    }

    private boolean joined(String group) throws Exception {
        return admin.listGroups().all().get().stream()
                .anyMatch(listed ->
                        listed.groupId().equals(group) && listed.groupState().equals(Optional.of(GroupState.STABLE)));
    }

    private long records(String topic) throws Exception {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (TopicPartitionInfo info : admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions()) {
            ends.put(new TopicPartition(topic, info.partition()), OffsetSpec.latest());
        }
        return admin.listOffsets(ends).all().get().values().stream()
                .mapToLong(end -> end.offset())
                .sum();
    }

    private Object span(String topic) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrapServers, "max.poll.records", 1);
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        long records = 0;
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            for (PartitionInfo info : consumer.partitionsFor(topic)) {
                TopicPartition partition = new TopicPartition(topic, info.partition());
                consumer.assign(List.of(partition));
                long end = consumer.endOffsets(List.of(partition)).get(partition);
                records += end;
                if (end > 0) {
                    first = Math.min(first, timestamp(consumer, partition, 0));
                    last = Math.max(last, timestamp(consumer, partition, end - 1));
                }
            }
        }
        long bytes = bytes(topic);
        delete(topic);
        return Map.of("records", records, "bytes", bytes, "seconds", (last - first) / 1e3);
    }

    private static long timestamp(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long offset) {
        consumer.seek(partition, offset);
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (System.nanoTime() < deadline) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                return record.timestamp();
            }
        }
        throw new IllegalStateException("no record at " + partition + " offset " + offset);
    }

    private void createStamped(String topic, int partitions) throws Exception {
        create(topic, partitions, Map.of("message.timestamp.type", "LogAppendTime"));
    }

    private void create(String topic, int partitions, Map<String, String> settings) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) -1).configs(settings)))
                .all()
                .get();
        // Other brokers learn of the topic a little later, and until the leader of each partition answers, an
        // idempotent producer can lose its first batch (KAFKA-15591).
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!exists(topic) && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        admin.listOffsets(ends).all().get();
    }

    private void delete(String topic) throws Exception {
        if (exists(topic)) {
            admin.deleteTopics(List.of(topic)).all().get();
            while (exists(topic)) {
                Thread.sleep(50);
            }
        }
    }

    private boolean exists(String topic) throws Exception {
        try {
            admin.describeTopics(List.of(topic)).allTopicNames().get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw e;
        }
    }
}
