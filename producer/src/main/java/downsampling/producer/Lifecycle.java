package downsampling.producer;

import downsampling.service.ErrorLine;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ExitCode;

/**
 * How far a run of the program has come, and how it is ended in good order: nothing more is handed over, what was handed over is
 * delivered, and the summary is printed. Any thread may call any method.
 */
final class Lifecycle {

    /** How long to wait for acknowledgements after a stop; the stop grace period of a container has to be longer. */
    static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    /** The names are those that the health paths answer. */
    enum Phase {
        /** The program waits for a broker that has the topic. */
        WAITING,
        /** What readings come from cannot be reached. */
        CONNECTING,
        SENDING,
        /** The program delivers what was handed over. */
        ENDING
    }

    private final CountDownLatch stop = new CountDownLatch(1);
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    /** Empty until readings are sent. */
    private volatile Optional<ReadingSender> sender = Optional.empty();

    Phase phase() {
        if (stop.getCount() == 0) {
            return Phase.ENDING;
        }
        return sender.isEmpty() ? Phase.WAITING : Phase.SENDING;
    }

    /** Is counted down when the run has to end; whoever waits for something waits for this, too. */
    CountDownLatch stopRequest() {
        return stop;
    }

    void sending(ReadingSender by) {
        sender = Optional.of(by);
    }

    void ended(int code) {
        exitCode.complete(code);
    }

    /** Has the run end at the next message, and returns at once. */
    void stop() {
        stop.countDown();
    }

    /** {@link #stop() Stops} and waits for the end, but not for ever. */
    int stopAndWait() {
        stop();
        int code = ExitCode.SOFTWARE;
        try {
            try {
                code = exitCode.get(CLOSE_TIMEOUT.toSeconds() + 2, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // The run waits inside Kafka's client for a broker that has gone. Closing the client brings it back.
                sender.ifPresent(client -> client.close(Duration.ZERO));
                code = exitCode.get(2, TimeUnit.SECONDS);
            }
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            LOG.warn("The program stopped without a summary: {}", ErrorLine.of(e));
        }
        return code;
    }
}
