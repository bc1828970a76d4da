package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import downsampling.service.Durations;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The tumbling windows {@code [start, end)}, and what closes them.
 *
 * @param size      of a window, at least 1 ms
 * @param grace     for how long after its end, in event time, a window still accepts readings
 * @param idleClose after how long without a reading a partition's open windows close; zero: never
 * @param dedup     whether readings of a window that have the same time and values count once
 * @param allowedLateness for how long behind the end of the closed windows these are kept, and corrected
 */
public record WindowSettings(
        Duration size, Duration grace, Duration idleClose, boolean dedup, Duration allowedLateness) {
    public WindowSettings {
        Require.between("--window", size, Duration.ofMillis(1), Require.LONGEST);
        Require.between("--grace", grace, Duration.ZERO, Require.LONGEST);
        Require.between("--allowed-lateness", allowedLateness, Duration.ZERO, Require.LONGEST);
        Require.that(
                idleClose.isZero()
                        || (idleClose.compareTo(Duration.ofSeconds(1)) >= 0
                                && idleClose.compareTo(Require.LONGEST) <= 0),
                "--idle-close",
                Durations.format(idleClose),
                "at least 1s, or off");
    }

    /** Whether silence closes windows. */
    public boolean closesIdle() {
        return !idleClose.isZero();
    }

    @Command(optionListHeading = "%nThe windows:%n")
    static final class Options {
        @Option(
                names = "--window",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "10s",
                description = "size of the windows (default: ${DEFAULT-VALUE})")
        private Duration size;

        @Option(
                names = "--grace",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "1s",
                description =
                        "how long after its end, in event time, a window accepts readings (default: ${DEFAULT-VALUE})")
        private Duration grace;

        @Option(
                names = "--idle-close",
                paramLabel = "DURATION",
                defaultValue = "30s",
                description =
                        "how long a partition has to be without readings until its windows that are over are closed; it has to be"
                                + " longer than the longest pause between two uploads; off: never (default: ${DEFAULT-VALUE})")
        private Duration idleClose;

        @Option(
                names = "--dedup",
                scope = INHERIT,
                description =
                        "count readings of an open window with the same sensor, time and values once; without this, a reading that"
                                + " is sent twice counts twice")
        private boolean dedup;

        @Option(
                names = "--allowed-lateness",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "off",
                description =
                        "for how long a closed window is kept: a late reading for it is counted, and its summary written once more,"
                                + " with header revision (default: ${DEFAULT-VALUE})")
        private Duration allowedLateness;

        WindowSettings windows() {
            return new WindowSettings(size, grace, idleClose, dedup, allowedLateness);
        }
    }
}
