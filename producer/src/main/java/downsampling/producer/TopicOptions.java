package downsampling.producer;

import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The topic that readings are sent to. */
@Command(optionListHeading = "%nThe topic they go to:%n")
final class TopicOptions {

    @Option(
            names = "--topic",
            paramLabel = "NAME",
            defaultValue = "raw-temperature",
            description = "Where the readings go (default: ${DEFAULT-VALUE}).")
    private String name;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "6",
            description = "How many partitions the topic gets, if it has to be created (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Option(
            names = "--replication",
            paramLabel = "N",
            description = "How many copies of each partition there are, if the topic has to be created"
                    + " (default: the broker's).")
    private Optional<Short> replication;

    @Option(
            names = "--retention",
            paramLabel = "TIME",
            description = "How long the topic keeps readings, if it has to be created (default: the broker's).")
    private Optional<Duration> retention;

    /** @throws downsampling.service.InvalidSettingException if an option makes no sense */
    Topic topic() {
        return new Topic(name, partitions, replication, retention);
    }
}
