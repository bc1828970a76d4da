package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.ProcessingSettings;
import downsampling.processor.settings.StateSettings;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.Durations;
import downsampling.service.FailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.NewPartitions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options that change how the processor works but not what it computes, and those that must not change. */
@BrokerTest
class SettingsIT {
    private static final Window IN_ORDER = new Window("a", T0, T0 + 10_000, 3, 1, 6, 3);

    private final Broker broker;

    SettingsIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @CsvSource({"20s, 1s", "10s, 2s"})
    void shouldRefuseAnotherWindowOrGraceThanTheOpenWindowsWereMadeWith(String window, String grace) {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 1, 2);
            pipeline.awaitAllRead();
            pipeline.stop(first);
            pipeline.send(0, "a", T0 + 2, 6);
            pipeline.send(
                    1, "b", T0, 1); // of a partition without state, to be neither taken nor marked by the other run

            Run run = runWith(pipeline, window, grace);

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("processor: the state of " + pipeline.applicationId
                            + " was made with --topology exact --window 10s --grace 1s, but the processor is now started"
                            + " with --topology exact --window "
                            + window
                            + " --grace " + grace + ": run it with the old settings, or ");

            pipeline.start(); // as told
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.closeWindowsBefore(1, T0 + 10_000);
            assertThat(pipeline.windows(2)).containsExactly(IN_ORDER, new Window("b", T0, T0 + 10_000, 1, 1, 1, 1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHaveOtherStatisticsAtOnceAndSayWhatItDoesNotKnowOfOpenWindows(StateSettings.Store store) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.stateStore = store;
            pipeline.stateDir = pipeline.newFolder();
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            pipeline.send(0, "a", T0 + 10_000, 1);
            pipeline.awaitAllRead();
            pipeline.stop(first);

            pipeline.statistics = "last,count,p99,mean";
            Service second = pipeline.start();
            pipeline.send(0, "a", T0 + 10_001, 3);
            pipeline.send(0, "a", T0 + 20_000, 5);
            pipeline.closeWindowsBefore(0, T0 + 30_000);

            assertThat(messages(pipeline, "a", 4))
                    .containsExactly(
                            "{\"count\":1,\"min\":1,\"max\":1,\"mean\":1}",
                            "{\"last\":null,\"count\":2,\"p99\":null,\"mean\":2}",
                            "{\"last\":5,\"count\":1,\"p99\":5,\"mean\":5}");
            assertThat(new String(second.metrics().scrape().content(), UTF_8))
                    .contains("downsampling_summaries_incomplete_total 2.0"); // the other one is of what closes windows
            pipeline.awaitAllRead();
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** What the summaries of a sensor say of its temperature, in their order. */
    private static List<String> messages(Pipeline pipeline, String sensor, int count) {
        return pipeline.summaries(count).stream()
                .filter(summary -> new String(summary.key(), UTF_8).equals(sensor))
                .map(summary -> new String(summary.value(), UTF_8))
                .map(message -> message.replaceFirst("^\\{\"time\":\\d+,\"temperature\":(.*)}$", "$1"))
                .toList();
    }

    private static Run runWith(Pipeline pipeline, String window, String grace) {
        Durations durations = new Durations();
        Duration windowBefore = pipeline.window;
        Duration graceBefore = pipeline.grace;
        pipeline.window = durations.convert(window);
        pipeline.grace = durations.convert(grace);
        try {
            return Run.of(pipeline.options());
        } finally {
            pipeline.window = windowBefore;
            pipeline.grace = graceBefore;
        }
    }

    @Test
    void shouldRefuseAnotherInputTopicThanItsStateIsOf() {
        try (Pipeline pipeline = new Pipeline(broker, 1);
                Pipeline other = new Pipeline(broker, 1)) {
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            other.applicationId = pipeline.applicationId;

            assertRefusesOtherInput(Run.of(other.options()), pipeline, other); // while the other one runs
            pipeline.stop(first);
            assertRefusesOtherInput(Run.of(other.options()), pipeline, other); // and after it
        }
    }

    private static void assertRefusesOtherInput(Run run, Pipeline pipeline, Pipeline other) {
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errors().lines())
                .singleElement()
                .asString()
                .startsWith("processor: group " + pipeline.applicationId + " reads topic " + pipeline.raw
                        + ", but the processor is now started with --input-topic " + other.raw
                        + ": run it with the old one, or ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldEndOneOfTwoThatDifferThoughTheyStartAtTheSameMoment(boolean inInput) {
        try (Pipeline pipeline = new Pipeline(broker, 2);
                Pipeline other = inInput ? new Pipeline(broker, 2) : new Pipeline(broker, pipeline.raw)) {
            other.applicationId = pipeline.applicationId;
            other.window = inInput ? other.window : Duration.ofSeconds(20);
            List<CompletableFuture<Void>> both =
                    List.of(pipeline, other).stream().map(SettingsIT::runAsync).toList();

            assertThatThrownBy(() ->
                            CompletableFuture.anyOf(both.get(0), both.get(1)).join())
                    .hasCauseInstanceOf(FailedException.class)
                    .hasMessageContaining("now started with " + (inInput ? "--input-topic " : "--topology exact "));
        }
    }

    /** Completes when it fails. */
    private static CompletableFuture<Void> runAsync(Pipeline pipeline) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        pipeline.start().await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> new Thread(task).start());
    }

