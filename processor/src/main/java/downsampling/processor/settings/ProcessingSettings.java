package downsampling.processor.settings;

import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How the work is done: what a crash may do to the results, how often they are committed, and on how many threads.
 *
 * @param guarantee       what a crash may do to the results
 * @param commitInterval  how often state and progress are committed, 1 ms to 1 minute
 * @param threads         stream threads
 * @param standbyReplicas copies of the state that are kept warm on other instances
 */
public record ProcessingSettings(Guarantee guarantee, Duration commitInterval, int threads, int standbyReplicas) {
    /** How long the summary of a closed window may wait for its commit at the most. */
    private static final Duration SOON = Duration.ofMillis(100);

    /** The processing guarantees of Kafka Streams, by its own names. */
    public enum Guarantee {
        EXACTLY_ONCE_V2,
        AT_LEAST_ONCE
    }

    public ProcessingSettings {
        Require.between("--commit-interval", commitInterval, Duration.ofMillis(1), Duration.ofMinutes(1));
        Require.between("--threads", threads, 1, 1000);
        Require.between("--standby-replicas", standbyReplicas, 0, 100);
    }

    public boolean isExactlyOnce() {
        return guarantee == Guarantee.EXACTLY_ONCE_V2;
    }

    /** How long the summary of a closed window may wait for its commit: not for the rest of a longer commit interval. */
    public Duration emitInterval() {
        return commitInterval.compareTo(SOON) < 0 ? commitInterval : SOON;
    }

    /** How long progress may wait for its commit while readings are read that have waited themselves. */
    public Duration catchUpInterval() {
        return commitInterval.multipliedBy(5);
    }

    @Command(optionListHeading = "%nHow the work is done:%n")
    static final class Options {
        @Option(
                names = "--guarantee",
                paramLabel = "NAME",
                defaultValue = "exactly_once_v2",
                description =
                        "exactly_once_v2 or at_least_once, which may count and emit twice after a crash (default: ${DEFAULT-VALUE})")
        private Guarantee guarantee;

        @Option(
                names = "--commit-interval",
                paramLabel = "DURATION",
                defaultValue = "1s",
                description =
                        "how often progress and open windows are committed; after a crash, readings since the last commit are"
                                + " read again (default: ${DEFAULT-VALUE}). It is five times as long while the processor catches up."
                                + " A summary waits for its commit 100 ms at most, or a tenth as long as its readings waited to be read")
        private Duration commitInterval;

        @Option(
                names = "--threads",
                paramLabel = "N",
                defaultValue = "1",
                description =
                        "stream threads; those beyond the number of partitions are idle (default: ${DEFAULT-VALUE})")
        private int threads;

        @Option(
                names = "--standby-replicas",
                paramLabel = "N",
                defaultValue = "0",
                description = "copies of the state kept warm on other instances (default: ${DEFAULT-VALUE})")
        private int standbyReplicas;

        ProcessingSettings processing() {
            return new ProcessingSettings(guarantee, commitInterval, threads, standbyReplicas);
        }
    }
}
