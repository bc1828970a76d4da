package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Four real sensors, an hour of the year 2016, whose readings come as those of sensors do that are not at their best. */
@BrokerTest
class RealSensorsIT {
    private static final Path DATA = Path.of("../../shared/data/room-climate/location_A-measurement60.csv");
    private static final String STATISTICS = "count,sum,min,max,mean,stddev,first,last,median,p1,p99";
    private static final long HOUR = 3_600_000;

    /** A reading, and when it comes: both in epoch milliseconds. */
    private record Reading(String sensor, long time, double temperature, double humidity, long comes) {
        private Reading at(long comes) {
            return new Reading(sensor, time, temperature, humidity, comes);
        }

        private Reading taken(long time) {
            return new Reading(sensor, time, temperature, humidity, comes);
        }

        private List<FieldWindow.Said> said() {
            return List.of(
                    new FieldWindow.Said(sensor, time, "temperature", temperature),
                    new FieldWindow.Said(sensor, time, "humidity", humidity));
        }
    }

    private final Broker broker;
    private final List<Reading> readings = new ArrayList<>();

    RealSensorsIT(Broker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void read() throws Exception {
        assumeTrue(Files.exists(DATA), "the recorded data is not here");
        for (String line : Files.readAllLines(DATA)) {
            String[] cells = line.split(", ");
            long time = Long.parseLong(cells[1]);
            readings.add(new Reading(cells[3], time, Double.parseDouble(cells[4]), Double.parseDouble(cells[5]), time));
        }
    }

    @Test
    void shouldCorrectTheSummariesOfAllLevelsWhenReadingsComeUpToTwoHoursLate() throws Exception {
        Random random = new Random(2016);
        readings.replaceAll(reading -> reading.at(reading.time + random.nextLong(2 * HOUR)));
        try (Pipeline pipeline = pipeline("--allowed-lateness=2h", "--rollups=1m,1h")) {
            pipeline.start();
            send(pipeline);
            Map<String, Long> topics = new LinkedHashMap<>();
            topics.put(pipeline.aggregated, 10_000L);
            topics.put(pipeline.aggregated + "-1m", 60_000L);
            topics.put(pipeline.aggregated + "-1h", HOUR);
            for (Map.Entry<String, Long> topic : topics.entrySet()) {
                List<FieldWindow> expected = expected(topic.getValue());
                List<ConsumerRecord<byte[], byte[]>> found = broker.read(topic.getKey(), expected.size() / 2);
                FieldWindow.assertSame(lastRevisions(found), expected, STATISTICS);
                assertThat(found).as("with corrections").hasSizeGreaterThan(expected.size() / 2);
            }
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    @Test
    void shouldCountEveryReadingOfASensorWithAnotherClockAndOfOneThatWasCutOff() throws Exception {
        long begin = readings.get(0).time;
        readings.replaceAll(reading -> switch (reading.sensor) {
            case "1" -> reading.taken(reading.time - 47_000);
            case "3" -> reading.at(begin + 2 * HOUR);
            default -> reading;
        });
        try (Pipeline pipeline = pipeline("--stream-time=sensor", "--rollups=1m,1h")) {
            pipeline.start();
            send(pipeline);
            List<FieldWindow> expected = expected(10_000);
            FieldWindow.assertSame(pipeline.summaries(expected.size() / 2), expected, STATISTICS);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
            List<FieldWindow> minutes = expected(60_000);
            FieldWindow.assertSame(broker.read(pipeline.aggregated + "-1m", minutes.size() / 2), minutes, STATISTICS);
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** All sensors are in one partition, as many are where there are thousands of them. */
    private Pipeline pipeline(String... options) {
        Pipeline pipeline = new Pipeline(broker, 1);
        pipeline.fields = "temperature,humidity";
        pipeline.statistics = STATISTICS;
        pipeline.more = List.of(options);
        return pipeline;
    }

    private void send(Pipeline pipeline) throws Exception {
        readings.sort(Comparator.comparingLong(Reading::comes));
        for (Reading reading : readings) {
            String json = "{\"ts\":%d,\"temperature\":%s,\"humidity\":%s}"
                    .formatted(reading.time, reading.temperature, reading.humidity);
            pipeline.send(new ProducerRecord<>(pipeline.raw, 0, reading.sensor.getBytes(UTF_8), json.getBytes(UTF_8)));
        }
        // What closes the last windows: each sensor's own reading, hours later.
        long end = readings.stream().mapToLong(Reading::time).max().orElseThrow() + 5 * HOUR;
        for (String sensor : List.of("1", "2", "3", "4", "closer")) {
            readings.add(new Reading(sensor, end, 20, 40, end));
            String json = "{\"ts\":%d,\"temperature\":20,\"humidity\":40}".formatted(end);
            pipeline.send(new ProducerRecord<>(pipeline.raw, 0, sensor.getBytes(UTF_8), json.getBytes(UTF_8)));
        }
        pipeline.awaitAllRead();
    }

    /** Of the windows that are closed: not of the last reading of each sensor. */
    private List<FieldWindow> expected(long size) {
        long last = readings.get(readings.size() - 1).time;
        return FieldWindow.bruteForce(
                readings.stream()
                        .filter(reading -> reading.time < last)
                        .flatMap(reading -> reading.said().stream())
                        .toList(),
                size);
    }

    private static List<ConsumerRecord<byte[], byte[]>> lastRevisions(List<ConsumerRecord<byte[], byte[]>> found) {
        Map<String, ConsumerRecord<byte[], byte[]>> last = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> summary : found) {
            String window = new String(summary.key(), UTF_8) + " " + Pipeline.header(summary, "window.start");
            ConsumerRecord<byte[], byte[]> before = last.put(window, summary);
            assertThat(Pipeline.revision(summary)).isEqualTo(before == null ? 0 : Pipeline.revision(before) + 1);
        }
        return List.copyOf(last.values());
    }
}
