package downsampling.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Measures how soon a closed window is visible: the time from the arrival at the broker of the reading that closes it,
 * which the topic stamps on the record, to the moment at which a {@code read_committed} consumer has received the
 * summary. Readings are sent at an even rate, and their event time is the time at which they are due; so windows close
 * all the time, in every partition.
 */
final class Latency {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String bootstrapServers;
    private final String input;
    private final String output;
    private final int partitions;

    /** The windows of one partition that end at the same time, which the same reading closes. */
    private record Closing(int partition, long windowEnd) {}

    private record Visible(Closing closing, long at) {}

    /** When the reading that closes the window arrived, in epoch milliseconds. */
    private final Map<Closing, Long> arrivals = new ConcurrentHashMap<>();
    /** The number of readings that were sent into the windows. */
    private final Map<Closing, Long> sent = new HashMap<>();

    /** The number of readings that their summaries count. */
    private final Map<Closing, Long> counted = new HashMap<>();

    private final List<Visible> visible = new ArrayList<>();
    private volatile Exception failure;
    private volatile long doneAt = Long.MAX_VALUE;

    Latency(String bootstrapServers, String input, String output, int partitions) {
        this.bootstrapServers = bootstrapServers;
        this.input = input;
        this.output = output;
        this.partitions = partitions;
    }

    /**
     * Sends readings and watches the summaries.
     *
     * @param rate   how many readings are sent in a second
     * @param size   the size of the windows, in milliseconds
     * @param grace  the grace period, in milliseconds
     * @param warmUp how long to wait before anything is counted
     */
    Map<String, Object> measure(double rate, int sensors, long size, long grace, Duration warmUp, Duration length)
            throws Exception {
        Thread watching = new Thread(this::watch, "summaries");
        watching.start();
        long begin = System.currentTimeMillis();
        long readings = (long) (rate * (warmUp.toSeconds() + length.toSeconds()));
        send(rate, readings, sensors, size, grace, begin);
        double seconds = (System.currentTimeMillis() - begin) / 1e3;
        doneAt = System.currentTimeMillis();
        watching.join();
        if (failure != null) {
            throw failure;
        }
        return result(begin + warmUp.toMillis(), readings / seconds);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the callbacks hear of every failure
    private void send(double rate, long readings, int sensors, long size, long grace, long begin) {
        byte[][] keys = new byte[sensors][];
        int[] partitionOf = new int[sensors];
        for (int sensor = 0; sensor < sensors; sensor++) {
            keys[sensor] = Workload.name(sensor).getBytes(ISO_8859_1);
            partitionOf[sensor] = Workload.partition(keys[sensor], partitions);
        }
        long[] closedUpTo = new long[partitions];
        Workload.Json json = new Workload.Json();
        // These are the settings of our producer.
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "acks",
                "all",
                "compression.type",
                "zstd",
                "linger.ms",
                20,
                "batch.size",
                128 * 1024);
        long start = System.nanoTime();
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long reading = 0; reading < readings; reading++) {
                while (System.nanoTime() - start < reading / rate * 1e9) {
                    LockSupport.parkNanos(500_000);
                }
                int sensor = (int) (reading % sensors);
                int partition = partitionOf[sensor];
                long micros = begin * 1000 + (long) (reading / rate * 1e6);
                long time = micros / 1000;
                int value = Workload.value(reading);
                var record = new ProducerRecord<>(input, keys[sensor], json.write(micros, value));
                record.headers().add("uuid", "00000000-0000-8000-8000-000000000000".getBytes(ISO_8859_1));
                sent.merge(new Closing(partition, time - time % size + size), 1L, Long::sum);
                long closes = time - grace - Math.floorMod(time - grace, size);
                if (closes > closedUpTo[partition]) {
                    closedUpTo[partition] = closes;
                    producer.send(
                            record, (metadata, e) -> arrived(new Closing(partition, closes), metadata.timestamp(), e));
                } else {
                    producer.send(record, (metadata, e) -> failed(e));
                }
            }
        }
    }

    private void failed(Exception e) {
        if (e != null) {
            failure = e;
        }
    }

    private void arrived(Closing closing, long at, Exception e) {
        failed(e);
        arrivals.put(closing, at);
    }

    /** Waits until all readings of closed windows are counted, but at most half a minute after the last reading. */
    private void watch() {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> all = new ArrayList<>();
            for (int partition = 0; partition < partitions; partition++) {
                all.add(new TopicPartition(output, partition));
            }
            consumer.assign(all);
            consumer.seekToBeginning(all);
            while (System.currentTimeMillis() < doneAt
                    || !isComplete() && System.currentTimeMillis() - doneAt < 30_000) {
                var records = consumer.poll(Duration.ofMillis(100));
                long now = System.currentTimeMillis();
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    JsonNode summary = JSON.readTree(record.value());
                    Closing closing =
                            new Closing(record.partition(), summary.get("time").asLong());
                    visible.add(new Visible(closing, now));
                    counted.merge(
                            closing, summary.get("temperature").get("count").asLong(), Long::sum);
                }
            }
        } catch (Exception e) {
            failure = e;
        }
    }

    /** Must be called only when everything has been sent. */
    private boolean isComplete() {
        return arrivals.keySet().stream().allMatch(this::isCounted);
    }

    private boolean isCounted(Closing closing) {
        return sent.getOrDefault(closing, 0L).equals(counted.getOrDefault(closing, 0L));
    }

    private Map<String, Object> result(long from, double rate) {
        List<Long> latencies = new ArrayList<>();
        for (Visible summary : visible) {
            Long arrival = arrivals.get(summary.closing);
            if (arrival != null && arrival >= from) {
                latencies.add(summary.at - arrival);
            }
        }
        String fault = "";
        for (Closing closing : arrivals.keySet()) {
            if (!isCounted(closing)) {
                fault = closing + ": sent " + sent.get(closing) + " readings, counted " + counted.get(closing);
            }
        }
        long closings = arrivals.values().stream().filter(at -> at >= from).count();
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        if (sorted.length == 0) {
            fault = "no summary came";
            sorted = new long[1];
        }
        long[] all = sorted;
        return Map.of(
                "rate",
                rate,
                "summaries",
                all.length,
                "closings",
                closings,
                "p50",
                all[all.length / 2],
                "p90",
                all[(int) (all.length * 0.9)],
                "p99",
                all[(int) (all.length * 0.99)],
                "max",
                Arrays.stream(all).max().getAsLong(),
                "fault",
                fault);
    }
}
