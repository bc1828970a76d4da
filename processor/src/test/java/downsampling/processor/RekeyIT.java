package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.header;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Readings of a sensor that are in any partition, under any key, and several in one message: one summary for each window. */
@BrokerTest
class RekeyIT {
    private static final int PARTITIONS = 6;

    private final Broker broker;
    private final Random random = new Random(11);

    RekeyIT(Broker broker) {
        this.broker = broker;
    }

    private record Sent(String sensor, long time, int temperature) {}

    /** Five minutes of ten sensors, a reading a second, each in any partition; nothing of it is late however it is read. */
    private List<Sent> readings() {
        List<Sent> readings = new ArrayList<>();
        for (int second = 0; second < 300; second++) {
            for (int sensor = 0; sensor < 10; sensor++) {
                readings.add(
                        new Sent("sensor-" + sensor, T0 + second * 1000 + random.nextInt(900), random.nextInt(100)));
            }
        }
        return readings;
    }

    /** With the time of the reading as the record's own, as if it had come in then. */
    private void send(Pipeline pipeline, int partition, Sent reading, byte[] key) {
        String message = "{\"device\":{\"id\":\"" + reading.sensor + "\"},\"timestamp\":" + reading.time / 1000.0
                + ",\"temp\":" + reading.temperature + ",\"hum\":40}";
        pipeline.send(new ProducerRecord<>(pipeline.raw, partition, reading.time, key, message.getBytes(UTF_8)));
    }

    /** A topic for records with timestamps of long ago: by default the broker would delete them sooner or later. */
    private String oldReadings(int partitions) {
        return broker.newTopic("raw", partitions, Map.of("retention.ms", "-1"));
    }

    private static List<Window> expected(List<Sent> readings) {
        TreeMap<String, TreeMap<Long, DoubleSummaryStatistics>> windows = new TreeMap<>();
        for (Sent reading : readings) {
            windows.computeIfAbsent(reading.sensor, none -> new TreeMap<>())
                    .computeIfAbsent(reading.time / 10_000 * 10_000, none -> new DoubleSummaryStatistics())
                    .accept(reading.temperature);
        }
        List<Window> expected = new ArrayList<>();
        windows.forEach((sensor, byStart) -> byStart.forEach((start, all) -> expected.add(new Window(
                sensor, start, start + 10_000, all.getCount(), all.getMin(), all.getMax(), all.getAverage()))));
        return expected.stream().sorted(Window.ORDER).toList();
    }

    private static List<String> nested() {
        return List.of("--sensor-field=/device/id", "--time-field=timestamp", "--time-unit=s");
    }

