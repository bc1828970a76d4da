package downsampling.processor.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.service.InvalidSettingException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Levels held against somebody who looks at a local clock each minute: the next window begins when the clock shows for the first
 * time what it begins at, or more than that.
 */
class LevelTest {
    private static final int MINUTE = 60_000;
    private static final int MINUTES_OF_A_DAY = 24 * 60;
    private static final Duration BASE = Duration.ofSeconds(10);

    /** Minutes of each level that is shorter than a day. */
    private static final Map<String, Integer> MINUTES = Map.of("1m", 1, "5m", 5, "15m", 15, "1h", 60, "6h", 360);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UTC",
                "+05:30",
                "Europe/Berlin",
                "Asia/Kolkata",
                "Asia/Kathmandu", // 5:45 ahead
                "Australia/Lord_Howe", // half an hour of summer time
                "America/St_Johns",
                "Pacific/Chatham", // 12:45 ahead
                "Africa/Cairo", // its clock is set at midnight
                "America/Sao_Paulo", // was set at midnight
                "America/Havana", // an hour after midnight, so that a day begins twice
                "Pacific/Apia", // has no 30 December 2011
                "Asia/Beirut",
                "Antarctica/Casey", // has set it by three hours
                "Africa/Casablanca"
            })
    void shouldBeWhatALocalClockShows(String zone) {
        ZoneId calendar = ZoneId.of(zone);
        for (String from : List.of("2011-11-20", "2018-09-20", "2023-09-25", "2024-02-25", "2026-03-01")) {
            assertLevels(calendar, LocalDate.parse(from), List.of("1m", "15m", "1h", "6h", "1d", "1w"));
            assertLevels(calendar, LocalDate.parse(from), List.of("5m", "1h", "1d", "1mo"));
        }
    }

    private static void assertLevels(ZoneId calendar, LocalDate day, List<String> names) {
        ZoneRules rules = calendar.getRules();
        List<Level> levels = new RollupSettings(names, calendar).levels(BASE);
        int first = (int) day.toEpochDay() * MINUTES_OF_A_DAY;
        int[] local = localClock(rules, first, 70 * MINUTES_OF_A_DAY);
        List<Long> below = List.of();
        for (Level level : levels.subList(1, levels.size())) {
            List<Long> starts = new ArrayList<>();
            boolean aligned = isMultiple(rules, MINUTES.get(level.name()));
            long before = window(level.name(), aligned ? first : local[0]);
            for (int i = 1; i < local.length; i++) {
                long window = window(level.name(), aligned ? first + i : local[i]);
                if (window != before) {
                    starts.add((long) (first + i) * MINUTE);
                }
                before = window;
            }
            assertThat(starts).hasSizeGreaterThan(1);
            String what = calendar + " " + level.name();
            Random random = new Random(1);
            for (int i = 0; i < starts.size() + 1000; i++) {
                // One after the other, then by leaps, as what was asked last is kept.
                int window = i < starts.size() - 1 ? i : random.nextInt(starts.size() - 1);
                long start = starts.get(window);
                long end = starts.get(window + 1);
                assertWindow(what, level, start, start, end);
                assertWindow(what, level, random.nextLong(start, end), start, end);
                assertWindow(what, level, end - 1, start, end);
            }
            if (!below.isEmpty()) {
                long from = below.get(0);
                long to = below.get(below.size() - 1);
                assertThat(starts.stream().filter(start -> start >= from && start <= to))
                        .as(what)
                        .allMatch(new HashSet<>(below)::contains);
            }
            below = starts;
        }
    }

    private static void assertWindow(String what, Level level, long time, long start, long end) {
        if (level.start(time) != start || level.end(time) != end) {
            assertThat(Instant.ofEpochMilli(level.start(time)) + " to " + Instant.ofEpochMilli(level.end(time)))
                    .as("%s, window of %s", what, Instant.ofEpochMilli(time))
                    .isEqualTo(Instant.ofEpochMilli(start) + " to " + Instant.ofEpochMilli(end));
        }
    }

    /** For each minute, the latest that the clock has shown until then, in minutes. */
    private static int[] localClock(ZoneRules rules, int first, int count) {
        int[] shown = new int[count];
        int latest = Integer.MIN_VALUE;
        for (int minute = first - 2 * MINUTES_OF_A_DAY; minute < first + count; minute++) {
            int offset = rules.getOffset(Instant.ofEpochSecond(minute * 60L)).getTotalSeconds();
            latest = Math.max(latest, minute + offset / 60);
            if (minute >= first) {
                shown[minute - first] = latest;
            }
        }
        return shown;
    }

    /** Which window it is, by any number, of a minute as some clock counts them from 1970. */
    private static long window(String level, int minute) {
        int day = Math.floorDiv(minute, MINUTES_OF_A_DAY);
        return switch (level) {
            case "1mo" ->
                LocalDate.ofEpochDay(day).getYear() * 12L
                        + LocalDate.ofEpochDay(day).getMonthValue();
            case "1w" -> Math.floorDiv(day + 3, 7); // the epoch was a Thursday
            case "1d" -> day;
            default -> Math.floorDiv(minute, MINUTES.get(level));
        };
    }

    /** Whether windows of so many minutes are those of UTC: as the clock was never off by a part of them, day by day. */
    private static boolean isMultiple(ZoneRules rules, @Nullable Integer minutes) {
        if (minutes == null) {
            return false;
        }
        for (int day = 0; day < 70 * 365; day++) {
            if (rules.getOffset(Instant.ofEpochSecond(day * 86_400L)).getTotalSeconds() % (minutes * 60) != 0) {
                return false;
            }
        }
        return true;
    }

    @ParameterizedTest
    @CsvSource({
        "Europe/Berlin, 2024-03-31, 23h",
        "Europe/Berlin, 2024-10-27, 25h",
        "Europe/Berlin, 2024-10-28, 24h",
        "Australia/Lord_Howe, 2024-04-07, 24h30m",
        "Australia/Lord_Howe, 2024-10-06, 23h30m",
        "America/Sao_Paulo, 2018-11-04, 23h",
        "Africa/Cairo, 2024-10-31, 25h",
        "America/Havana, 2024-11-03, 25h",
        "Pacific/Apia, 2011-12-29, 24h",
        "Asia/Kathmandu, 2024-03-31, 24h",
        "UTC, 2024-03-31, 24h",
    })
    void shouldHaveDaysAsLongAsTheyAre(String zone, LocalDate day, String length) {
        Level days =
                new RollupSettings(List.of("1d"), ZoneId.of(zone)).levels(BASE).get(1);
        long noon = day.atTime(12, 0).atZone(ZoneId.of(zone)).toInstant().toEpochMilli();
        assertThat(Duration.ofMillis(days.end(noon) - days.start(noon))).isEqualTo(Duration.parse("PT" + length));
        assertThat(days.start(noon))
                .isEqualTo(day.atStartOfDay(ZoneId.of(zone)).toInstant().toEpochMilli());
    }

    @Test
    void shouldNestInEveryZoneOfTheWorld() {
        Random random = new Random(2);
        Set<ZoneRules> known = new HashSet<>();
        for (String zone : new TreeSet<>(ZoneId.getAvailableZoneIds())) {
            ZoneId calendar = ZoneId.of(zone);
            if (!known.add(calendar.getRules())) {
                continue;
            }
            for (String names : List.of("1m,15m,1h,6h,1d,1mo", "10m,30m,2h,12h,1d,1w")) {
                List<Level> levels = new RollupSettings(Arrays.asList(names.split(",")), calendar).levels(BASE);
                List<Long> times = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    times.add(random.nextLong(0, 2_000_000_000_000L));
                }
                // But for those at a minute past midnight, in Newfoundland until 2011: a quarter of an hour is in two
                // hours there.
                calendar.getRules().getTransitions().stream()
                        .map(change -> change.getInstant().toEpochMilli())
                        .filter(change -> change > 0 && change % (15 * MINUTE) == 0)
                        .forEach(change -> times.addAll(List.of(change - 1, change)));
                for (long time : times) {
                    for (int i = 1; i < levels.size(); i++) {
                        assertNested(zone, levels.get(i - 1), levels.get(i), time);
                    }
                }
            }
        }
    }

    private static void assertNested(String zone, Level below, Level level, long time) {
        long start = level.start(time);
        long end = level.end(time);
        boolean isWindow = start <= time
                && time < end
                && level.end(start) == end
                && level.start(end - 1) == start
                && level.start(end) == end;
        boolean isWhole = below.start(start) == start && below.end(end - 1) == end;
        assertThat(isWindow && isWhole)
                .as("%s %s, %s to %s", zone, level.name(), Instant.ofEpochMilli(start), Instant.ofEpochMilli(end))
                .isTrue();
    }

    @Test
    void shouldBeginAtMultiplesSinceTheEpochWhereTheZoneHasNoPartOfALevel() {
        Level hours = new RollupSettings(List.of("1h"), ZoneId.of("Europe/Berlin"))
                .levels(BASE)
                .get(1);
        long twice = ZonedDateTime.parse("2024-10-27T02:30+01:00[Europe/Berlin]")
                .toInstant()
                .toEpochMilli();
        assertThat(hours.start(twice)).isEqualTo(twice - 30 * MINUTE);
        assertThat(hours.end(twice)).isEqualTo(twice + 30 * MINUTE);
        assertThat(hours.start(-1)).isEqualTo(-60 * MINUTE);
    }

    @ParameterizedTest
    @CsvSource({
        "1m, 1m",
        "60s, 1m",
        "90s, 90s",
        "60m, 1h",
        "3600s, 1h",
        "90m, 90m",
        "24h, 1d",
        "1d, 1d",
        "1w, 1w",
        "1mo, 1mo",
        "' 1m, 60m ', '1m,1h'",
        "'20s,1m,1h,1d,1mo', '20s,1m,1h,1d,1mo'",
    })
    void shouldHaveOneNameForALevel(String rollups, String names) {
        Settings settings = ParsedSettings.of("--rollups=" + rollups);
        List<String> found = settings.levels().stream().map(Level::name).toList();
        assertThat(String.join(",", found)).isEqualTo("," + names);
        assertThat(settings.topics().output(settings.levels().get(1)))
                .isEqualTo("agg-temperature-" + names.split(",")[0]);
        assertThat(settings.storeName()).isEqualTo("open-windows-10s-1s-" + names.replace(',', '-'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7m            | 7m  | a duration that divides a day",
                "7s            | 7s  | a duration that divides a day",
                "0s            | 0s  | a duration that divides a day",
                "2d            | 2d  | a duration that divides a day",
                "7d            | 7d  | a duration that divides a day",
                "2w            | 2w  | a duration that divides a day",
                "1y            | 1y  | a duration that divides a day",
                "1m,           | ''  | a duration that divides a day",
                "hour          | hour | a duration that divides a day",
                "15s           | 15s | a multiple of --window",
                "5s            | 5s  | a multiple of --window",
                "10s           | 10s | a multiple of --window",
                "1m,90s        | 90s | a multiple of 1m",
                "1h,1m         | 1m  | a multiple of 1h",
                "1h,60m        | 60m | a multiple of 1h",
                "1d,1d         | 1d  | a multiple of 1d",
                "1w,1mo        | 1mo | a multiple of 1w",
                "1mo,1w        | 1w  | a multiple of 1mo",
            })
    void shouldRefuseWhatIsNoMultiple(String rollups, String name, String expected) {
        assertThatThrownBy(() -> ParsedSettings.of("--rollups=" + rollups).levels())
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("--rollups=" + name + ": expected " + expected);
    }

    @ParameterizedTest
    @CsvSource({"Asia/Kolkata, 1h", "Asia/Kathmandu, 30m", "Australia/Lord_Howe, 1h"})
    void shouldRefuseAZoneWhoseDaysWindowsDoNotFit(String zone, String window) {
        assertThatThrownBy(() -> ParsedSettings.of("--rollups=1d", "--window=" + window, "--calendar=" + zone))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("--calendar=" + zone + ": expected a zone whose offset from UTC is a multiple of --window");
        assertThat(ParsedSettings.of("--rollups=1d", "--window=15m", "--calendar=" + zone)
                        .levels())
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Middle/Earth", "", "UTC+25"})
    void shouldRefuseWhatIsNoZone(String zone) {
        assertThatThrownBy(() -> ParsedSettings.of("--rollups=1d", "--calendar=" + zone))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("--calendar=" + zone + ": expected a time zone such as UTC or Europe/Berlin");
    }
}
