package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.StateSettings;
import downsampling.processor.settings.TopologyKind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code processor reset}, as it is typed: offsets and state together, of one application alone. */
@BrokerTest
class ResetIT {
    private static final Window FIRST = new Window("a", T0, T0 + 10_000, 1, 1, 1, 1);

    private final Broker broker;

    ResetIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldHaveTheApplicationReadAllAgainAndLeaveOthersAlone(TopologyKind topology) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.topology = topology;
            closeAWindow(pipeline);
            Set<String> others = Set.of(
                    pipeline.applicationId + "-b-open-windows-10s-1s-changelog",
                    pipeline.applicationId + "-open-windows-10s-1s-changelog-open-windows-10s-1s-changelog");
            others.forEach(topic -> broker.createTopic(topic, 1, Map.of()));
            moveOffsets(pipeline, pipeline.applicationId + "-b", 1);

            Result reset = run(pipeline, "--yes");

            assertThat(reset.exitCode).as(reset.errors).isZero();
            assertThat(reset.output).contains("Deleted group " + pipeline.applicationId, "Done.");
            assertThat(ofTheApplication(pipeline)).isEqualTo(others);
            assertThat(pipeline.committed()).isEmpty();
            assertThat(pipeline.admin()
                            .listConsumerGroupOffsets(pipeline.applicationId + "-b")
                            .partitionsToOffsetAndMetadata()
                            .get())
                    .hasSize(1);

