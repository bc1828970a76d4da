package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.LocalKafka;
import downsampling.service.LocalPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker is not there yet, goes away and comes back, or does not let us. Brokers of its own: to stop and start. */
class BrokerAwayIT {
    @TempDir
    Path dataDir;

    @Test
    void shouldGiveUpAtStartAfterTheTimeToWait() throws Exception {
        Run run = Run.of("--bootstrap-servers", "127.0.0.1:" + LocalPort.free(), "--wait", "3s");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors().lines())
                .hasSize(2)
                .first()
                .asString()
                .contains("No answer from broker 127.0.0.1:", "yet, waiting up to 3s");
        assertThat(run.errors().lines().skip(1).findFirst().orElseThrow())
                .matches("processor: no answer from broker 127.0.0.1:\\d+ within 3s");
    }

    @Test
    void shouldBeginOnceTheBrokerIsThere() throws Exception {
        int port = LocalPort.free();
        LocalKafka.start(port, dataDir, Map.of()).close(); // so that it knows its topics before the processor comes
        try (ProcessorProcess processor =
                ProcessorProcess.started(List.of("--bootstrap-servers", "127.0.0.1:" + port))) {
            await("it says that it waits", () -> processor.output().contains("No answer from broker"));

            LocalKafka kafka = LocalKafka.start(port, dataDir, Map.of());
            try {
                await("it works", () -> processor.output().contains("RUNNING"));
                processor.terminate();
            } finally {
                kafka.close();
            }
        }
    }

    @Test
    void shouldGoOnWithoutLossWhenTheBrokerComesBack() {
        LocalKafka kafka = LocalKafka.start(0, dataDir, Map.of());
        try (Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 2)) {
            Service service = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(1, "b", T0, 1);
            pipeline.awaitAllRead();

            kafka.close();
            kafka = LocalKafka.start(port(kafka), dataDir, Map.of());
            pipeline.send(0, "a", T0 + 1, 2);
            pipeline.send(1, "b", T0 + 1, 3);
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.closeWindowsBefore(1, T0 + 10_000);

            assertThat(pipeline.windows(2))
                    .containsExactly(
                            new Window("a", T0, T0 + 10_000, 2, 1, 2, 1.5),
                            new Window("b", T0, T0 + 10_000, 2, 1, 3, 2));
            assertThat(Pipeline.dropped(service)).isZero();
        } finally {
            kafka.close();
        }
    }

    /** Nobody could send while the broker was away: that time counts for nothing, and counting begins anew. */
    @Test
    void shouldNotTakeThatTimeForIdle() {
        LocalKafka kafka = LocalKafka.start(0, dataDir, Map.of());
        try (Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 1)) {
            pipeline.idleClose = Duration.ofSeconds(10);
            pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            long read = System.nanoTime();

            kafka.close();
            await("it was away for longer than no answer is put up with", () -> System.nanoTime() - read > seconds(6));
            kafka = LocalKafka.start(port(kafka), dataDir, Map.of());
            await("the last reading is longer ago than idle close", () -> System.nanoTime() - read > seconds(11));
            pipeline.send(0, "a", T0 + 1, 2);

            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 2, 1, 2, 1.5));
            assertThat(pipeline.late(0)).isEmpty();
        } finally {
            kafka.close();
        }
    }

    private static long seconds(int seconds) {
        return TimeUnit.SECONDS.toNanos(seconds);
    }

    @Test
    void shouldMakeMissingTopicsAndLeaveExistingOnesAlone() throws Exception {
        try (LocalKafka kafka = LocalKafka.start();
                Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 3)) {
            pipeline.start();
            for (String topic : List.of(pipeline.aggregated, pipeline.late, pipeline.dead)) {
                assertThat(partitions(pipeline, topic)).isEqualTo(3);
                assertThat(setting(pipeline, topic, "retention.ms")).isEqualTo("-1");
            }

            Broker broker = Broker.at(kafka.bootstrapServers());
            String mine = broker.newTopic("agg", 2, Map.of("retention.ms", "3600000"));
            try (Pipeline other = new Pipeline(broker, mine.replaceFirst("agg", "raw"))) { // raw is missing, agg is not
                other.start();
                assertThat(partitions(other, other.aggregated)).isEqualTo(2);
                assertThat(setting(other, other.aggregated, "retention.ms")).isEqualTo("3600000");
                assertThat(partitions(other, other.raw)).isEqualTo(1);
                assertThat(partitions(other, other.dead)).isEqualTo(1);
                assertThat(setting(other, other.raw, "retention.ms"))
                        .as("the broker's own")
                        .isEqualTo("604800000");
            }
        }
    }

    @Test
    void shouldRefuseToLookFurtherAheadThanTheOutputTopicTakes() throws Exception {
        try (LocalKafka kafka = LocalKafka.start();
                Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 1)) {
            Run run = Run.of(pipeline.options("--max-ahead", "1h"));

            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.errors().lines().reduce((first, last) -> last).orElseThrow())
                    .startsWith("processor: --max-ahead=3600s: expected less than the 3600000 ms that topic "
                            + pipeline.aggregated);
        }
    }

    @Test
    void shouldSayWhenItMayNotMakeATopic() throws Exception {
        Map<String, String> withRights = Map.of(
                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "allow.everyone.if.no.acl.found", "true");
        try (LocalKafka kafka = LocalKafka.start(0, null, withRights);
                Pipeline pipeline = new Pipeline(Broker.at(kafka.bootstrapServers()), 1)) {
            // The broker's own topic of groups is made first: what is denied is denied to the broker, too.
            pipeline.admin()
                    .listConsumerGroupOffsets("none")
                    .partitionsToOffsetAndMetadata()
                    .get();
            denyMakingTopics(pipeline.admin());

            Run run = Run.of(pipeline.options());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("processor: topic " + pipeline.aggregated
                            + " is missing and cannot be created: no right to");
        }
    }

    /** A resource with any rule has no other rights than those its rules give, so the rest is allowed in so many words. */
    private static void denyMakingTopics(Admin admin) throws Exception {
        List<AclBinding> rules = Stream.of(
                        new ResourcePattern(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL),
                        new ResourcePattern(ResourceType.TOPIC, "*", PatternType.LITERAL))
                .flatMap(resource -> Stream.of(
                        new AclBinding(resource, rule(AclOperation.ALL, AclPermissionType.ALLOW)),
                        new AclBinding(resource, rule(AclOperation.CREATE, AclPermissionType.DENY))))
                .toList();
        admin.createAcls(rules).all().get();
    }

    private static AccessControlEntry rule(AclOperation operation, AclPermissionType permission) {
        return new AccessControlEntry("User:ANONYMOUS", "*", operation, permission);
    }

    private static int partitions(Pipeline pipeline, String topic) throws Exception {
        return pipeline.admin()
                .describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions()
                .size();
    }

    private static String setting(Pipeline pipeline, String topic, String name) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return pipeline.admin()
                .describeConfigs(List.of(resource))
                .all()
                .get()
                .get(resource)
                .get(name)
                .value();
    }

    private static int port(LocalKafka kafka) {
        return Integer.parseInt(kafka.bootstrapServers().split(":")[1]);
    }
}
