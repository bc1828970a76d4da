package downsampling.producer;

import downsampling.producer.source.Message;
import downsampling.producer.source.Source;
import downsampling.producer.source.Speed;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what a source yields, each message when it is due, until the source ends, a stop is requested, or something fails.
 *
 * @param stop ends the loop at the next message when it is counted down, also by the sender when something fails
 * @param metrics receives how late each message is
 * @param logReadings whether each message is logged
 * @param terminal where a person sees the progress; empty if nobody looks
 */
record SendLoop(
        Source source,
        Speed speed,
        ReadingSender sender,
        CountDownLatch stop,
        Metrics metrics,
        boolean logReadings,
        Optional<PrintWriter> terminal) {

    /**
     * What became of the readings.
     *
     * @param summary what was sent, and what was not, in one line
     * @param failure why not everything was delivered; empty if it was
     */
    record Outcome(String summary, Optional<RuntimeException> failure) {}

    private static final Logger LOG = LoggerFactory.getLogger(SendLoop.class);

    /** Sends until there is an end, and closes the sender. */
    Outcome run() throws InterruptedException {
        Optional<RuntimeException> failure = Optional.empty();
        long start = System.nanoTime();
        Progress progress = new Progress(terminal, sender::sent);
        try {
            while (goesOn() && source.hasNext()) {
                if (isStoppedBeforeDue(start)) {
                    break;
                }
                Message message = source.next();
                sender.send(message);
                if (logReadings) {
                    // A message may hold anything, also what a terminal takes for a command.
                    LOG.info("{}", (message.sensor() + " " + message.text()).replaceAll("\\p{Cntrl}", "?"));
                }
            }
            if (goesOn()) {
                sender.flush();
            }
        } catch (RuntimeException e) {
            // Whatever has failed here, what was handed over before is delivered all the same.
            failure = Optional.of(e);
        } finally {
            progress.close();
        }
        sender.close(Lifecycle.CLOSE_TIMEOUT);
        double seconds = (System.nanoTime() - start) / 1e9;
        Optional<RuntimeException> undelivered = deliveryFailure();
        if (failure.isPresent()) { // It ends the program, which reports it and nothing else.
            undelivered.ifPresent(also -> LOG.warn("{}", also.getMessage()));
        }
        return new Outcome(summary(seconds), failure.or(() -> undelivered));
    }

    private boolean goesOn() {
        return stop.getCount() > 0;
    }

    /** Waits until the next message is due, and reports whether a stop was requested meanwhile. */
    private boolean isStoppedBeforeDue(long start) throws InterruptedException {
        long due = speed.dueNanos(source.dueNanos());
        if (due == 0) {
            return false;
        }
        long early = due - (System.nanoTime() - start);
        metrics.reportDelay(-early);
        return stop.await(early, TimeUnit.NANOSECONDS);
    }

    private Optional<RuntimeException> deliveryFailure() {
        return sender.firstFailure()
                .map(first -> new FailedException(
                        sender.failed() + " readings failed, the first one: " + ErrorLine.of(first), first));
    }

    private String summary(double seconds) {
        long sent = sender.sent();
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT, "sent %d, failed %d, %.1f readings/s", sent, sender.failed(), sent / seconds));
        source.counts()
                .forEach((name, count) ->
                        line.append(", ").append(name).append(' ').append(count));
        return line.toString();
    }
}
