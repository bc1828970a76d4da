package downsampling.producer;

import downsampling.service.ErrorLine;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what a source yields, each message when it is due, up to the end of the source, a stop, or the first failure.
 *
 * @param stop ends the run at the next message when it is counted down
 * @param closeTimeout how long to wait for acknowledgements after a stop or a failure
 * @param metrics is told how far sending is behind
 * @param logReadings whether each message is logged
 * @param terminal where a person sees the progress, or null if nobody looks
 */
record Run(
        Source source,
        Speed speed,
        ReadingSender sender,
        CountDownLatch stop,
        Duration closeTimeout,
        Metrics metrics,
        boolean logReadings,
        PrintWriter terminal) {

    /**
     * What became of a run.
     *
     * @param summary one line of what was sent
     * @param failure why not all was delivered, in one line, or null if it was
     */
    record Outcome(String summary, String failure) {}

    private static final Logger LOG = LoggerFactory.getLogger(Run.class);

    /** Runs to the end, and closes the sender. */
    Outcome toEnd() throws InterruptedException {
        long[] kinds = new long[Message.Kind.values().length];
        String failure = null;
        long start = System.nanoTime();
        Progress progress = new Progress(terminal, sender::sent);
        try {
            while (goesOn() && source.hasNext()) {
                long due = speed.dueNanos(source.dueNanos());
                if (due > 0) {
                    long early = due - (System.nanoTime() - start);
                    metrics.behind(-early);
                    if (stop.await(early, TimeUnit.NANOSECONDS)) {
                        break;
                    }
                }
                Message message = source.next();
                sender.send(message);
                kinds[message.kind().ordinal()]++;
                if (logReadings) {
                    // A corrupt one may hold anything, also what a terminal takes for a command.
                    LOG.info("{}", (message.sensor() + " " + message.text()).replaceAll("\\p{Cntrl}", "?"));
                }
            }
            if (goesOn()) {
                sender.flush();
            }
        } catch (RuntimeException e) {
            // What is broken is the source; what it gave before is delivered all the same.
            failure = ErrorLine.of(e);
        } finally {
            progress.close();
        }
        sender.close(closeTimeout);
        double seconds = (System.nanoTime() - start) / 1e9;
        if (sender.firstFailure() != null) {
            failure = sender.failed() + " readings failed, the first one: " + ErrorLine.of(sender.firstFailure());
        }
        if (failure == null && source instanceof CsvSource file) {
            failure = file.nothingRead();
        }
        return new Outcome(summary(seconds, kinds), failure);
    }

    private boolean goesOn() {
        return stop.getCount() > 0 && sender.firstFailure() == null;
    }

    private String summary(double seconds, long[] kinds) {
        long sent = sender.sent();
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT, "sent %d, failed %d, %.1f readings/s", sent, sender.failed(), sent / seconds));
        if (source instanceof CsvSource file) {
            return line.append(", lines skipped ").append(file.skipped()).toString();
        }
        if (Arrays.stream(kinds).filter(count -> count > 0).count() > 1) {
            for (Message.Kind kind : Message.Kind.values()) {
                if (kinds[kind.ordinal()] > 0) {
                    String name = kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
                    line.append(", ").append(name).append(' ').append(kinds[kind.ordinal()]);
                }
            }
        }
        return line.toString();
    }
}
