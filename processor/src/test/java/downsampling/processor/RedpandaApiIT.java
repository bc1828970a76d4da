package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.kafka.common.IsolationLevel.READ_COMMITTED;
import static org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.RedpandaApi;
import downsampling.producer.source.SyntheticReading;
import downsampling.producer.source.SyntheticSource;
import downsampling.producer.source.SyntheticSource.Shares;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both jars, as users start them, on a broker that knows no more of Kafka's API than Redpanda does. */
class RedpandaApiIT {
    private static final int PARTITIONS = 6;
    private static final int SEED = 42;
    private static final double RATE = 50;

    @TempDir
    private Path dir;

    private RedpandaApi redpanda;
    private Process producer;

    @BeforeEach
    void startBroker() throws Exception {
        redpanda = RedpandaApi.start();
    }

    @AfterEach
    void leaveNothingBehind() throws Exception {
        if (producer != null) {
            producer.destroyForcibly();
        }
        redpanda.close();
    }

    /** Exactly once, though killed twice, with nothing asked for that Redpanda has not. */
    @Test
    void shouldWorkWithTheApiThatRedpandaHas() throws Exception {
        try (Broker broker = Broker.at(redpanda.bootstrapServers());
                Pipeline pipeline = new Pipeline(broker, PARTITIONS);
                ProcessorProcess processor = new ProcessorProcess(dir.resolve("processor.log"))) {
            List<String> options = pipeline.options();
            processor.start(options);
            producer = startProducer(pipeline.raw);
            for (int kills = 0; kills < 2; kills++) {
                awaitMoreCommitted(pipeline);
                await("it is stopped in the middle of a transaction", () -> {
                    processor.pause();
                    if (ends(pipeline, READ_UNCOMMITTED) > ends(pipeline, READ_COMMITTED)) {
                        return true;
                    }
                    processor.resume();
                    return false;
                });
                processor.kill();
                processor.start(options);
            }
            awaitMoreCommitted(pipeline);
            producer.destroy(); // SIGTERM: it delivers what it has
            assertThat(producer.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(producer.exitValue()).as(producerLog()).isZero();

            int sent = (int) sum(pipeline.ends().values());
            for (int partition = 0; partition < PARTITIONS; partition++) {
                pipeline.closeWindowsBefore(partition, T0 + TimeUnit.DAYS.toMillis(1));
            }
            pipeline.awaitAllRead();

            List<Window> expected = Window.bruteForce(said(sent), 10_000);
            assertThat(pipeline.windows(expected.size())).containsExactlyElementsOf(expected);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.dead(0)).isEmpty();
            assertThat(uncommitted(pipeline))
                    .as("summaries, together with those of a transaction that a kill has ended")
                    .isGreaterThan(expected.size());
            assertThat(audit(pipeline))
                    .contains(
                            "\"balanced\" : true",
                            "\"read\" : " + (sent + PARTITIONS),
                            "\"summaries\" : " + expected.size());
            processor.terminate();
        }

        assertThat(redpanda.refused())
                .as("asked for, though Redpanda has it not")
                .isEmpty();
        assertThat(redpanda.asked().keySet().stream().map(api -> ApiKeys.forId(api.key())))
                .as("that the proxy was in the way, transactions included")
                .contains(
                        ApiKeys.PRODUCE, ApiKeys.FETCH, ApiKeys.JOIN_GROUP, ApiKeys.TXN_OFFSET_COMMIT, ApiKeys.END_TXN);
    }

    private static void awaitMoreCommitted(Pipeline pipeline) throws Exception {
        long before = sum(pipeline.committed().values());
        await("more is committed", () -> sum(pipeline.committed().values()) > before + 500);
    }

    /** Of all partitions of the summaries: the last offsets, or the last ones before an open transaction. */
    private static long ends(Pipeline pipeline, IsolationLevel isolation) throws Exception {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            latest.put(new TopicPartition(pipeline.aggregated, partition), OffsetSpec.latest());
        }
        return pipeline.admin().listOffsets(latest, new ListOffsetsOptions(isolation)).all().get().values().stream()
                .mapToLong(ListOffsetsResult.ListOffsetsResultInfo::offset)
                .sum();
    }

    /** How many summaries a consumer sees that does not ask for committed ones only. */
    private int uncommitted(Pipeline pipeline) throws Exception {
        Map<String, Object> config =
                Map.of("bootstrap.servers", redpanda.bootstrapServers(), "isolation.level", "read_uncommitted");
        try (var consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(consumer.partitionsFor(pipeline.aggregated).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList());
            consumer.seekToBeginning(consumer.assignment());
            long end = ends(pipeline, READ_UNCOMMITTED);
            int count = 0;
            while (consumer.assignment().stream().mapToLong(consumer::position).sum() < end) {
                count += consumer.poll(Duration.ofMillis(100)).count();
            }
            return count;
        }
    }

    /** Without an end, 20 times as fast as it says, a fifth up to a second out of order. */
    private Process startProducer(String topic) throws Exception {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.set(command.size() - 1, "../producer/target/producer.jar");
        command.addAll(List.of("--bootstrap-servers", redpanda.bootstrapServers(), "--topic", topic));
        command.addAll(List.of("--seed", "" + SEED, "--start-time", "" + Instant.ofEpochMilli(T0)));
        command.addAll(List.of("--count", "0", "--rate", "" + RATE, "--speed", "20", "--out-of-order", "0.2"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("producer.log").toFile());
        builder.environment().clear();
        return builder.start();
    }

    private String producerLog() throws Exception {
        return Files.readString(dir.resolve("producer.log"));
    }

    /** The same, from the same seed. */
    private static List<Window.Said> said(int count) {
        SyntheticSource source = new SyntheticSource(new SyntheticSource.Recipe(
                5, count, Optional.of(RATE), SEED, Optional.of(Instant.ofEpochMilli(T0)), new Shares(0.2, 0, 0, 0)));
        List<Window.Said> said = new ArrayList<>();
        while (source.hasNext()) {
            SyntheticReading message = source.next();
            said.add(new Window.Said(message.sensor(), message.eventTime().toEpochMilli(), message.reading()));
        }
        return said;
    }

    /** What it says of the account; it has to end with exit code 0. */
    private String audit(Pipeline pipeline) throws Exception {
        List<String> command = new ArrayList<>(ProcessorProcess.JAVA_JAR);
        command.addAll(List.of("audit", "--json", "--bootstrap-servers", redpanda.bootstrapServers()));
        command.addAll(List.of("--application-id", pipeline.applicationId, "--input-topic", pipeline.raw));
        command.addAll(List.of("--output-topic", pipeline.aggregated));
        command.addAll(List.of("--late-topic", pipeline.late, "--dead-topic", pipeline.dead));
        Process audit = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String account = new String(audit.getInputStream().readAllBytes(), UTF_8);
        assertThat(audit.waitFor())
                .as("exit code of the audit, which says %s", account)
                .isZero();
        return account;
    }

    private static long sum(Collection<Long> offsets) {
        return offsets.stream().mapToLong(Long::longValue).sum();
    }
}
