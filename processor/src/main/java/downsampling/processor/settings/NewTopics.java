package downsampling.processor.settings;

import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How topics are made that are missing.
 *
 * @param partitions  of the input topic if it is missing; the others get as many as that has
 * @param replication -1 for the broker's default
 * @param retention   without one the default: the broker's for the input, for good for all others
 */
public record NewTopics(int partitions, short replication, Optional<Duration> retention) {
    public NewTopics {
        Require.between("--partitions", partitions, 1, 10_000);
        Require.that(
                replication == -1 || replication >= 1,
                "--replication",
                replication,
                "at least 1, or -1 for the broker's default");
    }

    /** Only running makes topics, so these are not among {@link downsampling.processor.settings.Options}. */
    @Command(optionListHeading = "%nTopics that have to be created:%n")
    public static final class Options {
        @Option(
                names = "--partitions",
                paramLabel = "N",
                defaultValue = "6",
                description = "partitions of the input topic (default: ${DEFAULT-VALUE})")
        private int partitions;

        @Option(
                names = "--replication",
                paramLabel = "N",
                defaultValue = "-1",
                description = "replication factor; -1: the broker's default (default: ${DEFAULT-VALUE})")
        private short replication;

        @Option(
                names = "--retention",
                paramLabel = "DURATION",
                description =
                        "retention (default: the broker's for readings; all other topics keep their records forever)")
        private Duration retention;

        public NewTopics newTopics() {
            return new NewTopics(partitions, replication, Optional.ofNullable(retention));
        }
    }
}
