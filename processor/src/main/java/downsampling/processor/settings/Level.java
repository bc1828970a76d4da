package downsampling.processor.settings;

import downsampling.service.Durations;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjuster;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Tumbling windows {@code [start, end)} that cover all of time: those that readings are counted in, or those of a rollup.
 *
 * <p>Windows begin at multiples of their length since the epoch, as Kafka Streams has it. Where the calendar's offset from UTC is
 * no multiple of that, and for days, weeks and months, they begin on the local clock instead. Where that is set forward or back,
 * a window that has the change in it is shorter or longer, by the hour of a day of 23 or 25; a local time that comes twice is
 * meant the first time, and one that does not come is the moment at which the clock is set.
 *
 * <p>All times in milliseconds since the epoch. Immutable.
 */
public final class Level {
    private static final long DAY = Duration.ofDays(1).toMillis();

    private final int number;
    private final String name;
    private final long length;
    private final Windows windows;
    /** What was asked for last: windows are mostly asked for many times in a row. */
    private volatile Window last = new Window(0, 0);

    private record Window(long start, long end) {}

    private interface Windows {
        Window at(long time);
    }

    private Level(int number, String name, long length, Windows windows) {
        this.number = number;
        this.name = name;
        this.length = length;
        this.windows = windows;
    }

    /** The windows that readings are counted in. */
    static Level base(Duration size) {
        return new Level(0, "", size.toMillis(), aligned(size.toMillis()));
    }

    /**
     * A level of a rollup.
     *
     * @param number from 1
     * @param text   a duration that divides a day, {@code 1d}, {@code 1w} or {@code 1mo}
     * @throws IllegalArgumentException if it is none of these
     */
    static Level of(int number, String text, ZoneId calendar) {
        return switch (text) {
            case "1w" -> new Level(number, text, 7 * DAY, weeks(calendar));
            case "1mo" -> new Level(number, text, 30 * DAY, months(calendar));
            default -> {
                long length = new Durations().convert(text).toMillis();
                if (length <= 0 || DAY % length != 0) {
                    throw new IllegalArgumentException("no part of a day");
                }
                boolean aligned = length < DAY && isMultiple(calendar, length);
                yield new Level(
                        number,
                        Durations.shortest(Duration.ofMillis(length)),
                        length,
                        aligned ? aligned(length) : parts(calendar, length));
            }
        };
    }

    private static Windows months(ZoneId calendar) {
        return local(
                calendar, time -> time.toLocalDate().withDayOfMonth(1).atStartOfDay(), start -> start.plusMonths(1));
    }

    private static Windows weeks(ZoneId calendar) {
        TemporalAdjuster monday = TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY);
        return local(calendar, time -> time.toLocalDate().with(monday).atStartOfDay(), start -> start.plusWeeks(1));
    }

    /** Parts of a day, or whole ones. */
    private static Windows parts(ZoneId calendar, long length) {
        return local(
                calendar,
                time -> {
                    long ofDay = ChronoUnit.MILLIS.between(time.truncatedTo(ChronoUnit.DAYS), time);
                    return time.truncatedTo(ChronoUnit.DAYS).plus(ofDay / length * length, ChronoUnit.MILLIS);
                },
                start -> start.plus(length, ChronoUnit.MILLIS));
    }

    private static Windows aligned(long length) {
        return time -> {
            long start = time - Math.floorMod(time, length);
            return new Window(start, start + length);
        };
    }

    private static Windows local(
            ZoneId calendar, UnaryOperator<LocalDateTime> startOf, UnaryOperator<LocalDateTime> next) {
        ZoneRules rules = calendar.getRules();
        return time -> {
            // A local time that comes twice may be in a window that began, by the clock, later.
            LocalDateTime from = startOf.apply(LocalDateTime.ofInstant(Instant.ofEpochMilli(time), calendar));
            LocalDateTime to = next.apply(from);
            while (millis(to, rules) <= time) {
                from = to;
                to = next.apply(from);
            }
            return new Window(millis(from, rules), millis(to, rules));
        };
    }

    private static long millis(LocalDateTime local, ZoneRules rules) {
        ZoneOffsetTransition change = rules.getTransition(local);
        if (change != null && change.isGap()) {
            return change.toEpochSecond() * 1000;
        }
        return local.toInstant(change == null ? rules.getOffset(local) : change.getOffsetBefore())
                .toEpochMilli();
    }

    /** Whether all offsets from UTC that a zone has had since 1970 are multiples of a length. */
    static boolean isMultiple(ZoneId zone, long length) {
        ZoneRules rules = zone.getRules();
        LongStream changes = Stream.concat(
                        rules.getTransitions().stream()
                                .filter(change -> change.toEpochSecond() > 0)
                                .map(ZoneOffsetTransition::getOffsetAfter),
                        rules.getTransitionRules().stream()
                                .flatMap(rule -> Stream.of(rule.getOffsetBefore(), rule.getOffsetAfter())))
                .mapToLong(offset -> offset.getTotalSeconds());
        return LongStream.concat(LongStream.of(rules.getOffset(Instant.EPOCH).getTotalSeconds()), changes)
                .allMatch(seconds -> seconds * 1000 % length == 0);
    }

    /** Whether each window of this level is made of whole ones of another. */
    boolean isMultipleOf(Level other) {
        return switch (name) {
            case "1w" -> DAY % other.length == 0;
            case "1mo" -> other.length <= DAY && DAY % other.length == 0;
            default -> length % other.length == 0;
        };
    }

    /** 0 for the windows that readings are counted in; a level is a multiple of the one before it. */
    public int number() {
        return number;
    }

    /** Such as {@code 1h}; empty for the windows that readings are counted in. */
    public String name() {
        return name;
    }

    /** How long a window is, as far as one can say. */
    public long length() {
        return length;
    }

    /** Start of the window that a time is in. */
    public long start(long time) {
        return window(time).start;
    }

    /** End of the window that a time is in. */
    public long end(long time) {
        return window(time).end;
    }

    private Window window(long time) {
        Window window = last;
        if (time < window.start || time >= window.end) {
            window = windows.at(time);
            last = window;
        }
        return window;
    }
}
