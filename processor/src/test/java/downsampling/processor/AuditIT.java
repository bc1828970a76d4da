package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.NewTopics;
import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.topics.MissingTopics;
import downsampling.producer.source.SyntheticReading;
import downsampling.producer.source.SyntheticSource;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as it is typed, on what a processor really wrote. */
@BrokerTest
class AuditIT {
    private static final int READINGS = 3000;

    private final Broker broker;
    private final String raw;
    private final String run = UUID.randomUUID().toString();

    AuditIT(Broker broker) {
        this.broker = broker;
        raw = broker.newTopic("raw", 3);
    }

    @Test
    void shouldAccountForEveryReadingWhileTheProcessorRunsAndAfter() throws Exception {
        Map<SyntheticReading.Kind, Integer> sent = new HashMap<>();
        try (Service processor = processor("first")) {
            for (int part = 0; part < 5; part++) {
                send(part, sent);
                Result during = audit("first");
                assertThat(during.exitCode).as(during.text).isZero();
                assertThat(during.count("read")).isEqualTo((part + 1) * READINGS / 5);
            }
            awaitAllClosed(processor, "first");
        }

        Result after = audit("first");

        assertThat(after.exitCode).as(after.text).isZero();
        assertThat(after.count("read")).isEqualTo(READINGS);
        assertThat(after.count("dead"))
                .isEqualTo(sent.get(SyntheticReading.Kind.CORRUPT) + sent.get(SyntheticReading.Kind.FUTURE))
                .isPositive();
        assertThat(after.count("late")).isPositive();
        assertThat(after.count("summarised")).isEqualTo(READINGS - after.count("dead") - after.count("late"));
        assertThat(after.count("summaries"))
                .isEqualTo(broker.read(topic("agg"), 1).size());
        assertThat(run("first"))
                .satisfies(table -> assertThat(table.exitCode).isZero())
                .extracting(table -> table.text)
                .asString()
                .contains("partition 2", "Every reading is accounted for");
    }

