package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.producer.source.Message;
import downsampling.producer.source.SyntheticSource;
import downsampling.producer.source.SyntheticSource.Recipe;
import downsampling.producer.source.SyntheticSource.Shares;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole program against a broker, in this JVM and from its jar. */
@BrokerTest
class ProducerIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final Broker broker;
    private final StringWriter out = new StringWriter();
    /** Messages for the caller, and the log. */
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    ProducerIT(Broker broker) {
        this.broker = broker;
    }

    @Test
    void shouldDeliverEachMessageOfASeedOnceAndInOrder() {
        String topic = broker.newTopic("seeded", 6);
        Instant start = Instant.parse("2025-01-01T12:00:00Z");
        Instant before = Instant.now();

        int exitCode = run(
                "--topic",
                topic,
                "--count",
                "20000",
                "--rate",
                "max",
                "--seed",
                "42",
                "--start-time",
                start.toString(),
                "--out-of-order",
                "0.1",
                "--late",
                "0.05",
                "--future",
                "0.01",
                "--corrupt",
                "0.1");

        assertThat(exitCode).as(err.toString()).isZero();
        assertThat(out.toString()).startsWith("sent 20000, failed 0, ").contains(", late ", ", corrupt ");
        List<Message> expected = new ArrayList<>();
        new SyntheticSource(new Recipe(
                        5,
                        20_000,
                        Optional.of(Double.POSITIVE_INFINITY),
                        42,
                        Optional.of(start),
                        new Shares(0.1, 0.05, 0.01, 0.1)))
                .forEachRemaining(expected::add);
        List<ConsumerRecord<byte[], byte[]>> records = broker.read(topic, 20_000);
        assertThat(records).hasSize(20_000);
        assertThat(bySensor(records.stream()
                        .map(r -> text(r.key()) + " " + text(r.value()))
                        .toList()))
                .isEqualTo(bySensor(
                        expected.stream().map(m -> m.sensor() + " " + m.text()).toList()));
        assertThat(records)
                .extracting(
                        r -> UUID.fromString(text(r.headers().lastHeader("uuid").value())))
                .doesNotHaveDuplicates()
                .allMatch(uuid -> uuid.version() == 8 && uuid.variant() == 2);
        assertThat(records)
                .extracting(r -> Instant.ofEpochMilli(r.timestamp()))
                .allMatch(sent -> !sent.isBefore(before.minusMillis(1)) && !sent.isAfter(Instant.now()));
    }

    @Test
    void shouldGiveTheSameUuidsAgainForTheSameSeed() {
        String topic = broker.newTopic("uuids", 1);
        for (long seed : new long[] {1, 1, 2}) {
            assertThat(run("--topic", topic, "--count", "10", "--rate", "max", "--seed", "" + seed))
                    .isZero();
        }

        List<String> uuids = broker.read(topic, 30).stream()
                .map(r -> text(r.headers().lastHeader("uuid").value()))
                .toList();

        assertThat(uuids.subList(10, 20)).isEqualTo(uuids.subList(0, 10));
        assertThat(uuids.subList(20, 30)).doesNotContainAnyElementsOf(uuids.subList(0, 10));
    }

    @Test
    void shouldFailWhereEveryLineOfAFileWasSkippedAndWhereItIsInAnotherCharset() throws Exception {
        String topic = broker.newTopic("skipped", 1);
        Path semicolons = Files.writeString(folder.resolve("semicolons.csv"), "A;1735732800;1\nB;1735732800;2\n");
        Path latin = Files.write(
                folder.resolve("latin.csv"),
                "A,1735732800,1\nK\u00f6ln,1735732800,2\n".getBytes(StandardCharsets.ISO_8859_1));
        String[] columns = {
            "--topic", topic, "--speed=max", "--source=csv", "--sensor-column=1", "--time-column=2", "--value-column=3"
        };

        assertThat(run(with(columns, "--file=" + semicolons))).isEqualTo(1);
        assertThat(err.toString())
                .contains("producer: " + semicolons
                        + ": expected readings, found none; all 2 lines were skipped, first line 1: ");
        assertThat(run(with(columns, "--file=" + latin))).isEqualTo(1);
        assertThat(err.toString())
                .contains("producer: " + latin + ":2: expected text in UTF-8, found byte 0xf6; --charset");
        assertThat(run(with(columns, "--file=" + latin, "--charset=ISO-8859-1", "--double-encoded")))
                .isZero();

        assertThat(broker.read(topic, 3))
                .extracting(record -> new String(record.key(), UTF_8) + " " + new String(record.value(), UTF_8))
                .startsWith("A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"value\":1}")
                .endsWith("Köln \"{\\\"ts\\\":\\\"2025-01-01T12:00:00.000000Z\\\",\\\"value\\\":2}\"");
    }

    private static String[] with(String[] arguments, String... more) {
        return Stream.of(arguments, more).flatMap(Stream::of).toArray(String[]::new);
    }

    @Test
    void shouldReplayAFile() throws IOException {
        String topic = broker.newTopic("file", 1);
        Path file = Files.writeString(
                folder.resolve("room.csv"), "room,time,celsius\nA,1735732800,1\nB,?,2\nA,1735732801,2.5\n");

        int exitCode = run(
                "--topic",
                topic,
                "--source",
                "csv",
                "--file",
                file.toString(),
                "--speed",
                "max",
                "--sensor-column",
                "room",
                "--time-column",
                "time",
                "--value-column",
                "celsius");

        assertThat(exitCode).as(err.toString()).isZero();
        assertThat(out.toString()).startsWith("sent 2, failed 0, ").contains("lines skipped 1");
        assertThat(err.toString()).contains(file + ":3: time '?' is neither");
        assertThat(broker.read(topic, 2))
                .extracting(r -> text(r.key()) + " " + text(r.value()))
                .containsExactly(
                        "A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"value\":1}",
                        "A {\"ts\":\"2025-01-01T12:00:01.000000Z\",\"value\":2.5}");
    }

    @Test
    void shouldCreateAMissingTopicAsToldAndLeaveAnExistingOneAlone() throws Exception {
        String topic = "missing-" + UUID.randomUUID();

        assertThat(run("--topic", topic, "--count", "1", "--partitions", "3", "--retention", "7d"))
                .isZero();
        assertThat(err.toString()).contains("Created topic " + topic + " with 3 partitions");
        assertThat(run("--topic", topic, "--count", "1", "--partitions", "4", "--retention", "1h"))
                .isZero();
        assertThat(err.toString()).doesNotContain("Created");

        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            TopicDescription description =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            assertThat(description.partitions()).hasSize(3);
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            assertThat(admin.describeConfigs(List.of(resource))
                            .all()
                            .get()
                            .get(resource)
                            .get("retention.ms")
                            .value())
                    .isEqualTo("" + Duration.ofDays(7).toMillis());
        }
        assertThat(broker.read(topic, 2)).hasSize(2);
    }

    @Test
    void shouldFailWhenADeliveryFails() {
        String topic = broker.newTopic("too-large", 1, Map.of("max.message.bytes", "100"));

        assertThat(run("--topic", topic, "--count", "1000000", "--rate", "100")).isEqualTo(1);

        assertThat(out.toString()).startsWith("sent 0, failed ");
        assertThat(err.toString()).containsPattern("producer: [1-9][0-9]* readings failed, the first one: ");
    }

    @Test
    void shouldTakeKafkaSettingsFromAFile() throws IOException {
        String topic = broker.newTopic("compression", 1);
        Path config = Files.writeString(
                folder.resolve("client.properties"), "bootstrap.servers=" + broker.bootstrapServers() + "\n");

        int exitCode = run(
                Map.of("PRODUCER_COUNT", "3", "PRODUCER_RATE", "max", "PRODUCER_TOPIC", topic),
                "--config",
                config.toString());

        assertThat(exitCode).as(err.toString()).isZero();
        assertThat(broker.read(topic, 3)).hasSize(3);
    }

    @Test
    void shouldDeliverOnSigtermWhatItSaysItSent() throws Exception {
        String topic = broker.newTopic("sigterm", 3);
        Process process = start("--topic", topic, "--count", "0", "--rate", "20000");
        try {
            awaitRecords(topic, 1_000);

            process.destroy();

            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isZero();
        Matcher summary = Pattern.compile("sent ([0-9]+), failed 0, .* readings/s\\R")
                .matcher(Files.readString(folder.resolve("out")));
        assertThat(summary.matches()).isTrue();
        int sent = Integer.parseInt(summary.group(1));
        assertThat(broker.read(topic, sent)).hasSize(sent);
        assertThat(folder.resolve("err")).content().hasLineCount(1).contains(" INFO  Main - Sending to topic " + topic);
    }

    @Test
    void shouldLogEachReadingWhenAsked() throws Exception {
        String topic = broker.newTopic("logged", 1);

        Process process = start("--topic", topic, "--count", "3", "--rate", "max", "--log-readings");

        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(folder.resolve("err"))
                .content()
                .containsPattern("(.* INFO .* - Sensor[1-5] \\{\"ts\":\".*Z\",\"value\":[0-9]+}\\R){3}");
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.reset();
        return run(Map.of("PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers()), arguments);
    }

    private int run(Map<String, String> environment, String... arguments) {
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true));
        try {
            return new Main(environment).run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        } finally {
            System.setErr(before);
        }
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", "target/producer.jar"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().put("PRODUCER_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        return builder.start();
    }

    private void awaitRecords(String topic, int count) throws Exception {
        Instant deadline = Instant.now().plus(PATIENCE);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            Map<TopicPartition, OffsetSpec> ends = Map.of(
                    new TopicPartition(topic, 0), OffsetSpec.latest(),
                    new TopicPartition(topic, 1), OffsetSpec.latest(),
                    new TopicPartition(topic, 2), OffsetSpec.latest());
            long there = 0;
            while (there < count) {
                assertThat(Instant.now())
                        .as("%d of %d records are there", there, count)
                        .isBefore(deadline);
                there = admin.listOffsets(ends).all().get().values().stream()
                        .mapToLong(end -> end.offset())
                        .sum();
            }
        }
    }

    /** Order holds within a partition, so within a sensor; what has no sensor may be anywhere. */
    private static Map<String, List<String>> bySensor(List<String> messages) {
        Map<String, List<String>> sensors = new HashMap<>();
        messages.forEach(m -> sensors.computeIfAbsent(m.split(" ", 2)[0], s -> new ArrayList<>())
                .add(m));
        sensors.computeIfPresent("null", (none, list) -> list.stream().sorted().toList());
        return sensors;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, UTF_8);
    }
}
