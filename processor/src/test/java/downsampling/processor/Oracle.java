package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.processor.settings.Level;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.Statistic;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What has to come out of one partition with any options, by the slowest and plainest means: readings are kept, and each summary of
 * each level is computed from them. Nothing of the processor is used but its settings.
 *
 * <p>The processor is free to close a window by its timers a little later than it may. So two numbers are kept for how far windows
 * are closed: if it did all at once, and if it did all within {@link #REACTION}. Closing by readings is exact. Where the two do not
 * agree on what becomes of a reading, {@link #fate} says so, and the test has to wait before it sends the reading.
 *
 * <p>All times in milliseconds since the epoch.
 */
public final class Oracle {
    /** Within that time the processor does what its timers have it do. */
    public static final long REACTION = 3_000;

    /** The end of the partition is not known. */
    public static final long UNKNOWN = Long.MAX_VALUE;

    /** So long ago that no difference to it overflows. */
    private static final long NONE = -(1L << 52);

    private static final ObjectMapper JSON = new ObjectMapper();

    // Which of two numbers.
    private static final int SOONEST = 0;
    private static final int LATEST = 1;

    /** What becomes of a reading. */
    public enum Fate {
        COUNTED,
        CORRECTION,
        DUPLICATE,
        LATE,
        /** Too far ahead. */
        DEAD
    }

    /**
     * A reading.
     *
     * @param values  of those fields that it has
     * @param arrived the timestamp of its record
     */
    public record Reading(String sensor, long time, Map<String, Double> values, long arrived) {
        private boolean isSame(Reading other) {
            return time == other.time && values.equals(other.values);
        }
    }

    /** A record that the processor wrote for a window. */
    public record Written(int level, String sensor, long start, long end, int revision, JsonNode json) {
        public static Written of(int level, String sensor, String value, long timestamp, Headers headers)
                throws IOException {
            JsonNode json = JSON.readTree(value);
            long start = Long.parseLong(header(headers, "window.start"));
            long end = Long.parseLong(header(headers, "window.end"));
            assertThat(timestamp).as(value).isEqualTo(start);
            assertThat(json.get("time").longValue()).as(value).isEqualTo(end);
            Header revision = headers.lastHeader("revision");
            int number = revision == null ? 0 : Integer.parseInt(header(headers, "revision"));
            assertThat(revision == null).as("no header where it is the first").isEqualTo(number == 0);
            return new Written(level, sensor, start, end, number, json);
        }

        private static String header(Headers headers, String name) {
            assertThat(headers.lastHeader(name)).as(name).isNotNull();
            return new String(headers.lastHeader(name).value());
        }
    }

    private record Place(int level, String sensor, long start) {}

    private static final class Window {
        private final Place place;
        private final long end;
        private final List<Reading> readings = new ArrayList<>();
        /** The commits with which it must have been corrected, and those with which it may have been. */
        private final Set<Integer> corrections = new HashSet<>();

        private final Set<Integer> possibleCorrections = new HashSet<>();
        /** There was none in it when it closed. */
        private boolean isMadeByCorrection;

        private int written;

        private Window(Place place, long end) {
            this.place = place;
            this.end = end;
        }
    }

    /** Of the partition, or of a sensor. */
    private static final class Timeline {
        /** Event time of the newest reading that was counted, and of the newest one that was counted or a correction. */
        private long newest = NONE;

        private long newestOfAll = NONE;
        private final long begunAt;
        private long countedAt = NONE;
        private final long[] closedUpTo = {NONE, NONE};

        private Timeline(long begunAt) {
            this.begunAt = begunAt;
        }
    }

    /** When a sensor was heard of. */
    private static final class Heard {
        private long arrived = NONE;
        private long at;
        private boolean mayBeSilent;
        private boolean isSilent;
        /** It may have been forgotten, and then what is said of it depends on when. */
        private boolean mayBeForgotten;

        private final List<Silence> silences = new ArrayList<>();
    }

    /**
     * A sensor was silent.
     *
     * @param backAt when it came back; UNKNOWN if it did not
     * @param isSure whether it was long enough for any processor
     */
    private record Silence(long since, long backAt, boolean isSure) {}

    private final Settings settings;
    private final long size;
    private final long grace;
    private final long lateness;
    private final long idleClose;
    private final long silentAfter;
    private final long forgetAfter;
    private final long maxAhead;
    private final boolean bySensor;
    private final List<Calendar> levels = new ArrayList<>();

    private final Map<String, Timeline> timelines = new TreeMap<>();
    private final Map<String, Heard> heard = new TreeMap<>();
    private final Map<Place, Window> windows = new LinkedHashMap<>();
    private final Map<Fate, Integer> fates = new TreeMap<>();
    private final long[] readUpTo = {NONE, NONE};
    private final long[] horizon = {NONE, NONE};
    private long newest = NONE;
    private long now;
    private int commit;

    public Oracle(Settings settings) {
        this.settings = settings;
        size = settings.windows().size().toMillis();
        grace = settings.windows().grace().toMillis();
        lateness = settings.windows().allowedLateness().toMillis();
        idleClose = settings.windows().idleClose().toMillis();
        silentAfter = settings.sensors().silentAfter().toMillis();
        forgetAfter = settings.sensors().forgetAfter().toMillis();
        maxAhead = settings.readings().maxAhead().toMillis();
        bySensor = settings.sensors().ownTime();
        for (Level level : settings.levels()) {
            levels.add(new Calendar(
                    level.name(), level.length(), settings.rollups().calendar()));
        }
    }

    /**
     * The wall clock has come to a time, and the processor has looked at it at least once a second.
     *
     * @param since from when on the partition was known to be read to its end, or {@link #UNKNOWN}
     */
    public void advance(long now, long since) {
        this.now = now;
        commit++;
        if (since == UNKNOWN) {
            return;
        }
        readUpTo[SOONEST] = Math.max(readUpTo[SOONEST], now);
        moveHorizon(SOONEST);
        for (int which : new int[] {SOONEST, LATEST}) {
            long at = which == SOONEST ? now : now - REACTION;
            for (Timeline timeline : timelines.values()) {
                if (at >= since && timeline.countedAt <= at) {
                    close(timeline, which, floor(Math.min(timeline.newest, at) - grace));
                    closeIdle(timeline, which, at, since);
                }
            }
            for (Heard sensor : heard.values()) {
                if (silentAfter > 0 && at - Math.max(sensor.at, since) >= silentAfter) {
                    sensor.mayBeSilent = true;
                    sensor.isSilent |= which == LATEST;
                }
            }
        }
    }

    private void closeIdle(Timeline timeline, int which, long at, long since) {
        long heardAt = which == SOONEST ? timeline.countedAt : Math.max(timeline.countedAt, timeline.begunAt);
        long silence = at - Math.max(heardAt, since);
        for (int level = 0; level < levels.size(); level++) {
            Calendar calendar = levels.get(level);
            if (idleClose > 0 && silence >= (level == 0 ? idleClose : Math.max(idleClose, calendar.length / 10))) {
                close(timeline, which, Math.min(calendar.start(at - grace), calendar.end(timeline.newestOfAll)));
            }
        }
    }

    private static void close(Timeline timeline, int which, long to) {
        timeline.closedUpTo[which] = Math.max(timeline.closedUpTo[which], to);
    }

    private void moveHorizon(int which) {
        if (newest != NONE) {
            horizon[which] = Math.max(horizon[which], floor(Math.min(newest, readUpTo[which]) - forgetAfter));
        }
        heard.forEach((id, sensor) -> {
            Timeline timeline = timelines.get(id);
            sensor.mayBeForgotten |= horizon[SOONEST] > (timeline == null ? NONE : timeline.newest);
        });
    }

    /** What becomes of a reading that is read now; null if that depends on how fast the processor's timers are. */
    public @Nullable Fate fate(Reading reading) {
        Fate soonest = fate(reading, SOONEST);
        return soonest == fate(reading, LATEST) ? soonest : null;
    }

    private Fate fate(Reading reading, int which) {
        if (reading.time - now > maxAhead) {
            return Fate.DEAD;
        }
        long end = floor(reading.time) + size;
        long closedUpTo = closedUpTo(reading.sensor, which);
        if (end <= closedUpTo - lateness) {
            return Fate.LATE;
        }
        if (settings.windows().dedup() && isKnown(reading)) {
            return Fate.DUPLICATE;
        }
        return end <= closedUpTo ? Fate.CORRECTION : Fate.COUNTED;
    }

    private long closedUpTo(String sensor, int which) {
        Timeline timeline = timelines.get(bySensor ? sensor : "");
        return Math.max(bySensor ? horizon[which] : NONE, timeline == null ? NONE : timeline.closedUpTo[which]);
    }

    private boolean isKnown(Reading reading) {
        Window window = windows.get(new Place(0, reading.sensor, floor(reading.time)));
        return window != null && window.readings.stream().anyMatch(reading::isSame);
    }

    /** A reading is read now, whose fate is clear. Readings between two calls of {@link #committed} are in one transaction. */
    public Fate read(Reading reading) {
        Fate fate = fate(reading);
        assertThat(fate).as("fate of %s", reading).isNotNull();
        fates.merge(fate, 1, Integer::sum);
        if (fate == Fate.DEAD) {
            return fate;
        }
        hear(reading);
        if (fate == Fate.CORRECTION) {
            correct(reading);
        } else if (fate == Fate.COUNTED) {
            for (int level = 0; level < levels.size(); level++) {
                window(level, reading).readings.add(reading);
            }
            count(reading);
        }
        return fate;
    }

    private void hear(Reading reading) {
        Heard sensor = heard.computeIfAbsent(reading.sensor, none -> new Heard());
        long arrived = Math.min(reading.arrived, now);
        if (sensor.mayBeSilent) {
            sensor.silences.add(new Silence(sensor.arrived, arrived, sensor.isSilent));
        }
        sensor.mayBeSilent = false;
        sensor.isSilent = false;
        sensor.arrived = Math.max(sensor.arrived, arrived);
        sensor.at = now;
    }

    private void count(Reading reading) {
        Timeline timeline = timeline(reading);
        timeline.newest = Math.max(timeline.newest, reading.time);
        timeline.countedAt = now;
        newest = Math.max(newest, reading.time);
        boolean isWrong = reading.arrived > now || reading.time - reading.arrived > maxAhead;
        for (int which : new int[] {SOONEST, LATEST}) {
            readUpTo[which] = Math.max(readUpTo[which], isWrong ? now : reading.arrived);
            for (Timeline any : timelines.values()) {
                close(any, which, floor(Math.min(any.newest, readUpTo[which]) - grace));
            }
            moveHorizon(which);
        }
    }

    private Timeline timeline(Reading reading) {
        Timeline timeline = timelines.computeIfAbsent(bySensor ? reading.sensor : "", none -> new Timeline(now));
        timeline.newestOfAll = Math.max(timeline.newestOfAll, reading.time);
        return timeline;
    }

    private void correct(Reading reading) {
        timeline(reading);
        boolean mayGoOn = true;
        boolean goesOn = true;
        for (int level = 0; level < levels.size(); level++) {
            Window window = window(level, reading);
            mayGoOn &= window.end <= closedUpTo(reading.sensor, SOONEST);
            goesOn &= window.end <= closedUpTo(reading.sensor, LATEST);
            if (goesOn) {
                window.isMadeByCorrection |= window.readings.isEmpty();
                window.corrections.add(commit);
            }
            if (mayGoOn) {
                window.possibleCorrections.add(commit);
            }
            window.readings.add(reading);
        }
    }

    /** What was read since the last time is committed, and with it what came out of it. */
    public void committed() {
        commit++;
    }

    /** Whether all that the processor's timers have to do is done. */
    public boolean isSettled() {
        return windows.values().stream().allMatch(window -> isClosed(window, SOONEST) == isClosed(window, LATEST))
                && heard.values().stream().allMatch(sensor -> sensor.mayBeSilent == sensor.isSilent);
    }

    /** How many readings have had a fate. */
    public int count(Fate fate) {
        return fates.getOrDefault(fate, 0);
    }

    private Window window(int level, Reading reading) {
        Calendar calendar = levels.get(level);
        Place place = new Place(level, reading.sensor, calendar.start(reading.time));
        return windows.computeIfAbsent(place, none -> new Window(place, calendar.end(reading.time)));
    }

    private boolean isClosed(Window window, int which) {
        return window.end <= closedUpTo(window.place.sensor, which);
    }

    private long floor(long time) {
        return time - Math.floorMod(time, size);
    }

    /**
     * Holds what a transaction has written against what has been read by now.
     *
     * @param written of each level in the order of its topic; of the same window, the last one counts
     */
    public void assertWritten(List<Written> written) {
        Map<Place, Written> last = new LinkedHashMap<>();
        for (Written one : written) {
            Place place = new Place(one.level, one.sensor, one.start);
            Window window = windows.get(place);
            assertThat(window).as("nothing was read for %s", one).isNotNull();
            assertThat(one.end).as("%s", one).isEqualTo(window.end);
            assertThat(isClosed(window, SOONEST)).as("must be open: %s", one).isTrue();
            assertThat(one.revision).as("number of %s", one).isEqualTo(window.written++);
            last.put(place, one);
        }
        last.forEach((place, one) -> {
            assertSays(one, windows.get(place));
            for (Window part : windows.values()) {
                if (part.place.level == place.level - 1
                        && part.place.sensor.equals(place.sensor)
                        && part.place.start >= place.start
                        && part.end <= one.end) {
                    assertThat(part.written)
                            .as("%s, part of %s", part.place, one)
                            .isPositive();
                }
            }
        });
    }

    private void assertSays(Written written, Window window) {
        Map<String, FieldWindow> expected = new LinkedHashMap<>();
        settings.readings().fields().forEach(field -> {
            List<FieldWindow.Said> said = window.readings.stream()
                    .filter(reading -> reading.values.containsKey(field.name()))
                    .map(reading -> new FieldWindow.Said(
                            reading.sensor, reading.time, field.name(), reading.values.get(field.name())))
                    .toList();
            if (!said.isEmpty()) {
                expected.put(field.name(), new FieldWindow(window.place + " " + field.name(), said));
            }
        });
        assertThat(written.json.fieldNames())
                .toIterable()
                .as("%s", written)
                .containsExactlyElementsOf(Stream.concat(Stream.of("time"), expected.keySet().stream())
                        .toList());
        String statistics =
                settings.summaries().statistics().stream().map(Statistic::name).collect(Collectors.joining(","));
        expected.forEach((field, said) -> said.assertSays(written.json.get(field), statistics));
    }

    /** When all is written: each window that is closed has its records, as many as it has to. */
    public void assertComplete() {
        for (Window window : windows.values()) {
            String what = window.place + " to " + window.end + ", records";
            if (isClosed(window, LATEST)) {
                assertThat(window.written)
                        .as(what)
                        .isBetween(
                                Math.max(1, window.corrections.size()),
                                window.possibleCorrections.size() + (window.isMadeByCorrection ? 0 : 1));
            } else if (!isClosed(window, SOONEST)) {
                assertThat(window.written).as(what).isZero();
            }
        }
    }

    /**
     * Holds what was said of silent sensors against what had to be said.
     *
     * @param statuses of a sensor, each as {@code timestamp value}
     */
    public void assertStatuses(Map<String, List<String>> statuses) {
        heard.forEach((id, sensor) -> {
            List<Silence> silences = new ArrayList<>(sensor.silences);
            if (sensor.mayBeSilent) {
                silences.add(new Silence(sensor.arrived, UNKNOWN, sensor.isSilent));
            }
            List<String> found = new ArrayList<>(statuses.getOrDefault(id, List.of()));
            List<String> expected = new ArrayList<>();
            for (Silence silence : silences) {
                List<String> said = new ArrayList<>();
                said.add("%d {\"sensor\":\"%s\",\"status\":\"silent\",\"since\":%d}"
                        .formatted(silence.since + silentAfter, id, silence.since));
                if (silence.backAt != UNKNOWN) {
                    said.add("%d {\"sensor\":\"%s\",\"status\":\"back\",\"after\":%d}"
                            .formatted(silence.backAt, id, Math.max(0, silence.backAt - silence.since)));
                }
                List<String> next = found.subList(
                        Math.min(found.size(), expected.size()), Math.min(found.size(), expected.size() + said.size()));
                if (silence.isSure || next.equals(said)) {
                    expected.addAll(said);
                }
            }
            if (!sensor.mayBeForgotten) {
                assertThat(found).as("status of %s", id).isEqualTo(expected);
            }
        });
        assertThat(heard.keySet()).as("sensors with a status").containsAll(statuses.keySet());
    }

    /** The windows of a level, by a local clock: the next one begins when that shows for the first time what it begins at. */
    private static final class Calendar {
        private static final Map<String, Boolean> MULTIPLES = new ConcurrentHashMap<>();

        private final String level;
        private final long length;
        private final ZoneId zone;
        private final boolean isLocal;
        private final TreeMap<Long, Long> known = new TreeMap<>();

        private Calendar(String level, long length, ZoneId zone) {
            this.level = level;
            this.length = length;
            this.zone = zone;
            isLocal = !level.isEmpty()
                    && (length >= Duration.ofDays(1).toMillis()
                            || !MULTIPLES.computeIfAbsent(zone + " " + length, key -> isMultiple(zone, length)));
        }

        /** Whether the zone was never off from UTC by a part of the length. */
        private static boolean isMultiple(ZoneId zone, long length) {
            for (int day = 0; day < 70 * 365; day++) {
                long offset = zone.getRules()
                        .getOffset(Instant.ofEpochSecond(day * 86_400L))
                        .getTotalSeconds();
                if (offset * 1000 % length != 0) {
                    return false;
                }
            }
            return true;
        }

        private long start(long time) {
            Map.Entry<Long, Long> window = known.floorEntry(time);
            if (window == null || window.getValue() <= time) {
                long number = number(time);
                // By halves: the last time before the window, and the first one after it.
                long start = first(time - 2 * length - 100_000_000, time, number);
                known.put(start, first(time, time + 2 * length + 100_000_000, number + 1));
                return start;
            }
            return window.getKey();
        }

        private long end(long time) {
            return known.get(start(time));
        }

        /** The first time after one and up to another one with so high a number. */
        private long first(long before, long after, long number) {
            while (after - before > 1) {
                long half = (before + after) >>> 1;
                if (number(half) >= number) {
                    after = half;
                } else {
                    before = half;
                }
            }
            return after;
        }

        /** Which window a time is in: the later, the higher. */
        private long number(long time) {
            if (!isLocal) {
                return Math.floorDiv(time, length);
            }
            LocalDateTime clock = LocalDateTime.ofInstant(Instant.ofEpochMilli(time), zone);
            ZoneOffsetTransition change = zone.getRules().previousTransition(Instant.ofEpochMilli(time + 1));
            if (change != null) { // what it had shown before it was set back
                LocalDateTime before = change.getDateTimeBefore().minus(1, ChronoUnit.MILLIS);
                clock = before.isAfter(clock) ? before : clock;
            }
            return switch (level) {
                case "1mo" -> clock.getYear() * 12L + clock.getMonthValue();
                case "1w" -> Math.floorDiv(clock.toLocalDate().toEpochDay() + 3, 7);
                default -> Math.floorDiv(ChronoUnit.MILLIS.between(LocalDateTime.of(1970, 1, 1, 0, 0), clock), length);
            };
        }
    }
}
