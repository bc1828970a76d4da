package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import downsampling.service.InvalidSettingException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What windows are rolled up to.
 *
 * @param names    of the levels, each a multiple of the one before it: durations that divide a day, {@code 1d}, {@code 1w} or
 *     {@code 1mo}
 * @param calendar whose days, weeks and months these are
 */
public record RollupSettings(List<String> names, ZoneId calendar) {
    /** Their number stands in four bits. */
    private static final int MOST = 14;

    public RollupSettings {
        names = List.copyOf(names);
        Require.that(names.size() <= MOST, "--rollups", names.size() + " levels", MOST + " at the most");
    }

    /**
     * The windows that readings are counted in, then those that they are rolled up to.
     *
     * @throws InvalidSettingException if one is no multiple of those before
     */
    List<Level> levels(Duration window) {
        List<Level> levels = new ArrayList<>(List.of(Level.base(window)));
        for (String name : names) {
            Level below = levels.get(levels.size() - 1);
            Level level;
            try {
                level = Level.of(levels.size(), name, calendar);
            } catch (IllegalArgumentException e) {
                throw new InvalidSettingException(
                        "--rollups", name, "a duration that divides a day, such as 1m, 15m or 1h, or 1d, 1w or 1mo");
            }
            Require.that(
                    level.isMultipleOf(below) && level.length() > below.length(),
                    "--rollups",
                    name,
                    "a multiple of " + (below.name().isEmpty() ? "--window" : below.name()));
            levels.add(level);
        }
        Require.that(
                names.isEmpty() || Level.isMultiple(calendar, window.toMillis()),
                "--calendar",
                calendar,
                "a zone whose offset from UTC is a multiple of --window");
        return List.copyOf(levels);
    }

    @Command(optionListHeading = "%nRollups:%n")
    static final class Options {
        @Option(
                names = "--rollups",
                scope = INHERIT,
                paramLabel = "LEVEL,…",
                defaultValue = "",
                description = {
                    "also summarise longer windows, each level on a topic of its own, such as agg-temperature-1h: durations that"
                            + " divide a day, 1d, 1w (from Monday) and 1mo, each a multiple of the one before it"
                })
        private String levels;

        @Option(
                names = "--calendar",
                scope = INHERIT,
                paramLabel = "ZONE",
                defaultValue = "UTC",
                description =
                        "with --rollups: zone whose days, weeks and months these are, such as Europe/Berlin (default: ${DEFAULT-VALUE})")
        private String calendar;

        RollupSettings rollups() {
            ZoneId zone;
            try {
                zone = ZoneId.of(calendar);
            } catch (DateTimeException e) {
                throw new InvalidSettingException("--calendar", calendar, "a time zone such as UTC or Europe/Berlin");
            }
            return new RollupSettings(
                    levels.isEmpty()
                            ? List.of()
                            : List.of(levels.split(",", -1)).stream()
                                    .map(String::strip)
                                    .toList(),
                    zone.normalized().equals(ZoneOffset.UTC) ? ZoneOffset.UTC : zone);
        }
    }
}
