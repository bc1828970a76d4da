package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.producer.source.Message;
import downsampling.producer.source.Source;
import downsampling.producer.source.Speed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How sending ends; there is no broker, so that nothing is ever delivered. */
class SendLoopTest {

    private static final Map<String, Object> NO_BROKER = Map.of(
            "bootstrap.servers",
            "localhost:1",
            "max.block.ms",
            1,
            "delivery.timeout.ms",
            2,
            "request.timeout.ms",
            1,
            "linger.ms",
            0);

    private final CountDownLatch stop = new CountDownLatch(1);

    @Test
    void shouldPassOnAFaultOfOurOwnAsItIsSoThatItsTraceIsLogged() throws Exception {
        NullPointerException fault = new NullPointerException("a fault of our own");

        assertThat(run(failingWith(fault)).failure()).containsSame(fault);
    }

    @Test
    void shouldSayWhatWasSentAndWhatTheSourceCountedWhereTheSourceFails() throws Exception {
        SendLoop.Outcome outcome = run(failingWith(new UncheckedIOException("disk failed", new IOException())));

        assertThat(outcome.failure()).get().isInstanceOf(UncheckedIOException.class);
        assertThat(outcome.summary()).startsWith("sent 0, failed 0, ").endsWith(" readings/s, lines skipped 7");
    }

    @Test
    void shouldEndAtTheFirstReadingThatIsNotDelivered() throws Exception {
        SendLoop.Outcome outcome = run(endless(0));

        assertThat(outcome.summary()).startsWith("sent 0, failed 1, ");
        assertThat(outcome.failure())
                .get()
                .extracting(Throwable::getMessage)
                .asString()
                .startsWith("1 readings failed, the first one: ");
    }

    @Test
    void shouldEndWithoutAFailureWhenItIsStopped() throws Exception {
        stop.countDown();

        assertThat(run(endless(TimeUnit.HOURS.toNanos(1))).failure()).isEmpty();
    }

    private SendLoop.Outcome run(Source source) throws InterruptedException {
        try (Metrics metrics = new Metrics();
                ReadingSender sender = new ReadingSender(NO_BROKER, "any", 1, stop::countDown)) {
            return new SendLoop(source, new Speed(1), sender, stop, metrics, false, Optional.empty()).run();
        }
    }

    private static Source failingWith(RuntimeException failure) {
        return new Readings(0) {
            @Override
            public boolean hasNext() {
                throw failure;
            }
        };
    }

    private static Source endless(long dueNanos) {
        return new Readings(dueNanos);
    }

    private static class Readings implements Source {
        private final long dueNanos;

        Readings(long dueNanos) {
            this.dueNanos = dueNanos;
        }

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public Message next() {
            return Message.of("Sensor1".getBytes(UTF_8), "{}".getBytes(UTF_8));
        }

        @Override
        public long dueNanos() {
            return dueNanos;
        }

        @Override
        public Map<String, Long> counts() {
            return Map.of("lines skipped", 7L);
        }
    }
}