    /** A backlog: what is read first of one partition is not too early for another. */
    @Test
    void shouldMakeOneSummaryOfASensorThatIsInAllPartitionsUnderAnyKey() {
        try (Pipeline pipeline = new Pipeline(broker, oldReadings(PARTITIONS))) {
            pipeline.fields = "temperature=temp";
            pipeline.more = nested();
            pipeline.idleClose = Duration.ofSeconds(1);
            List<Sent> readings = readings();
            for (Sent reading : readings) {
                byte[] key = random.nextBoolean() ? null : new byte[] {0, (byte) random.nextInt()};
                send(pipeline, random.nextInt(PARTITIONS), reading, key);
            }
            pipeline.flush();
            Service first = pipeline.startAndAwaitWork();
            List<Window> expected = expected(readings);
            assertThat(pipeline.windows(expected.size() / 3)).isNotEmpty();
            pipeline.stop(first);
            pipeline.start();
            pipeline.start();

            assertThat(pipeline.windows(expected.size())).isEqualTo(expected);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** One partition says nothing for a while: the others' windows wait for it. */
    @Test
    void shouldNotTakeForLateWhatIsReadLater() {
        try (Pipeline pipeline = new Pipeline(broker, oldReadings(2))) {
            pipeline.more = List.of("--rekey");
            pipeline.idleClose = Duration.ofSeconds(1);
            List<Sent> readings = readings();
            readings.forEach(reading -> pipeline.send(new ProducerRecord<>(
                    pipeline.raw,
                    reading.sensor.charAt(7) % 2,
                    reading.time,
                    reading.sensor.getBytes(UTF_8),
                    Pipeline.json(reading.time, reading.temperature).getBytes(UTF_8))));
            pipeline.flush();
            pipeline.start();

            List<Window> expected = expected(readings);
            assertThat(pipeline.windows(expected.size())).isEqualTo(expected);
            assertThat(pipeline.late(0)).isEmpty();
        }
    }

    @Test
    void shouldReadEachElementAndSayWhichIsNone() {
        try (Pipeline pipeline = new Pipeline(broker, 3)) {
            pipeline.fields = "temperature=t,humidity=h";
            pipeline.more = List.of("--each=/data", "--sensor-field=id");
            pipeline.idleClose = Duration.ofSeconds(1);
            pipeline.start();
            pipeline.send(
                    0,
                    "gateway",
                    "{\"ts\":" + T0 + ",\"id\":\"house\",\"data\":[{\"id\":\"a\",\"t\":1},{\"id\":7,\"t\":2,\"h\":50},"
                            + "{\"t\":\"warm\"},{\"t\":3,\"ts\":\"" + Instant.ofEpochMilli(T0 + 1000) + "\"}]}");
            pipeline.send(1, "gateway", "{\"ts\":" + T0 + ",\"data\":[]}");
            pipeline.send(2, "gateway", "{\"ts\":" + T0 + ",\"data\":[{\"id\":\"a\",\"t\":5}]}");

            assertThat(pipeline.summaries(3)).hasSize(3).satisfies(summaries -> {
                assertThat(text(summaries, "a"))
                        .contains("\"temperature\":{\"count\":2,\"min\":1,\"max\":5,\"mean\":3}}");
                assertThat(text(summaries, "7"))
                        .contains("\"temperature\":{\"count\":1,", "\"humidity\":{\"count\":1,");
                assertThat(text(summaries, "house")).contains("\"count\":1,\"min\":3");
            });
            assertThat(pipeline.dead(2))
                    .hasSize(2)
                    .anySatisfy(dead -> {
                        assertThat(header(dead, "__streams.errors.message"))
                                .isEqualTo(
                                        "element 2: value: expected a number in field \"t\", found the text \"warm\"");
                        assertThat(header(dead, "dead.element")).isEqualTo("2");
                        assertThat(new String(dead.value(), UTF_8)).startsWith("{\"ts\":" + T0);
                    })
                    .anySatisfy(dead -> assertThat(header(dead, "__streams.errors.message"))
                            .isEqualTo("/data: expected an array of readings, found an empty one"));

            pipeline.send(
                    1, "gateway", "{\"ts\":" + T0 + ",\"data\":[{\"id\":\"b\",\"t\":5},{\"id\":\"a\",\"t\":6.5}]}");
            assertThat(pipeline.late(1))
                    .singleElement()
                    .satisfies(
                            late -> { // for b, nothing is closed
                                assertThat(new String(late.key(), UTF_8)).isEqualTo("a");
                                assertThat(new String(late.value(), UTF_8))
                                        .isEqualTo("{\"time\":\"2025-01-01T12:00:00Z\",\"temperature\":6.5}");
                                assertThat(header(late, "source.topic")).isEqualTo(pipeline.raw);
                                assertThat(header(late, "source.partition")).isEqualTo("1");
                                assertThat(header(late, "source.offset")).isEqualTo("1");
                                assertThat(header(late, "source.element")).isEqualTo("1");
                                assertThat(header(late, "late.window.start")).isEqualTo(String.valueOf(T0));
                            });
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** Silence of all partitions, and only that, closes the last windows, once. */
    @Test
    void shouldBeIdleOnlyWhenAllIsReadToItsEnd() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            pipeline.more = List.of("--rekey");
            pipeline.idleClose = Duration.ofSeconds(2);
            pipeline.start();
            for (int i = 0; i < 20; i++) { // of one sensor in both partitions; the other is silent
                pipeline.send(i % 2, "a", T0 + i, i);
                pipeline.flush();
                Thread.sleep(300);
                assertThat(pipeline.summaries(0)).isEmpty();
            }
            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 20, 0, 19, 9.5));
        }
    }

    private static String text(List<? extends ConsumerRecord<byte[], byte[]>> summaries, String sensor) {
        return IntStream.range(0, summaries.size())
                .filter(i -> new String(summaries.get(i).key(), UTF_8).equals(sensor))
                .mapToObj(i -> new String(summaries.get(i).value(), UTF_8))
                .findFirst()
                .orElseThrow();
    }
}
