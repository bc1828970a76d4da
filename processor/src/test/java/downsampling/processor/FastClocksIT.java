package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sensors whose clocks are ahead, on the wall clock as it is. */
@BrokerTest
class FastClocksIT {
    private final Broker broker;

    FastClocksIT(Broker broker) {
        this.broker = broker;
    }

    /** Live, then as a backlog of what came in while nobody ran, then live again; {@code FastClocksTest} has other clocks. */
    @Test
    void shouldLoseNoReadingOfGoodSensors() throws Exception {
        int ahead = 30_000;
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.window = Duration.ofSeconds(2);
            pipeline.grace = Duration.ofMillis(500);
            Map<String, Integer> sent = new HashMap<>();
            Service first = pipeline.startAndAwaitWork();
            send(pipeline, sent, ahead, 25);
            pipeline.stop(first);
            send(pipeline, sent, ahead, 25);
            pipeline.startAndAwaitWork();
            send(pipeline, sent, ahead, 25);

            Pipeline.await(
                    "all windows of the good sensors are closed",
                    () -> pipeline.windows(1).stream()
                                    .filter(window -> sent.containsKey(window.sensor()))
                                    .mapToLong(Window::count)
                                    .sum()
                            == 3 * 75);

            Map<String, Integer> summarised = new HashMap<>();
            pipeline.windows(1)
                    .forEach(window -> summarised.merge(window.sensor(), (int) window.count(), Integer::sum));
            summarised.keySet().retainAll(sent.keySet());
            assertThat(summarised).isEqualTo(sent);
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(pipeline.audit()).isZero();
        }
    }

    /** Five times a second, one behind the other, as sensors do. */
    private static void send(Pipeline pipeline, Map<String, Integer> sent, int ahead, int times)
            throws InterruptedException {
        for (int i = 0; i < times; i++) {
            pipeline.send(0, "fast", System.currentTimeMillis() + ahead, i);
            for (String good : List.of("a", "b", "c")) {
                pipeline.send(0, good, System.currentTimeMillis(), i);
                sent.merge(good, 1, Integer::sum);
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    /** Nothing else comes, and idle close is off. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCloseWhenItIsDueWhatAReadingAheadWouldHaveClosed(boolean restart) {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.window = Duration.ofSeconds(3);
            Service first = pipeline.startAndAwaitWork();
            long now = System.currentTimeMillis();
            long start = now - now % 3000;
            pipeline.send(0, "a", now, 1);
            pipeline.send(0, "fast", now + 10_000, 2);
            pipeline.awaitAllRead();
            if (restart) {
                pipeline.stop(first);
                pipeline.start();
            }

            assertThat(pipeline.windows(1)).containsExactly(new Window("a", start, start + 3_000, 1, 1, 1, 1));
            assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(start + 4_000);
        }
    }

    @Test
    void shouldCloseWhatIsOverAndNothingElseWhenIdle() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            pipeline.window = Duration.ofSeconds(5);
            pipeline.idleClose = Duration.ofSeconds(1);
            pipeline.startAndAwaitWork();
            long now = System.currentTimeMillis();
            long start = now - now % 5000;
            pipeline.send(0, "past", start - 5_000, 1);
            pipeline.send(0, "fast", now + 15_000, 2);

            List<Window> windows = pipeline.windows(2);

            long fast = (now + 15_000) - (now + 15_000) % 5000;
            assertThat(windows)
                    .containsExactly(
                            new Window("past", start - 5_000, start, 1, 1, 1, 1),
                            new Window("fast", fast, fast + 5_000, 1, 2, 2, 2));
            assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(fast + 6_000);
        }
    }
}