            pipeline.start();
            assertThat(pipeline.windows(2)).containsExactly(FIRST, FIRST);
        }
    }

    @Test
    void shouldRefuseWhileAnInstanceRuns() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            Set<String> before = ofTheApplication(pipeline);

            Result reset = run(pipeline, "--yes");

            assertThat(reset.exitCode).isEqualTo(1);
            assertThat(reset.errors)
                    .startsWith("processor: 1 instances or threads of " + pipeline.applicationId + " are running")
                    .hasLineCount(1);
            assertThat(ofTheApplication(pipeline)).isEqualTo(before).isNotEmpty();
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            assertThat(pipeline.windows(1)).containsExactly(FIRST);
        }
    }

    @Test
    void shouldChangeNothingOnADryRunAndWithoutBeingToldTo() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            closeAWindow(pipeline);
            Set<String> topics = ofTheApplication(pipeline);
            Map<TopicPartition, Long> committed = pipeline.committed();

            Result dry = run(pipeline, "--dry-run");
            Result unasked = run(pipeline);

            assertThat(dry.exitCode).isZero();
            assertThat(dry.output)
                    .contains("group " + pipeline.applicationId + " is deleted")
                    .contains("topic " + pipeline.applicationId + "-open-windows-10s-1s-changelog is deleted")
                    .contains("Nothing was changed.");
            assertThat(unasked.exitCode).isEqualTo(2);
            assertThat(unasked.errors).contains("--yes").hasLineCount(1);
            assertThat(ofTheApplication(pipeline)).isEqualTo(topics);
            assertThat(pipeline.committed()).isEqualTo(committed);
        }
    }

    @Test
    void shouldSayThatThereIsNothingToReset() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Result reset = run(pipeline, "--yes");

            assertThat(reset.exitCode).isEqualTo(1);
            assertThat(reset.errors)
                    .isEqualTo("processor: application " + pipeline.applicationId
                            + " has no offsets and no state: is it the right --application-id?"
                            + System.lineSeparator());
        }
    }

    @Test
    void shouldGoOnAfterAnInterruptionBetweenOffsetsAndState() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            closeAWindow(pipeline);
            pipeline.admin()
                    .deleteConsumerGroups(List.of(pipeline.applicationId))
                    .all()
                    .get();
            Service between = pipeline.start();
            pipeline.awaitAllRead();
            pipeline.stop(between);
            assertThat(pipeline.windows(1)).as("nothing is done twice").containsExactly(FIRST);
            pipeline.admin()
                    .deleteConsumerGroups(List.of(pipeline.applicationId))
                    .all()
                    .get();

            assertThat(run(pipeline, "--yes").exitCode).isZero();

            assertThat(ofTheApplication(pipeline)).isEmpty();
            pipeline.start();
            assertThat(pipeline.windows(2)).containsExactly(FIRST, FIRST);
        }
    }

    @Test
    void shouldBeginWhereItIsTold() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            closeAWindow(pipeline);
            Instant place = Instant.now().plusSeconds(1);
            pipeline.send(new ProducerRecord<>(
                    pipeline.raw,
                    0,
                    place.toEpochMilli() + 1,
                    "b".getBytes(UTF_8),
                    Pipeline.json(T0 + 20_000, 7).getBytes(UTF_8)));
            pipeline.flush();

            assertThat(run(pipeline, "--yes", "--to=" + place).exitCode).isZero();
            assertThat(pipeline.committed()).containsEntry(new TopicPartition(pipeline.raw, 0), 2L);
            pipeline.start();
            pipeline.closeWindowsBefore(0, T0 + 30_000);
            assertThat(pipeline.windows(2)).contains(new Window("b", T0 + 20_000, T0 + 30_000, 1, 7, 7, 7));
        }
    }

    @Test
    void shouldLeaveOutAllThatIsThereIfTold() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            closeAWindow(pipeline);

            assertThat(run(pipeline, "--yes", "--to=latest").exitCode).isZero();

            pipeline.start();
            pipeline.send(0, "b", T0, 7);
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            assertThat(pipeline.windows(2)).containsExactly(FIRST, new Window("b", T0, T0 + 10_000, 1, 7, 7, 7));
        }
    }

    @Test
    void shouldDeleteTheStateOfThisMachineToo() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.stateStore = StateSettings.Store.ROCKSDB;
            pipeline.stateDir = pipeline.newFolder();
            closeAWindow(pipeline);
            Path folder = pipeline.stateDir.resolve(pipeline.applicationId);
            assertThat(folder).isDirectory();

            assertThat(run(pipeline, "--yes").exitCode).isZero();

            assertThat(folder).doesNotExist();
            pipeline.start();
            assertThat(pipeline.windows(2)).containsExactly(FIRST, FIRST);
        }
    }

    private static void closeAWindow(Pipeline pipeline) {
        Service service = pipeline.start();
        pipeline.send(0, "a", T0, 1);
        pipeline.closeWindowsBefore(0, T0 + 10_000);
        pipeline.windows(1);
        pipeline.awaitAllRead();
        pipeline.stop(service);
    }

    private static Set<String> ofTheApplication(Pipeline pipeline) throws Exception {
        return pipeline.admin().listTopics().names().get().stream()
                .filter(topic -> topic.startsWith(pipeline.applicationId + "-"))
                .collect(Collectors.toSet());
    }

    private static void moveOffsets(Pipeline pipeline, String group, long offset) throws Exception {
        pipeline.admin()
                .alterConsumerGroupOffsets(
                        group, Map.of(new TopicPartition(pipeline.raw, 0), new OffsetAndMetadata(offset)))
                .all()
                .get();
    }

    private record Result(int exitCode, String output, String errors) {}

    private static Result run(Pipeline pipeline, String... more) {
        List<String> options = new ArrayList<>(List.of("reset"));
        options.addAll(pipeline.options(more));
        int idleClose = options.indexOf("--idle-close"); // of no interest to it
        options.subList(idleClose, idleClose + 2).clear();
        if (pipeline.stateDir != null) {
            options.set(options.indexOf("--state-dir") + 1, pipeline.stateDir.toString());
        }
        PrintStream before = System.out;
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        System.setOut(new PrintStream(output, true, UTF_8));
        try {
            Run run = Run.of(options);
            return new Result(run.exitCode(), output.toString(UTF_8), run.errors());
        } finally {
            System.setOut(before);
        }
    }
}
