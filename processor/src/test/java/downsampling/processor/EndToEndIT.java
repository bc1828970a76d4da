package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.TopologyKind;
import downsampling.producer.ReadingSender;
import downsampling.producer.source.SyntheticReading;
import downsampling.producer.source.SyntheticSource;
import downsampling.producer.source.SyntheticSource.Shares;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real producer, the real topology, a real broker, and every summary held against brute force. */
@BrokerTest
class EndToEndIT {
    private static final Path DATA = Path.of("../../shared/data/room-climate/location_A-measurement60.csv");

    private final Broker broker;

    EndToEndIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldSummariseASeededRunAsBruteForceDoes(TopologyKind topology) {
        int partitions = 6;
        try (Pipeline pipeline = new Pipeline(broker, partitions)) {
            pipeline.topology = topology;
            Service service = pipeline.start();

            List<Window.Said> said = sendSyntheticReadings(pipeline);
            for (int partition = 0; partition < partitions; partition++) {
                pipeline.closeWindowsBefore(partition, T0 + 3_600_000);
            }
            pipeline.awaitAllRead();

            List<Window> expected = Window.bruteForce(said, 10_000);
            assertThat(expected).hasSizeGreaterThan(200);
            assertThat(pipeline.windows(expected.size())).containsExactlyElementsOf(expected);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(Pipeline.dropped(service)).isZero();
        }
    }

    /** 20 000 readings of 5 sensors in 400 s of event time, a fifth of them up to a second out of order. */
    private List<Window.Said> sendSyntheticReadings(Pipeline pipeline) {
        SyntheticSource source = new SyntheticSource(new SyntheticSource.Recipe(
                5, 20_000, Optional.of(50.0), 42, Optional.of(Instant.ofEpochMilli(T0)), new Shares(0.2, 0, 0, 0)));
        List<Window.Said> said = new ArrayList<>();
        try (ReadingSender sender =
                new ReadingSender(Map.of("bootstrap.servers", broker.bootstrapServers()), pipeline.raw, 42, () -> {})) {
            while (source.hasNext()) {
                SyntheticReading message = source.next();
                said.add(new Window.Said(message.sensor(), message.eventTime().toEpochMilli(), message.reading()));
                sender.send(message);
            }
            sender.flush();
            assertThat(sender.sent()).isEqualTo(20_000);
        }
        return said;
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldSummariseSensorsThatAreSilentForManyWindows(TopologyKind topology) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.topology = topology;
            pipeline.start();
            List<Window.Said> said = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                said.add(new Window.Said("slow", T0 + 45_000L * i, -i));
                said.add(new Window.Said("slower", T0 + 100_000L * i, i + 0.1));
            }
            said.sort(java.util.Comparator.comparing(Window.Said::time));

            said.forEach(reading -> pipeline.send(0, reading.sensor(), reading.time(), reading.value()));
            pipeline.closeWindowsBefore(0, T0 + 10_000_000);

