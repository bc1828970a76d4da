package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import downsampling.service.Durations;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What is known of each sensor by itself.
 *
 * @param streamTime  whose readings close windows
 * @param forgetAfter how far behind the newest reading of its partition a sensor is forgotten, and readings are late in any case
 * @param silentAfter after how long without a reading a sensor is said to be silent; zero: never
 */
public record SensorSettings(StreamTimeKind streamTime, Duration forgetAfter, Duration silentAfter) {
    /** Whose readings, and whose silence, close windows. */
    public enum StreamTimeKind {
        /** Those of all sensors of a partition, as in Kafka Streams. */
        PARTITION,
        /** A sensor's own. */
        SENSOR
    }

    public SensorSettings {
        Require.between("--forget-after", forgetAfter, Duration.ofMinutes(1), Require.LONGEST);
        Require.that(
                silentAfter.isZero()
                        || (silentAfter.compareTo(Duration.ofSeconds(1)) >= 0
                                && silentAfter.compareTo(Require.LONGEST) <= 0),
                "--silent-after",
                Durations.format(silentAfter),
                "at least 1s, or off");
    }

    /** Whether each sensor has a stream time of its own. */
    public boolean ownTime() {
        return streamTime == StreamTimeKind.SENSOR;
    }

    /** Whether it is said which sensors are silent. */
    public boolean saysSilent() {
        return !silentAfter.isZero();
    }

    String streamTimeName() {
        return streamTime.name().toLowerCase(Locale.ROOT);
    }

    @Command(optionListHeading = "%nThe sensors:%n")
    static final class Options {
        @Option(
                names = "--stream-time",
                scope = INHERIT,
                paramLabel = "NAME",
                defaultValue = "partition",
                description =
                        "partition: the readings of all sensors of a partition close each other's windows; sensor: each sensor's own,"
                                + " so that one with a slow clock, or a backlog, loses none (default: ${DEFAULT-VALUE})")
        private StreamTimeKind streamTime;

        @Option(
                names = "--silent-after",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "off",
                description =
                        "after how long without a reading a sensor is said to be silent, on the topic of --status-topic"
                                + " (default: ${DEFAULT-VALUE})")
        private Duration silentAfter;

        @Option(
                names = "--forget-after",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "7d",
                description =
                        "with --stream-time=sensor or --silent-after: how far behind the newest reading of its partition a sensor is forgotten;"
                                + " with the first, readings that old are late (default: ${DEFAULT-VALUE})")
        private Duration forgetAfter;

        SensorSettings sensors() {
            return new SensorSettings(streamTime, forgetAfter, silentAfter);
        }
    }
}
