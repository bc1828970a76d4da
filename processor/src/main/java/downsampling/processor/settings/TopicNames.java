package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The topics that the processor reads and writes; no two of them are the same.
 *
 * @param input  raw readings
 * @param output summaries; those of rollups have their level in its name
 * @param late   readings that came too late for their window
 * @param dead   records that are no reading
 * @param status which sensors are silent
 */
public record TopicNames(String input, String output, String late, String dead, String status) {
    public TopicNames {
        Map<String, String> options = new LinkedHashMap<>();
        List.of(
                        Map.entry("--input-topic", input),
                        Map.entry("--output-topic", output),
                        Map.entry("--late-topic", late),
                        Map.entry("--dead-topic", dead),
                        Map.entry("--status-topic", status))
                .forEach(option -> {
                    String name = option.getValue();
                    Require.name(option.getKey(), name, Require.LONGEST_NAME, "a topic's name, ");
                    String other = options.putIfAbsent(name, option.getKey());
                    Require.that(other == null, option.getKey(), name, "another topic than that of " + other);
                });
    }

    /** The topic of the summaries of a level. */
    public String output(Level level) {
        return level.number() == 0 ? output : output + "-" + level.name();
    }

    /** Topics that somebody already has are named here. */
    @Command(optionListHeading = "%nThe topics:%n")
    static final class Options {
        @Option(
                names = "--input-topic",
                scope = INHERIT,
                paramLabel = "TOPIC",
                defaultValue = "raw-temperature",
                description = "topic of readings (default: ${DEFAULT-VALUE})")
        private String input;

        @Option(
                names = "--output-topic",
                scope = INHERIT,
                paramLabel = "TOPIC",
                defaultValue = "agg-temperature",
                description = "topic of summaries (default: ${DEFAULT-VALUE})")
        private String output;

        @Option(
                names = "--late-topic",
                scope = INHERIT,
                paramLabel = "TOPIC",
                defaultValue = "late-temperature",
                description = "topic of late readings, whose window is closed (default: ${DEFAULT-VALUE})")
        private String late;

        @Option(
                names = "--dead-topic",
                scope = INHERIT,
                paramLabel = "TOPIC",
                defaultValue = "dead-temperature",
                description = "topic of records that are not a usable reading (default: ${DEFAULT-VALUE})")
        private String dead;

        @Option(
                names = "--status-topic",
                scope = INHERIT,
                paramLabel = "TOPIC",
                defaultValue = "sensor-status",
                description =
                        "with --silent-after: topic that says which sensors are silent (default: ${DEFAULT-VALUE})")
        private String status;

        TopicNames names() {
            return new TopicNames(input, output, late, dead, status);
        }
    }
}
