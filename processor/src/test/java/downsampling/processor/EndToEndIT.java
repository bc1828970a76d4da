package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
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
                new ReadingSender(Map.of("bootstrap.servers", broker.bootstrapServers()), pipeline.raw, 42)) {
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

    /** Four real sensors, an hour of the year 2016, by the producer's own jar. */
    @Test
    void shouldSummariseRecordedReadingsAsBruteForceDoes() throws Exception {
        assumeTrue(Files.exists(DATA), "the recorded data is not here");
        try (Pipeline pipeline = new Pipeline(broker, 6)) {
            pipeline.idleClose = Duration.ofSeconds(2);
            pipeline.start();
            List<String> command = List.of(
                    ProcessHandle.current().info().command().orElse("java"),
                    "-jar",
                    "../producer/target/producer.jar",
                    "--bootstrap-servers",
                    broker.bootstrapServers(),
                    "--topic",
                    pipeline.raw,
                    "--source",
                    "csv",
                    "--file",
                    DATA.toString(),
                    "--sensor-column",
                    "4",
                    "--time-column",
                    "2",
                    "--value-column",
                    "5",
                    "--speed",
                    "max");

            assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                    .isZero();

            List<Window.Said> said = Files.readAllLines(DATA).stream()
                    .map(line -> line.split(", "))
                    .map(field -> new Window.Said(field[3], Long.parseLong(field[1]), Double.parseDouble(field[4])))
                    .toList();
            List<Window> expected = Window.bruteForce(said, 10_000);
            assertThat(pipeline.windows(expected.size())).containsExactlyElementsOf(expected);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
        }
    }
}
