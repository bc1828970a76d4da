package downsampling.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The least that reading, parsing and adding up can cost: it has a consumer, Jackson's streaming parser and a hash
 * table. Its state does not outlive it, it knows no late readings, and it guarantees nothing. It takes the shape of the
 * messages for granted, and writes its summaries when everything is read, after what is measured.
 *
 * <p>Arguments: bootstrap servers, group, input topic, output topic, threads.
 */
public final class PlainConsumer {
    private static final JsonFactory JSON = new JsonFactory();

    private static final class Statistics {
        private long count;
        private double sum;
        private double min = Double.POSITIVE_INFINITY;
        private double max = Double.NEGATIVE_INFINITY;

        void add(double value) {
            count++;
            sum += value;
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
    }

    private final Map<Long, Map<String, Statistics>> windows = new HashMap<>();
    private long lastStart = -1;
    private Map<String, Statistics> lastWindow;

    private int day = -1;
    private long dayMillis;

    private PlainConsumer() {}

    public static void main(String... args) throws Exception {
        int threads = Integer.parseInt(args[4]);
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        List<Future<Void>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int remainder = i;
            running.add(executor.submit((Callable<Void>) () -> {
                new PlainConsumer().run(args[0], args[1], args[2], args[3], threads, remainder);
                return null;
            }));
        }
        for (Future<Void> future : running) {
            future.get();
        }
        executor.shutdown();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a summary that is not sent is missed by whoever checks the run
    private void run(String servers, String group, String input, String output, int threads, int remainder)
            throws IOException {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", servers, "group.id", group, "enable.auto.commit", false);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(input).stream()
                    .map(PartitionInfo::partition)
                    .filter(partition -> partition % threads == remainder)
                    .map(partition -> new TopicPartition(input, partition))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long left = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            while (left > 0) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    add(record.key(), record.value());
                    left--;
                }
            }
            consumer.commitSync();
        }
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers, "linger.ms", 20),
                new StringSerializer(),
                new StringSerializer())) {
            windows.forEach((start, window) -> window.forEach((sensor, statistics) ->
                    producer.send(new ProducerRecord<>(output, sensor, summary(start, statistics)))));
        }
    }

    private static String summary(long start, Statistics s) {
        return "{\"time\":%d,\"temperature\":{\"count\":%d,\"min\":%s,\"max\":%s,\"mean\":%s}}"
                .formatted(start + Workload.WINDOW_MILLIS, s.count, s.min, s.max, s.sum / s.count);
    }

    private void add(String sensor, byte[] message) throws IOException {
        long time = 0;
        double value = 0;
        try (JsonParser json = JSON.createParser(message)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                if (field.equals("ts")) {
                    time = millis(json.getTextCharacters(), json.getTextOffset());
                } else {
                    value = json.getDoubleValue();
                }
            }
        }
        long start = time - time % Workload.WINDOW_MILLIS;
        if (start != lastStart) {
            lastStart = start;
            lastWindow = windows.computeIfAbsent(start, unknown -> new HashMap<>());
        }
        lastWindow.computeIfAbsent(sensor, unknown -> new Statistics()).add(value);
    }

    /** Reads a time as epoch milliseconds; its digits must be where they are in {@code 2025-01-01T12:00:00.123456Z}. */
    private long millis(char[] text, int at) {
        int date = number(text, at, 4) * 10_000 + number(text, at + 5, 2) * 100 + number(text, at + 8, 2);
        if (date != day) {
            day = date;
            dayMillis =
                    LocalDate.of(date / 10_000, date / 100 % 100, date % 100).toEpochDay() * 86_400_000;
        }
        int seconds = (number(text, at + 11, 2) * 60 + number(text, at + 14, 2)) * 60 + number(text, at + 17, 2);
        return dayMillis + seconds * 1000L + number(text, at + 20, 3);
    }

    private static int number(char[] text, int from, int digits) {
        int number = 0;
        for (int i = from; i < from + digits; i++) {
            number = number * 10 + text[i] - '0';
        }
        return number;
    }
}
