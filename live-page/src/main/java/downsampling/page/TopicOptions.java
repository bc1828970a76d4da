package downsampling.page;

import downsampling.service.InvalidSettingException;
import java.time.ZoneId;
import java.util.EnumMap;
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
            names = "--fields",
            paramLabel = "NAME=POINTER,...",
            defaultValue = "temperature=value",
            description =
                    "The numbers of a reading that are drawn, as --fields of the processor names them: what each is called"
                            + " in the summaries, and the name of the member in the message or a JSON Pointer to it"
                            + " (default: ${DEFAULT-VALUE}).")
    private String fields;

    @Option(
            names = "--time-field",
            paramLabel = "POINTER",
            defaultValue = "ts",
            description = "The event time of a reading: the name of the member in the message or a JSON Pointer to it; "
                    + MessageFormat.RECORD_TIMESTAMP + ": that of the record (default: ${DEFAULT-VALUE}).")
    private String timeField;

    @Option(
            names = "--time-unit",
            paramLabel = "UNIT",
            defaultValue = "ms",
            description = "The unit of an event time that is a number: s, ms, us or ns (default: ${DEFAULT-VALUE}).")
    private EpochUnit timeUnit;

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            defaultValue = "UTC",
            description = "The time zone of readings whose time names none (default: ${DEFAULT-VALUE}).")
    private ZoneId zone;

    /** @throws InvalidSettingException if one cannot be the name of a topic, or is given twice, or a field makes no sense */
    ShownTopics toTopics() {
        EnumMap<TopicRole, String> names = new EnumMap<>(TopicRole.class);
        names.put(TopicRole.READINGS, inputTopic);
        names.put(TopicRole.SUMMARIES, outputTopic);
        names.put(TopicRole.LATE, lateTopic);
        names.put(TopicRole.DEAD, deadTopic);
        return ShownTopics.of(names, MessageFormat.of(fields, timeField, timeUnit, zone));
    }
}
