package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.StateSettings;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Corrections and rollups through restarts, and with another lateness after them. */
@BrokerTest
class CorrectionsIT {
    private final Broker broker;

    CorrectionsIT(Broker broker) {
        this.broker = broker;
    }

    @ParameterizedTest
    @EnumSource(StateSettings.Store.class)
    void shouldGoOnWithRevisionsAndHalfAnHourAfterARestart(StateSettings.Store store) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.stateStore = store;
            pipeline.stateDir = pipeline.newFolder();
            pipeline.more = List.of("--allowed-lateness=1h", "--rollups=1m,1h");
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 61_000, 2); // closes the first window and the first minute
            pipeline.awaitAllRead();
            pipeline.send(0, "a", T0 + 1, 3);
            pipeline.awaitAllRead();
            assertThat(rows(pipeline.aggregated, 2)).containsExactly("0 0: 1", "0 1: 2");
            pipeline.stop(first);

            pipeline.start();
            pipeline.send(0, "a", T0 + 2, 5);
            pipeline.awaitAllRead();
            pipeline.send(0, "a", T0 + 20_000, 5); // the first of its window
            pipeline.awaitAllRead();
            pipeline.send(0, "a", T0 + 3_601_000, 7);
            pipeline.awaitAllRead();
            assertThat(rows(pipeline.aggregated, 5))
                    .containsExactlyInAnyOrder("0 0: 1", "0 1: 2", "0 2: 3", "20000 0: 1", "60000 0: 1");
            assertThat(rows(pipeline.aggregated + "-1m", 5))
                    .containsExactlyInAnyOrder("0 0: 1", "0 1: 2", "0 2: 3", "0 3: 4", "60000 0: 1");
            assertThat(rows(pipeline.aggregated + "-1h", 1)).containsExactly("0 0: 5");
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(StateSettings.Store.class)
    void shouldNotBeginAWindowASecondTimeThatWasGoneBeforeItMightBeCorrected(StateSettings.Store store) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.stateStore = store;
            pipeline.stateDir = pipeline.newFolder();
            Service first = pipeline.start();
            pipeline.send(0, "a", T0, 1);
            pipeline.send(0, "a", T0 + 21_000, 2);
            pipeline.awaitAllRead();
            pipeline.stop(first);

            pipeline.more = List.of("--allowed-lateness=1h");
            Service second = pipeline.start();
            pipeline.send(0, "a", T0 + 1, 3);
            pipeline.send(0, "a", T0 + 31_000, 4); // closes the third window, which is kept
            pipeline.send(0, "a", T0 + 22_000, 5);
            pipeline.awaitAllRead();
            assertThat(pipeline.late(1)).hasSize(1);
            assertThat(rows(pipeline.aggregated, 3)).contains("0 0: 1").anyMatch(row -> row.startsWith("20000 "));
            pipeline.stop(second);

            pipeline.more = List.of("--allowed-lateness=5s");
            pipeline.start();
            pipeline.send(0, "a", T0 + 41_000, 6); // closes the fourth window; the third is gone
            pipeline.send(0, "a", T0 + 23_000, 7);
            pipeline.send(0, "a", T0 + 32_000, 8);
            pipeline.awaitAllRead();
            assertThat(pipeline.late(2)).hasSize(2);
            assertThat(rows(pipeline.aggregated, 4)).contains("30000 1: 2");
        }
    }

    /** How far windows are closed differs from sensor to sensor, and so does what is gone. */
    @ParameterizedTest
    @EnumSource(StateSettings.Store.class)
    void shouldKeepTheOpenWindowOfASlowSensorWhenClosedOnesAreKeptForLonger(StateSettings.Store store) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.stateStore = store;
            pipeline.stateDir = pipeline.newFolder();
            pipeline.more = List.of("--stream-time=sensor");
            Service first = pipeline.start();
            pipeline.send(0, "slow", T0, 1);
            pipeline.send(0, "slow", T0 + 21_000, 1); // closes the first window
            pipeline.send(0, "fast", T0 + 1_000_000, 1);
            pipeline.awaitAllRead();
            pipeline.stop(first);

            pipeline.more = List.of("--stream-time=sensor", "--allowed-lateness=1h");
            Service second = pipeline.start();
            pipeline.send(0, "slow", T0 + 22_000, 1);
            pipeline.send(0, "slow", T0 + 31_000, 1); // closes the third, which is kept
            pipeline.awaitAllRead();
            pipeline.stop(second);

            pipeline.start();
            pipeline.send(0, "slow", T0 + 23_000, 1); // corrects it
            pipeline.send(0, "slow", T0 + 1, 1); // is late: that one was gone
            pipeline.awaitAllRead();
            pipeline.send(0, "slow", T0 + 41_000, 1); // closes the fourth
            pipeline.awaitAllRead();
            assertThat(rows(pipeline.aggregated, 4))
                    .containsExactly("0 0: 1", "20000 0: 2", "20000 1: 3", "30000 0: 1");
            assertThat(pipeline.late(1)).hasSize(1);
        }
    }

    /** Start, behind T0, and number of each summary, and how many readings it is of. */
    private List<String> rows(String topic, int least) {
        return broker.read(topic, least).stream()
                .map(summary ->
                        Long.parseLong(Pipeline.header(summary, "window.start")) - T0 + " " + Pipeline.revision(summary)
                                + ": " + new String(summary.value(), UTF_8).replaceAll(".*\"count\":(\\d+).*", "$1"))
                .toList();
    }
}
