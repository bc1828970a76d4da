package downsampling.page;

import downsampling.service.InvalidSettingException;
import java.time.ZoneId;
import java.util.EnumMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options that say what the page shows. */
@Command(optionListHeading = "%nWhat the page shows:%n")
final class TopicOptions {
    @Option(
            names = "--input-topic",
            paramLabel = "TOPIC",
            defaultValue = "raw-temperature",
            description = "The topic of readings (default: ${DEFAULT-VALUE}).")
    private String inputTopic;

    @Option(
            names = "--output-topic",
            paramLabel = "TOPIC",
            defaultValue = "agg-temperature",
            description = "The topic of summaries (default: ${DEFAULT-VALUE}).")
    private String outputTopic;

    @Option(
            names = "--late-topic",
            paramLabel = "TOPIC",
            defaultValue = "late-temperature",
            description = "The topic of readings whose window was closed already (default: ${DEFAULT-VALUE}).")
    private String lateTopic;

    @Option(
            names = "--dead-topic",
            paramLabel = "TOPIC",
            defaultValue = "dead-temperature",
            description = "The topic of records that are no usable readings (default: ${DEFAULT-VALUE}).")
    private String deadTopic;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            defaultValue = "UTC",
            description = "The time zone of readings whose time names none (default: ${DEFAULT-VALUE}).")
    private ZoneId zone;

    @Option(
            names = "--field",
            paramLabel = "NAME",
            description =
                    "The field of the summaries that is shown, where they have several (default: the first one that comes).")
    private @Nullable String field;

    /** @throws InvalidSettingException if one cannot be the name of a topic, or is given twice */
    ShownTopics toTopics() {
        EnumMap<TopicRole, String> names = new EnumMap<>(TopicRole.class);
        names.put(TopicRole.READINGS, inputTopic);
        names.put(TopicRole.SUMMARIES, outputTopic);
        names.put(TopicRole.LATE, lateTopic);
        names.put(TopicRole.DEAD, deadTopic);
        return ShownTopics.of(names, zone, field);
    }
}