    @Test
    void shouldSayThatReadingsAreNotProcessedYet() throws Exception {
        try (Service processor = processor("stopped")) {
            send(0, new HashMap<>());
            awaitAllClosed(processor, "stopped");
        }
        send(1, new HashMap<>());

        Result result = audit("stopped");

        assertThat(result.exitCode).as(result.text).isZero();
        assertThat(result.count("notYet")).isEqualTo(READINGS / 5);
        assertThat(result.count("open")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--rekey", "--rekey --state-store=rocksdb"})
    void shouldAccountForSensorTimeRollupsCorrectionsAndSilence(String more) throws Exception {
        List<String> options = new ArrayList<>(List.of(
                "--stream-time=sensor",
                "--rollups=30s,1m",
                "--calendar=Asia/Kolkata",
                "--allowed-lateness=1h",
                "--silent-after=2s",
                "--statistics=count,last,p90",
                "--dedup"));
        options.addAll(List.of(more.split(" ")));
        options.removeIf(String::isEmpty);
        Result result = null;
        try (Service processor = processor("all", options.toArray(String[]::new))) {
            for (int part = 0; part < 5; part++) {
                send(part, new HashMap<>());
                result = run("all", options, "--json");
                // Where readings are rekeyed, it fails until the topic for that is there.
                assertThat(result.text.isEmpty() || result.exitCode == 0)
                        .as(result.text)
                        .isTrue();
            }
            for (Instant deadline = Instant.now().plusSeconds(60); ; ) {
                result = run("all", options, "--json");
                if (result.count("notYet") == 0
                        && result.count("open") == 0
                        && result.text.contains("\"silent\"")
                        && result.count("silent")
                                == broker.read(topic("status"), 1).stream()
                                        .map(record -> new String(record.key(), UTF_8))
                                        .distinct()
                                        .count()) {
                    break;
                }
                assertThat(processor.failed()).isFalse();
                assertThat(Instant.now()).as(result.text).isBefore(deadline);
            }
            correct(broker.read(topic("agg"), 1).get(0));
            for (Instant deadline = Instant.now().plusSeconds(30);
                    result.count("read") == READINGS || result.count("notYet") > 0; ) {
                result = run("all", options, "--json");
                assertThat(Instant.now()).as(result.text).isBefore(deadline);
            }
        }

        assertThat(result.exitCode).as(result.text).isZero();
        assertThat(result.count("late")).isZero();
        assertThat(result.count("revisions")).isPositive();
        assertThat(result.count("summarised") + result.count("dead") + result.count("duplicate"))
                .isEqualTo(READINGS + 1);
        List<String> topics = List.of(topic("agg"), topic("agg") + "-30s", topic("agg") + "-1m");
        for (String without : topics) {
            String lossy = broker.newTopic("lossy", 3);
            for (String topic : topics) {
                List<ConsumerRecord<byte[], byte[]>> summaries = new ArrayList<>(broker.read(topic, 1));
                if (topic.equals(without)) {
                    summaries.remove(firstOfMore(summaries));
                }
                copy(summaries, topic.replace(topic("agg"), lossy));
            }

            Result faulty = run("all", options, "--json", "--output-topic=" + lossy);

            assertThat(faulty.exitCode).as(without + faulty.text).isEqualTo(1);
            assertThat(faulty.count("lost") + faulty.count("wrong"))
                    .as(without + faulty.text)
                    .isPositive();
        }
    }

    /** Sends another reading for the window of a summary. */
    private void correct(ConsumerRecord<byte[], byte[]> summary) {
        long start = Long.parseLong(
                new String(summary.headers().lastHeader("window.start").value(), UTF_8));
        try (Producer<byte[], byte[]> producer = producer()) {
            producer.send(new ProducerRecord<>(
                    raw, summary.key(), ("{\"ts\":" + start + ",\"value\":77.5}").getBytes(UTF_8)));
        }
    }

    /** A summary of a sensor that has another one afterwards: without that, nothing need say that the window is closed. */
    private static ConsumerRecord<byte[], byte[]> firstOfMore(List<ConsumerRecord<byte[], byte[]>> summaries) {
        Map<String, ConsumerRecord<byte[], byte[]>> first = new HashMap<>();
        return summaries.stream()
                .map(summary -> first.putIfAbsent(new String(summary.key(), UTF_8), summary))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow();
    }

    private void copy(List<ConsumerRecord<byte[], byte[]>> records, String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            if (!admin.listTopics().names().get().contains(topic)) {
                admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1)))
                        .all()
                        .get();
                MissingTopics.awaitLeaders(admin, List.of(topic)); // else the first batch may wait for minutes
            }
        }
        try (Producer<byte[], byte[]> producer = producer()) {
            records.forEach(record -> producer.send(new ProducerRecord<>(
                    topic, record.partition(), null, record.key(), record.value(), record.headers())));
        }
    }

    @Test
    void shouldFindASecondSetOfResultsInTheSameTopics() throws Exception {
        send(0, new HashMap<>());
        for (String application : List.of("one", "two")) {
            try (Service processor = processor(application)) {
                awaitAllClosed(processor, application);
            }
        }

        Result result = audit("two");

        assertThat(result.exitCode).isEqualTo(1);
        assertThat(result.count("lost")).isZero();
        assertThat(result.count("twice"))
                .isEqualTo(result.count("summaries") / 2 + result.count("late") + result.count("dead"));
    }

    @Test
    void shouldMissTheReadingsOfASummaryThatIsGone() throws Exception {
        send(0, new HashMap<>());
        try (Service processor = processor("lossy")) {
            awaitAllClosed(processor, "lossy");
        }
        List<ConsumerRecord<byte[], byte[]>> summaries = broker.read(topic("agg"), 1);
        ConsumerRecord<byte[], byte[]> gone = summaries.get(summaries.size() / 2);
        String lossy = broker.newTopic("lossy", 3);
        try (Producer<byte[], byte[]> producer = producer()) {
            summaries.stream()
                    .filter(summary -> summary != gone)
                    .forEach(summary -> producer.send(new ProducerRecord<>(
                            lossy, summary.partition(), null, summary.key(), summary.value(), summary.headers())));
        }

        Result result = run("lossy", "--json", "--output-topic=" + lossy);

        assertThat(result.exitCode).isEqualTo(1);
        assertThat(result.count("lost"))
                .isEqualTo(Long.parseLong(after("\"count\":", new String(gone.value(), UTF_8))));
        assertThat(result.text).contains("\"where\" : \"" + new String(gone.key(), UTF_8) + ", window ");
    }

    @Test
    void shouldSayWhatRetentionHasCut() throws Exception {
        try (Service processor = processor("cut")) {
            send(0, new HashMap<>());
            awaitAllClosed(processor, "cut");
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(raw, 0), RecordsToDelete.beforeOffset(50),
                            new TopicPartition(raw, 1), RecordsToDelete.beforeOffset(-1)))
                    .all()
                    .get();
        }

        Result result = audit("cut");

        assertThat(result.exitCode).as(result.text).isZero();
        assertThat(result.text).contains("retention has cut " + raw);
        assertThat(result.count("cut")).isPositive();
    }

    @Test
    void shouldRefuseAWindowOrAnApplicationThatIsNotTheProcessors() throws Exception {
        send(0, new HashMap<>());
        try (Service processor = processor("right")) {
            awaitAllClosed(processor, "right");
        }

        assertThat(run("right", "--window=20s").exitCode).isEqualTo(2);
        assertThat(run("wrong").exitCode).isEqualTo(1);
        assertThat(run("right", "--late-topic=missing").exitCode).isEqualTo(1);
        assertThat(run("right", "--bootstrap-servers=127.0.0.1:1", "--wait=1s").exitCode)
                .isEqualTo(1);
    }

    /** One of five parts of the same run; late ones begin where grace ends. */
    private void send(int part, Map<SyntheticReading.Kind, Integer> sent) {
        SyntheticSource source = new SyntheticSource(new SyntheticSource.Recipe(
                7,
                READINGS,
                Optional.empty(),
                20,
                Optional.of(Instant.parse("2026-01-31T23:00:00Z")),
                new SyntheticSource.Shares(0.1, 0.03, 0.02, 0.05)));
        try (Producer<byte[], byte[]> producer = producer()) {
            for (int i = 0; source.hasNext(); i++) {
                SyntheticReading message = source.next();
                if (i / (READINGS / 5) == part) {
                    sent.merge(message.kind(), 1, Integer::sum);
                    producer.send(new ProducerRecord<>(raw, message.key(), message.value()));
                }
            }
        }
    }

    private Producer<byte[], byte[]> producer() {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private Service processor(String application, String... more) {
        List<String> options = new ArrayList<>(arguments(application, more));
        options.remove("audit");
        options.addAll(List.of("--idle-close=1s", "--state-dir=target/state", "--commit-interval=100ms"));
        return Service.start(
                ParsedSettings.of(options.toArray(String[]::new)), new NewTopics(3, (short) -1, Optional.empty()));
    }

    private void awaitAllClosed(Service processor, String application) {
        for (Instant deadline = Instant.now().plusSeconds(60); ; ) {
            Result result = audit(application);
            if (result.text.contains("read")
                    && result.count("notYet") == 0
                    && result.count("open") == 0
                    && result.count("read") > 0) {
                return;
            }
            assertThat(processor.failed()).isFalse();
            assertThat(Instant.now()).as(result.text).isBefore(deadline);
        }
    }

    private Result audit(String application) {
        return run(application, "--json");
    }

    private Result run(String application, List<String> options, String... more) {
        return run(application, Stream.concat(options.stream(), Stream.of(more)).toArray(String[]::new));
    }

    private Result run(String application, String... more) {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, UTF_8));
        try {
            int exitCode = Main.run(Map.of(), arguments(application, more).toArray(String[]::new));
            return new Result(exitCode, out.toString(UTF_8));
        } finally {
            System.setOut(before);
        }
    }

    private List<String> arguments(String application, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "audit",
                "--bootstrap-servers=" + broker.bootstrapServers(),
                "--application-id=" + application + "-" + run,
                "--input-topic=" + raw,
                "--output-topic=" + topic("agg"),
                "--late-topic=" + topic("late"),
                "--dead-topic=" + topic("dead"),
                "--status-topic=" + topic("status")));
        arguments.addAll(List.of(more)); // the last of an option holds
        return arguments;
    }

    private String topic(String name) {
        return name + "-" + run;
    }

    private static String after(String name, String text) {
        return text.substring(text.indexOf(name) + name.length()).replaceFirst("(?s)^ *(\\d+).*", "$1");
    }

    private record Result(int exitCode, String text) {
        /** Of the total, which comes first. */
        long count(String column) {
            return Long.parseLong(after("\"" + column + "\" :", text));
        }
    }
}