    @ParameterizedTest
    @EnumSource
    void shouldEndWhenTheInputGetsMorePartitions(TopologyKind topology) throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            pipeline.topology = topology;
            Service service = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();

            pipeline.admin()
                    .createPartitions(Map.of(pipeline.raw, NewPartitions.increaseTo(4)))
                    .all()
                    .get();

            String message = "topic " + pipeline.raw + " has 4 partitions, and the state of " + pipeline.applicationId
                    + " was made with 2: ";
            assertThatThrownBy(service::await)
                    .isInstanceOf(FailedException.class)
                    .hasMessageStartingWith(message);
            pipeline.stop(service);
            Run run = Run.of(pipeline.options());
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.errors().lines()).singleElement().asString().startsWith("processor: " + message);
        }
    }

    @Test
    void shouldNotMakeAnInputTopicThatWasDeletedBesideItsState() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            Service first = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            pipeline.stop(first);
            pipeline.deleteTopic(pipeline.raw);

            Run run = Run.of(pipeline.options());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.errors().lines())
                    .singleElement()
                    .asString()
                    .startsWith("processor: topic " + pipeline.raw + " does not exist any more, but state of ");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldKeepOpenWindowsInRocksDbAndRestoreThemWhereItsFilesAreGone(boolean sameFolder) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.stateStore = StateSettings.Store.ROCKSDB;
            pipeline.stateDir = pipeline.newFolder();
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.closeWindowsBefore(0, T0);
            pipeline.send(0, "a", T0 + 1, 2);
            pipeline.awaitAllRead();
            assertThat(pipeline.stateDir).isDirectoryRecursivelyContaining("glob:**/rocksdb/**");
            pipeline.stop(first);

            pipeline.stateDir = sameFolder ? pipeline.stateDir : pipeline.newFolder();
            pipeline.start();
            pipeline.send(0, "a", T0 + 2, 6);
            pipeline.closeWindowsBefore(0, T0 + 20_000);

            assertThat(pipeline.windows(1)).containsExactly(IN_ORDER);
        }
    }

    @ParameterizedTest
    @CsvSource({"EXACTLY_ONCE_V2, 2", "AT_LEAST_ONCE, 1", "AT_LEAST_ONCE, 2"})
    void shouldComputeTheSameWithEachGuaranteeAndWithMoreThreads(ProcessingSettings.Guarantee guarantee, int threads) {
        int partitions = 4;
        Random random = new Random(3);
        List<Window.Said> said = new ArrayList<>();
        try (Pipeline pipeline = new Pipeline(broker, partitions)) {
            pipeline.guarantee = guarantee;
            pipeline.threads = threads;
            Service first = pipeline.start();
            for (int half = 0; half < 2; half++) {
                for (int i = 0; i < 1000; i++) {
                    int sensor = random.nextInt(20);
                    Window.Said reading = new Window.Said(
                            "sensor-" + sensor, T0 + 30 * said.size() + random.nextInt(1000), random.nextInt());
                    said.add(reading);
                    pipeline.send(sensor % partitions, reading.sensor(), reading.time(), reading.value());
                }
                if (half == 0) {
                    pipeline.awaitAllRead();
                    pipeline.stop(first);
                    pipeline.start();
                }
            }
            for (int partition = 0; partition < partitions; partition++) {
                pipeline.closeWindowsBefore(partition, T0 + 1_000_000);
            }

            List<Window> expected = Window.bruteForce(said, 10_000);
            assertThat(pipeline.windows(expected.size())).containsExactlyElementsOf(expected);
        }
    }

    @Test
    void shouldKeepCopiesOfTheStateOnOtherInstances() {
        try (Pipeline pipeline = new Pipeline(broker, 2)) {
            pipeline.standbyReplicas = 1;
            Service first = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 1, 2);
            pipeline.awaitAllRead();
            Service second = pipeline.start();
            await("each has one partition and a copy of the other", () -> copies(first) == 1 && copies(second) == 1);

            pipeline.stop(first);
            pipeline.send(0, "a", T0 + 2, 6);
            pipeline.closeWindowsBefore(0, T0 + 10_000);

            assertThat(pipeline.windows(1)).containsExactly(IN_ORDER);
        }
    }

    private static int copies(Service service) {
        return service.streams().metadataForLocalThreads().stream()
                .mapToInt(thread -> thread.standbyTasks().size())
                .sum();
    }
}
