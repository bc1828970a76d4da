package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import java.time.Duration;
import java.time.ZoneId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How a record becomes a reading.
 *
 * @param zone     of timestamps that name none
 * @param maxAhead how far in the future an event time may lie
 */
public record ReadingSettings(ZoneId zone, Duration maxAhead) {
    public ReadingSettings {
        Require.between("--max-ahead", maxAhead, Duration.ZERO, Require.LONGEST);
    }

    @Command(optionListHeading = "%nWhat a reading is:%n")
    static final class Options {
        @Option(
                names = "--max-ahead",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "60s",
                description = "a reading further in the future than this is dead (default: ${DEFAULT-VALUE})")
        private Duration maxAhead;

        @Option(
                names = "--zone",
                scope = INHERIT,
                paramLabel = "ZONE",
                defaultValue = "UTC",
                description = "time zone of timestamps that name none (default: ${DEFAULT-VALUE})")
        private ZoneId zone;

        ReadingSettings readings() {
            return new ReadingSettings(zone, maxAhead);
        }
    }
}