            assertThat(pipeline.windows(80)).containsExactlyElementsOf(Window.bruteForce(said, 10_000));
        }
    }

    /** As the tutorial's producer writes them: encoded twice, local time that names no zone. */
    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldUnderstandTheTutorialsMessages(TopologyKind topology) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.topology = topology;
            pipeline.start();

            pipeline.send(0, "Sensor1", "\"{\\\"ts\\\": \\\"2025-01-01T12:00:00.123456\\\", \\\"value\\\": 40}\"");
            pipeline.send(0, "Sensor1", "{\"ts\": \"2025-01-01T12:00:01\", \"value\": 41}");
            pipeline.send(0, "Sensor1", "{\"ts\": \"2025-01-01T14:00:02.5+02:00\", \"value\": 42.5}");
            pipeline.send(0, "Sensor1", "{\"ts\": " + (T0 + 9_999) + ", \"value\": 43, \"unit\": {\"name\": \"C\"}}");
            pipeline.closeWindowsBefore(0, T0 + 10_000);

            assertThat(pipeline.windows(1)).containsExactly(new Window("Sensor1", T0, T0 + 10_000, 4, 40, 43, 41.625));
        }
    }

    /** Four real sensors, an hour of the year 2016, by the producer's own jar: every statistic of both of their fields. */
    @Test
    void shouldSummariseRecordedReadingsAsBruteForceDoes() throws Exception {
        assumeTrue(Files.exists(DATA), "the recorded data is not here");
        try (Pipeline pipeline = new Pipeline(broker, 6)) {
            pipeline.idleClose = Duration.ofSeconds(2);
            pipeline.fields = "temperature,humidity";
            pipeline.statistics = "count,sum,min,max,mean,stddev,first,last,median,p1,p99";
            pipeline.start();

            runProducer(
                    pipeline,
                    "--source=csv",
                    "--file=" + DATA,
                    "--sensor-column=4",
                    "--time-column=2",
                    "--value-column=temperature=5,humidity=6",
                    "--speed=max");

            List<FieldWindow.Said> said = new ArrayList<>();
            for (String line : Files.readAllLines(DATA)) {
                String[] cells = line.split(", ");
                long time = Long.parseLong(cells[1]);
                said.add(new FieldWindow.Said(cells[3], time, "temperature", Double.parseDouble(cells[4])));
                said.add(new FieldWindow.Said(cells[3], time, "humidity", Double.parseDouble(cells[5])));
            }
            List<FieldWindow> expected = FieldWindow.bruteForce(said, 10_000);
            assertThat(expected).hasSizeGreaterThan(1_000);
            FieldWindow.assertSame(pipeline.summaries(expected.size() / 2), expected, pipeline.statistics);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** As far as a cell is empty, a reading has one field only, and a window, too. */
    @Test
    void shouldSummariseAFileWithEmptyCells(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("readings.csv"), """
                room,time,t,rh
                A,2025-01-01T12:00:00Z,21.5,40.2
                A,2025-01-01T12:00:01Z,,41
                B,2025-01-01T12:00:01Z,,39
                A,2025-01-01T12:00:02Z,22.5,
                A,2025-01-01T12:00:03Z,,
                A,2025-01-01T12:00:04Z,warm,42
                """);
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.idleClose = Duration.ofSeconds(2);
            pipeline.fields = "temperature,humidity";
            pipeline.statistics = "count,mean,last";
            pipeline.start();

            runProducer(
                    pipeline,
                    "--source=csv",
                    "--file=" + file,
                    "--sensor-column=room",
                    "--time-column=time",
                    "--value-column=temperature=t,humidity=rh",
                    "--speed=max");

            assertThat(pipeline.summaries(2))
                    .extracting(summary -> new String(summary.key(), UTF_8) + " " + new String(summary.value(), UTF_8))
                    .containsExactlyInAnyOrder(
                            "A {\"time\":1735732810000,\"temperature\":{\"count\":2,\"mean\":22,\"last\":22.5},"
                                    + "\"humidity\":{\"count\":2,\"mean\":40.6,\"last\":41}}",
                            "B {\"time\":1735732810000,\"humidity\":{\"count\":1,\"mean\":39,\"last\":39}}");
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldSummariseSeveralFieldsOfASeededRunAsBruteForceDoes(TopologyKind topology) throws Exception {
        int partitions = 3;
        try (Pipeline pipeline = new Pipeline(broker, partitions)) {
            pipeline.topology = topology;
            pipeline.fields = "temperature,humidity";
            pipeline.statistics = "count,min,max,mean,p99";
            pipeline.start();

            runProducer(
                    pipeline,
                    "--fields=temperature,humidity",
                    "--count=10000",
                    "--rate=50",
                    "--seed=42",
                    "--start-time=" + Instant.ofEpochMilli(T0),
                    "--out-of-order=0.2",
                    "--speed=max");
            for (int partition = 0; partition < partitions; partition++) {
                pipeline.send(partition, "closer", "{\"ts\":" + (T0 + 3_600_000) + ",\"humidity\":0}");
            }
            pipeline.awaitAllRead();

            List<FieldWindow.Said> said = new ArrayList<>();
            List<String> fields = List.of("temperature", "humidity");
            new SyntheticSource(new SyntheticSource.Recipe(
                            5,
                            10_000,
                            Optional.of(50.0),
                            42,
                            Optional.of(Instant.ofEpochMilli(T0)),
                            new Shares(0.2, 0, 0, 0),
                            fields))
                    .forEachRemaining(message -> {
                        SyntheticReading reading = (SyntheticReading) message;
                        for (int i = 0; i < fields.size(); i++) {
                            said.add(new FieldWindow.Said(
                                    reading.sensor(),
                                    reading.eventTime().toEpochMilli(),
                                    fields.get(i),
                                    reading.readings()[i]));
                        }
                    });
            List<FieldWindow> expected = FieldWindow.bruteForce(said, 10_000);
            FieldWindow.assertSame(pipeline.summaries(expected.size() / 2), expected, pipeline.statistics);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
        }
    }

    /** By the producer's own jar. */
    private void runProducer(Pipeline pipeline, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"), "-jar", "../producer/target/producer.jar"));
        command.addAll(List.of("--bootstrap-servers", broker.bootstrapServers(), "--topic", pipeline.raw));
        command.addAll(List.of(options));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
