package downsampling.processor;

import static downsampling.processor.Pipeline.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.Broker;
import downsampling.broker.LocalKafka;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.FailedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Topics that do not take everything, on a broker that makes each topic somebody names. */
class RefusingTopicsIT {
    private static final long IN_2099 = Instant.parse("2099-01-01T00:00:00Z").toEpochMilli();

    private static LocalKafka kafka;
    private static Broker broker;

    @BeforeAll
    static void startBroker() {
        kafka = LocalKafka.start(0, null, Map.of("auto.create.topics.enable", "true"));
        broker = Broker.at(kafka.bootstrapServers());
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    /** Event times, record timestamps and sizes that output, late and dead topic do not take. */
    @ParameterizedTest
    @EnumSource
    void shouldGoOnAndAccountForEveryReadingWhateverTheTopicsRefuse(TopologyKind topology) {
        long now = System.currentTimeMillis();
        long old = now - 90L * 86_400_000;
        long window = old - Math.floorMod(old, 10_000);
        String raw = broker.newTopic(
                "raw",
                1,
                Map.of("message.timestamp.after.max.ms", "9223372036854775807", "max.message.bytes", "3000000"));
        try (Pipeline pipeline = new Pipeline(broker, raw)) {
            pipeline.topology = topology;
            broker.createTopic(pipeline.aggregated, 1, Map.of("message.timestamp.before.max.ms", "3600000"));
            for (String topic : List.of(pipeline.late, pipeline.dead)) {
                broker.createTopic(
                        topic, 1, Map.of("message.timestamp.before.max.ms", "3600000", "max.message.bytes", "20000"));
            }
            pipeline.start();

            pipeline.send(at(IN_2099, raw, "a", Pipeline.json(old, 1)));
            pipeline.send(at(old, raw, "a", Pipeline.json(old + 1, 3)));
            pipeline.send(at(IN_2099, raw, "a", "in 2099"));
            pipeline.send(at(old, raw, "a", "old"));
            pipeline.send(at(now, raw, "a", "\"" + "x".repeat(1_500_000)));
            pipeline.closeWindowsBefore(0, old + 86_400_000);
            pipeline.send(at(IN_2099, raw, "a", Pipeline.json(old + 2, 5)));
            pipeline.awaitAllRead();

            assertThat(pipeline.windows(1)).containsExactly(new Window("a", window, window + 10_000, 2, 1, 3, 2));
            ConsumerRecord<byte[], byte[]> summary =
                    broker.read(pipeline.aggregated, 1).get(0);
            assertThat(summary.timestamp()).isBetween(now - 3_600_000, now);
            assertThat(Pipeline.header(summary, "source.timestamp")).isEqualTo(String.valueOf(window));
            List<ConsumerRecord<byte[], byte[]>> dead = pipeline.dead(3);
            assertThat(dead)
                    .hasSize(3)
                    .allSatisfy(record -> assertThat(record.timestamp()).isBetween(now - 3_600_000, now + 3_600_000));
            assertThat(Pipeline.header(dead.get(0), "source.timestamp")).isEqualTo(String.valueOf(IN_2099));
            assertThat(Pipeline.header(dead.get(1), "source.timestamp")).isEqualTo(String.valueOf(old));
            assertThat(new String(dead.get(2).value(), UTF_8)).startsWith("\"xxx");
            if (topology == TopologyKind.EXACT) { // the other one drops what is late
                assertThat(Pipeline.header(pipeline.late(1).get(0), "source.timestamp"))
                        .isEqualTo(String.valueOf(IN_2099));
                assertThat(Run.of(List.of(
                                        "audit",
                                        "--bootstrap-servers",
                                        broker.bootstrapServers(),
                                        "--application-id",
                                        pipeline.applicationId,
                                        "--input-topic",
                                        raw,
                                        "--output-topic",
                                        pipeline.aggregated,
                                        "--late-topic",
                                        pipeline.late,
                                        "--dead-topic",
                                        pipeline.dead))
                                .exitCode())
                        .isZero();
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> at(long timestamp, String topic, String sensor, String value) {
        return new ProducerRecord<>(topic, 0, timestamp, sensor.getBytes(UTF_8), value.getBytes(UTF_8));
    }

    @Test
    void shouldGetOverALimitThatIsSetWhileItRuns() throws Exception {
        long old = System.currentTimeMillis() - 86_400_000;
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service service = pipeline.startAndAwaitWork();
            ConfigResource output = new ConfigResource(ConfigResource.Type.TOPIC, pipeline.aggregated);
            pipeline.admin()
                    .incrementalAlterConfigs(Map.of(
                            output,
                            Set.of(new AlterConfigOp(
                                    new ConfigEntry("message.timestamp.before.max.ms", "3600000"),
                                    AlterConfigOp.OpType.SET))))
                    .all()
                    .get();

            pipeline.send(0, "a", old, 1);
            pipeline.closeWindowsBefore(0, old + 20_000);

            assertThat(pipeline.windows(1)).hasSize(1);
            assertThat(service.failed()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "raw, compact, readings that have not been read yet vanish",
        "agg, 'compact,delete', only the last summary of each sensor stays",
        "late, compact, only the last late reading of each sensor stays"
    })
    void shouldWarnOfATopicThatIsCompacted(String which, String policy, String consequence) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, broker.newTopic("raw", 1, policy(which, "raw", policy)))) {
            broker.createTopic(pipeline.aggregated, 1, policy(which, "agg", policy));
            broker.createTopic(pipeline.late, 1, policy(which, "late", policy));
            try (ProcessorProcess process = ProcessorProcess.started(pipeline.options())) {
                await("it works", () -> process.output().contains("RUNNING"));
                assertThat(process.output().lines().filter(line -> line.contains("cleanup.policy")))
                        .singleElement()
                        .asString()
                        .contains("Topic " + which, "cleanup.policy=" + policy + ": " + consequence);
            }
        }
    }

    private static Map<String, String> policy(String which, String topic, String policy) {
        return which.equals(topic) ? Map.of("cleanup.policy", policy) : Map.of();
    }

    @Test
    void shouldRefuseADeadLetterTopicThatTakesNoRecordWithoutAKey() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            broker.createTopic(pipeline.dead, 1, Map.of("cleanup.policy", "compact"));

            Run run = Run.of(pipeline.options());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("processor: topic " + pipeline.dead + " has cleanup.policy=compact");
        }
    }

    @Test
    void shouldLeaveADeletedInputTopicDeleted() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 3)) {
            pipeline.idleClose = Duration.ofSeconds(2); // which asks the broker how far the topic reaches
            Service service = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", 0, 1);
            pipeline.awaitAllRead();

            pipeline.deleteTopic(pipeline.raw);

            assertThatThrownBy(service::await)
                    .isInstanceOf(FailedException.class)
                    .hasMessageStartingWith("topic " + pipeline.raw + " does not exist any more");
            pipeline.stop(service);
            assertThat(pipeline.admin().listTopics().names().get()).doesNotContain(pipeline.raw);
        }
    }
}
