package downsampling.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.AttributeNotFoundException;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Watches one run: the records that it has read (a counter that every Kafka client for the JVM keeps and exposes by JMX), the offsets that its group has committed, and the summaries that a
 * {@code read_committed} consumer sees.
 */
final class RunWatch {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration COMMITTED_INTERVAL = Duration.ofMillis(100);
    private static final Duration CONSUMED_INTERVAL = Duration.ofMillis(40);

    private record Sample(double time, long count) {}

    private final String bootstrapServers;
    private final Admin admin;
    private final Workload workload;
    private final String input;
    private final String group;
    private final String output;
    private final Workload.Expected[][] expected;

    private final List<Machine> machines = new CopyOnWriteArrayList<>();
    private final List<Sample> consumed = new ArrayList<>();
    private final List<Sample> committed = new ArrayList<>();
    private final List<Sample> seen = new ArrayList<>();
    private final List<ConsumerRecord<byte[], byte[]>> summaries = new ArrayList<>();
    private final long expectedSummaries;
    private volatile double completeAt;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean ended;

    private interface Work {
        void run() throws Exception;
    }

    RunWatch(
            String bootstrapServers,
            Admin admin,
            Workload workload,
            String input,
            String group,
            String output,
            Workload.Expected[][] expected) {
        this.bootstrapServers = bootstrapServers;
        this.admin = admin;
        this.workload = workload;
        this.input = input;
        this.group = group;
        this.output = output;
        this.expected = expected;
        long count = 0;
        for (Workload.Expected[] window : expected) {
            for (Workload.Expected summary : window) {
                count += summary == null ? 0 : 1;
            }
        }
        expectedSummaries = count;
        start("committed", this::watchCommitted);
        start("consumed", this::watchConsumed);
        start("summaries", this::watchSummaries);
    }

    void attach(String pid) {
        try {
            machines.add(new Machine(pid));
        } catch (IOException | AttachNotSupportedException e) {
            // The JVM has ended already; benchmark.py notices that.
        }
    }

    private void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception e) {
                        failure.compareAndSet(null, e);
                    }
                },
                name);
        threads.add(thread);
        thread.start();
    }

    private static double now() {
        return System.currentTimeMillis() / 1e3;
    }

    private void watchCommitted() throws Exception {
        while (!ended) {
            long offsets =
                    admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().entrySet().stream()
                            .filter(partition -> partition.getValue() != null
                                    && partition.getKey().topic().equals(input))
                            .mapToLong(partition -> partition.getValue().offset())
                            .sum();
            add(committed, offsets);
            Thread.sleep(COMMITTED_INTERVAL.toMillis());
        }
    }

    private static void add(List<Sample> samples, long count) {
        synchronized (samples) {
            samples.add(new Sample(now(), count));
        }
    }

    private void watchConsumed() throws Exception {
        ObjectName received =
                new ObjectName("kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*,topic=" + input);
        while (!ended) {
            long records = 0;
            for (Machine machine : machines) {
                records += machine.consumed(received);
            }
            if (!machines.isEmpty()) {
                add(consumed, records);
            }
            Thread.sleep(CONSUMED_INTERVAL.toMillis());
        }
        for (Machine machine : machines) {
            machine.close();
        }
    }

    /** A JVM that is watched; after it has ended, its last values are kept. */
    private static final class Machine {
        private final JMXConnector connector;
        private long consumed;

        Machine(String pid) throws IOException, AttachNotSupportedException {
            connector = connect(pid);
        }

        /**
         * The records that consumers have received. Kafka Streams' count of what it has processed is that of batches with our
         * processor; elsewhere it is behind this one by no more than what a thread buffers.
         */
        long consumed(ObjectName received) throws Exception {
            try {
                MBeanServerConnection beans = connector.getMBeanServerConnection();
                double records = sum(beans, beans.queryNames(received, null), "records-consumed-total");
                consumed = Math.max(consumed, (long) records);
            } catch (IOException | InstanceNotFoundException | AttributeNotFoundException e) {
                // The JVM or one of its clients has ended, or a client is just being made.
            }
            return consumed;
        }

        private static double sum(MBeanServerConnection beans, Set<ObjectName> names, String attribute)
                throws Exception {
            double sum = 0;
            for (ObjectName name : names) {
                sum += (Double) beans.getAttribute(name, attribute);
            }
            return sum;
        }

        void close() {
            try {
                connector.close();
            } catch (IOException e) {
                // The JVM has ended.
            }
        }
    }

    @SuppressWarnings("BanJNDI") // the address is that of a process which the benchmark has started itself
    private static JMXConnector connect(String pid) throws IOException, AttachNotSupportedException {
        VirtualMachine machine = VirtualMachine.attach(pid);
        try {
            return JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
        } finally {
            machine.detach();
        }
    }

    private void watchSummaries() {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(output).stream()
                    .map(PartitionInfo::partition)
                    .map(partition -> new TopicPartition(output, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!ended) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    if (!key(record).startsWith(Workload.CLOSING)) {
                        synchronized (summaries) {
                            summaries.add(record);
                        }
                    }
                }
                add(seen, seen());
                if (completeAt == 0 && seen() >= expectedSummaries) {
                    completeAt = now();
                }
            }
        }
    }

    private int seen() {
        synchronized (summaries) {
            return summaries.size();
        }
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.key() == null ? "" : new String(record.key(), UTF_8);
    }

    private static long last(List<Sample> samples) {
        synchronized (samples) {
            return samples.isEmpty() ? 0 : samples.get(samples.size() - 1).count();
        }
    }

    Object state() throws Exception {
        check();
        return Map.of(
                "records", workload.records(),
                "consumed", last(consumed),
                "committed", last(committed),
                "summaries", seen(),
                "expected", expectedSummaries);
    }

    private void check() throws Exception {
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    Map<String, Object> end() throws Exception {
        ended = true;
        for (Thread thread : threads) {
            thread.join();
        }
        check();
        return Map.of(
                "consumed", list(consumed),
                "committed", list(committed),
                "seen", list(seen),
                "complete", completeAt,
                "expected", expectedSummaries,
                "fault", fault());
    }

    private static List<List<Object>> list(List<Sample> samples) {
        return samples.stream()
                .map(sample -> List.<Object>of(sample.time, sample.count))
                .toList();
    }

    /** Describes what is wrong with the summaries; empty if nothing is. */
    private String fault() throws Exception {
        boolean[][] found = new boolean[expected.length][workload.sensors()];
        for (ConsumerRecord<byte[], byte[]> record : summaries) {
            JsonNode json = JSON.readTree(record.value());
            JsonNode is = json.get("temperature");
            String key = key(record);
            long window = (json.get("time").asLong() - Workload.windowEnd(0)) / Workload.WINDOW_MILLIS;
            int sensor = Integer.parseInt(key.substring("Sensor".length())) - 1;
            if (window < 0
                    || window >= expected.length
                    || Workload.windowEnd((int) window) != json.get("time").asLong()
                    || expected[(int) window][sensor] == null) {
                return "there is no such window: " + key + " " + json;
            }
            if (found[(int) window][sensor]) {
                return "came twice: " + key + " " + json;
            }
            found[(int) window][sensor] = true;
            Workload.Expected right = expected[(int) window][sensor];
            if (is.get("count").asLong() != right.count()
                    || is.get("min").asDouble() != right.min()
                    || is.get("max").asDouble() != right.max()
                    || is.get("mean").asDouble() != right.mean()) {
                return key + " " + json + ", expected " + right;
            }
        }
        return summaries.size() == expectedSummaries
                ? ""
                : summaries.size() + " summaries, expected " + expectedSummaries;
    }
}
