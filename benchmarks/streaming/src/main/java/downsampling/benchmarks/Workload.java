package downsampling.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import downsampling.producer.ReadingSender;
import downsampling.producer.source.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.common.utils.Utils;

/**
 * The readings of a run, which are the same each time. All sensors take turns, in order of event time, so that each has
 * {@code perWindow} readings in every window of 10 s. After them come some readings far ahead in event time, which
 * close all windows of every partition.
 *
 * @param readings   how many readings there are, not counting those that close the windows
 * @param sensors    how many sensors take turns
 * @param partitions how many partitions the topic has
 * @param perWindow  how many readings each sensor has in a window
 */
record Workload(long readings, int sensors, int partitions, int perWindow) {
    static final long WINDOW_MILLIS = 10_000;
    /** The prefix of the keys of closing readings; their own summaries are not checked. */
    static final String CLOSING = "closing-";

    private static final long START_MICROS =
            Instant.parse("2025-01-01T12:00:00Z").getEpochSecond() * 1_000_000;
    private static final int CLOSING_PER_PARTITION = 3;
    /** The stride between the sensors of two readings; it is a prime, so that keys do not come in order. */
    private static final long STRIDE = 1_000_003;

    /** The summary that must come of a sensor's window. */
    record Expected(long count, double min, double max, double mean) {}

    /** The number of records on the topic. */
    long records() {
        return readings + (long) CLOSING_PER_PARTITION * partitions;
    }

    int windows() {
        return Math.toIntExact((readings + perWindow() * (long) sensors - 1) / (perWindow() * (long) sensors));
    }

    private int sensor(long reading) {
        return (int) (reading % sensors * STRIDE % sensors);
    }

    private long micros(long reading) {
        return START_MICROS + (long) (reading * (WINDOW_MILLIS * 1000.0 / ((double) sensors * perWindow)));
    }

    /** A whole number from 0 to 100, like the values of the producer. */
    static int value(long reading) {
        long mixed = (reading + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return (int) Long.remainderUnsigned(mixed ^ (mixed >>> 32), 101);
    }

    static String name(int sensor) {
        return "Sensor" + (sensor + 1);
    }

    /** The end of a window, in epoch milliseconds. */
    static long windowEnd(int window) {
        return START_MICROS / 1000 + (window + 1) * WINDOW_MILLIS;
    }

    /**
     * Works out the summaries by brute force, by window and sensor; null if a sensor has no reading in the last window.
     */
    Expected[][] expected() {
        Expected[][] all = new Expected[windows()][sensors];
        long[] sums = new long[sensors];
        for (int window = 0; window < all.length; window++) {
            Arrays.fill(sums, 0);
            long first = (long) window * sensors * perWindow;
            long end = Math.min(readings, first + (long) sensors * perWindow);
            for (long reading = first; reading < end; reading++) {
                int sensor = sensor(reading);
                int value = value(reading);
                Expected before = all[window][sensor];
                sums[sensor] += value;
                long count = before == null ? 1 : before.count + 1;
                all[window][sensor] = new Expected(
                        count,
                        before == null ? value : Math.min(before.min, value),
                        before == null ? value : Math.max(before.max, value),
                        (double) sums[sensor] / count);
            }
        }
        return all;
    }

    /** Writes all readings as the producer does, with its message format, its header and its client settings. */
    void send(String bootstrapServers, String topic) throws Exception {
        int senders = Math.min(2, partitions);
        ExecutorService executor = Executors.newFixedThreadPool(senders);
        try {
            List<Future<Void>> sent = new ArrayList<>();
            for (int i = 0; i < senders; i++) {
                int remainder = i;
                sent.add(executor.submit((Callable<Void>) () -> {
                    send(bootstrapServers, topic, senders, remainder);
                    return null;
                }));
            }
            for (Future<Void> future : sent) {
                future.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    /** Sends the readings of every n-th partition; each partition has one sender, so its readings stay in order. */
    private void send(String bootstrapServers, String topic, int senders, int remainder) {
        byte[][] keys = new byte[sensors][];
        for (int sensor = 0; sensor < sensors; sensor++) {
            byte[] key = name(sensor).getBytes(ISO_8859_1);
            keys[sensor] = partition(key) % senders == remainder ? key : null;
        }
        try (ReadingSender sender =
                new ReadingSender(Map.of("bootstrap.servers", bootstrapServers), topic, remainder, () -> {})) {
            Json json = new Json();
            for (long reading = 0; reading < readings; reading++) {
                byte[] key = keys[sensor(reading)];
                if (key != null) {
                    sender.send(Message.of(key, json.write(micros(reading), value(reading))));
                }
            }
            long later = micros(readings) + 3_600_000_000L;
            for (int partition = remainder; partition < partitions; partition += senders) {
                byte[] key = closingKey(partition);
                for (int i = 0; i < CLOSING_PER_PARTITION; i++) {
                    sender.send(Message.of(key, json.write(later, 0)));
                }
            }
            sender.flush();
            if (sender.failed() > 0) {
                throw new IllegalStateException(
                        "preloading failed", sender.firstFailure().orElseThrow());
            }
        }
    }

    private int partition(byte[] key) {
        return partition(key, partitions);
    }

    /** The partition that Kafka's Java producer chooses for a key. */
    static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }

    private byte[] closingKey(int partition) {
        for (int i = 0; ; i++) {
            byte[] key = (CLOSING + i).getBytes(ISO_8859_1);
            if (partition(key) == partition) {
                return key;
            }
        }
    }

    /** Writes a message such as {@code {"ts":"2025-01-01T12:00:00.123456Z","value":42}}. */
    static final class Json {
        private long lastSecond = -1;
        private String prefix;

        byte[] write(long micros, int value) {
            long second = micros / 1_000_000;
            if (second != lastSecond) {
                prefix = "{\"ts\":\"" + Instant.ofEpochSecond(second).toString().replace("Z", ".");
                lastSecond = second;
            }
            String fraction = Long.toString(1_000_000 + micros % 1_000_000).substring(1);
            return (prefix + fraction + "Z\",\"value\":" + value + "}").getBytes(ISO_8859_1);
        }
    }
}
