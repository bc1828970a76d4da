package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.streams.ThreadMetadata;
import org.junit.jupiter.api.Test;

/** What happens once it is noticed that the wall clock was set back; {@link ClockWatchTest} is about noticing it. */
@BrokerTest
class ClockIT {
    private final Broker broker;

    ClockIT(Broker broker) {
        this.broker = broker;
    }

    @Test
    void shouldGoOnWithNewThreadsAndLoseAndDoubleNothing() {
        try (Pipeline pipeline = new Pipeline(broker, 1)) {
            Service service = pipeline.startAndAwaitWork();
            pipeline.send(0, "a", T0, 1);
            pipeline.awaitAllRead();
            pipeline.send(0, "a", T0 + 1, 3);
            Set<String> before = threads(service);

            service.beginAnew(300_000);

            Pipeline.await(
                    "other threads have work",
                    () -> Pipeline.hasWork(service) && threads(service).stream().noneMatch(before::contains));
            pipeline.send(0, "a", T0 + 2, 5);
            pipeline.closeWindowsBefore(0, T0 + 10_000);
            assertThat(pipeline.windows(1)).containsExactly(new Window("a", T0, T0 + 10_000, 3, 1, 5, 3));
            assertThat(pipeline.late(0)).isEmpty();
            assertThat(service.failed()).isFalse();
        }
    }

    private static Set<String> threads(Service service) {
        return service.streams().metadataForLocalThreads().stream()
                .map(ThreadMetadata::threadName)
                .collect(Collectors.toSet());
    }
}
