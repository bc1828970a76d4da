package downsampling.page;

import downsampling.service.Durations;
import downsampling.service.InvalidSettingException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options that say what the page shows. */
@Command(optionListHeading = "%nWhat the page shows:%n")
final class TopicOptions {
    private static final String STATUS = "sensor-status";
    private static final long DAY = Duration.ofDays(1).toMillis();

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
            names = "--rollups",
            paramLabel = "LEVEL,...",
            defaultValue = "",
            description =
                    "The longer windows that can be chosen on the page, as --rollups of the processor names them: 1m,1h,1d reads"
                            + " agg-temperature-1m and so on.")
    private String rollups;

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
            names = "--status-topic",
            paramLabel = "TOPIC",
            description = "The topic that says which sensors are silent (default: " + STATUS + ", if there is one).")
    private @Nullable String statusTopic;

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

    /** @throws InvalidSettingException if one cannot be the name of a topic, or is given twice, or a field or level makes no sense */
    ShownTopics toTopics() {
        List<ShownTopic> all = new ArrayList<>();
        all.add(new ShownTopic(inputTopic, TopicRole.READINGS));
        all.add(new ShownTopic(outputTopic, TopicRole.SUMMARIES));
        all.add(new ShownTopic(lateTopic, TopicRole.LATE));
        all.add(new ShownTopic(deadTopic, TopicRole.DEAD));
        all.add(new ShownTopic(statusTopic == null ? STATUS : statusTopic, TopicRole.STATUS, "", statusTopic != null));
        if (!rollups.isEmpty()) {
            for (String text : rollups.split(",", -1)) {
                String level = level(text.strip());
                all.add(new ShownTopic(outputTopic + "-" + level, TopicRole.ROLLUP, level, true));
            }
        }
        return new ShownTopics(all, MessageFormat.of(fields, timeField, timeUnit, zone));
    }

    /** As the processor writes it in the name of the topic. */
    private static String level(String text) {
        if (text.equals("1w") || text.equals("1mo")) {
            return text;
        }
        Duration length;
        try {
            length = new Durations().convert(text);
        } catch (IllegalArgumentException e) {
            length = Duration.ZERO;
        }
        if (length.isZero() || DAY % length.toMillis() != 0) {
            throw new InvalidSettingException(
                    "--rollups", text, "a duration that divides a day, such as 1m, 15m or 1h, or 1d, 1w or 1mo");
        }
        return Durations.shortest(length);
    }
}
