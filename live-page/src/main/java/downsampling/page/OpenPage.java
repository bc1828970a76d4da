package downsampling.page;

import downsampling.page.Board.EntryCounts;
import downsampling.page.Board.KnownSensors;
import downsampling.page.Board.Overview;
import downsampling.page.PageUpdate.FieldList;
import downsampling.page.PageUpdate.LevelList;
import downsampling.page.PageUpdate.Newest;
import downsampling.page.PageUpdate.Points;
import downsampling.page.PageUpdate.Row;
import downsampling.page.PageUpdate.SensorList;
import downsampling.page.PageUpdate.Window;
import downsampling.service.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A page that somebody has open: what was chosen on it, and how much it has been sent. Each update holds what is new since the
 * one before; the first holds everything there is to begin with. Every part of an update has a limit, so its size depends on
 * neither the number of sensors nor the rate of readings. Not safe for several threads.
 */
final class OpenPage {
    /** Small charts at a time. */
    static final int CHARTS = 48;
    /** Windows of a sensor to begin with, and at most in an update after that. */
    static final int WINDOWS = 40;
    /** Points of the chosen sensor to begin with. */
    static final int POINTS = 2_000;
    /** Points of the chosen sensor in an update after that. */
    static final int NEW_POINTS = 200;
    /** Rows of a table. */
    static final int ROWS = 50;

    private static final int WINDOWS_ACROSS = 12;
    private static final long SHORTEST_SPAN_MILLIS = 120_000;
    /** A month and the hour by which a clock is set back, since anything can stand in a summary. */
    private static final long LONGEST_WINDOW_MILLIS =
            Duration.ofDays(31).plusHours(1).toMillis();

    private static final PageUpdate.Limits LIMITS = new PageUpdate.Limits(
            CHARTS,
            POINTS,
            NEW_POINTS,
            ROWS,
            Summary.MOST_STATISTICS,
            Board.FIELDS_KEPT,
            Board.SENSORS_KEPT,
            Board.READINGS_KEPT,
            Board.SUMMARIES_KEPT,
            TopicReader.FURTHEST_BEHIND);

    /**
     * What is chosen on a page.
     *
     * @param sensor id of the sensor to draw large, or null for the first one
     * @param field the field to show, or null for the first one that the summaries have
     * @param level what the windows to show are called; the base, which is empty, is shown where there is no such level
     * @param find what the id of a sensor has to contain, in whatever case, to have a small chart; empty for any
     * @param silent whether it has to be silent to have one
     * @param first number of the first small chart, from 0
     */
    record Choice(
            @Nullable String sensor, @Nullable String field, String level, String find, boolean silent, int first) {}

    private final Board board;
    private final Choice choice;
    private final String level;

    private @Nullable String chosen;
    /** What the page has been sent of the levels. */
    private @Nullable LevelList levels;
    /** What the page has been sent of the fields. */
    private @Nullable FieldList fields;

    private boolean begun;
    private EntryCounts sent = EntryCounts.ZERO;
    private long sensorsVersion = -1;
    private Set<Sensor> charted = Set.of();
    /** The sensor with the id that was chosen, or null as long as it has not been heard of. */
    private @Nullable Sensor large;
    /** The sensor whose points the page has been sent. */
    private @Nullable Sensor drawn;

    OpenPage(Board board, Choice choice) {
        this.board = board;
        this.choice = choice;
        level = board.levels().contains(choice.level) ? choice.level : "";
        chosen = choice.sensor;
    }

    /** What is new since the update before. */
    PageUpdate nextUpdate() {
        Overview overview = board.overview(level);
        EntryCounts counts = overview.counts();
        FieldList newFields = fields(overview.fields());
        if (fields != null && !fields.shown().equals(newFields.shown())) {
            beginAnew();
        }
        LevelList newLevels = levels(overview.baseWindowMillis());
        String field = newFields.shown();
        long span = Math.max(
                SHORTEST_SPAN_MILLIS, WINDOWS_ACROSS * Math.min(overview.newestWindowMillis(), LONGEST_WINDOW_MILLIS));
        Set<Sensor> chartedBefore = charted;
        SensorList list = overview.sensors().version() == sensorsVersion ? null : chart(overview.sensors());
        EntryRange newSummaries = new EntryRange(sent.summaries(), counts.summaries());
        EntryRange newLate = new EntryRange(sent.late(), counts.late());
        EntryRange newDead = new EntryRange(sent.dead(), counts.dead());
        PageUpdate update = new PageUpdate(
                begun ? null : LIMITS,
                overview.now(),
                overview.trouble(),
                span,
                overview.statistics(),
                newLevels.equals(levels) ? null : newLevels,
                newFields.equals(fields) ? null : newFields,
                list,
                chosen,
                points(overview, field, span),
                windows(chartedBefore, field, newSummaries),
                newest(
                        board.newestSummaries(level, newSummaries, field, ROWS).stream()
                                .map(s -> Row.of(s, field))
                                .toList(),
                        newSummaries),
                newest(board.newestLate(newLate, ROWS), newLate),
                newest(board.newestDead(newDead, ROWS), newDead));
        begun = true;
        levels = newLevels;
        fields = newFields;
        sent = counts;
        return update;
    }

    private LevelList levels(long baseWindowMillis) {
        List<String> all = board.levels();
        String base = baseWindowMillis == 0 ? "" : Durations.format(Duration.ofMillis(baseWindowMillis));
        return new LevelList(base, all.subList(1, all.size()), level);
    }

    /** As long as there are no summaries, the first field of the readings is shown. */
    private FieldList fields(List<String> ofSummaries) {
        List<String> ofReadings = board.fieldsOfReadings();
        String shown =
                choice.field != null ? choice.field : ofSummaries.isEmpty() ? ofReadings.get(0) : ofSummaries.get(0);
        return new FieldList(ofSummaries, shown, ofReadings.contains(shown));
    }

    /** The first summary has shown which field is the first one: it is another one than that of the readings. */
    private void beginAnew() {
        begun = false;
        levels = null;
        fields = null;
        sent = EntryCounts.ZERO;
        sensorsVersion = -1;
        charted = Set.of();
        drawn = null;
    }

    /** Determines anew which sensors have a chart, since there are others than before. */
    private SensorList chart(KnownSensors sensors) {
        sensorsVersion = sensors.version();
        if (chosen == null && !sensors.inOrder().isEmpty()) {
            chosen = sensors.inOrder().get(0).id();
        }
        large = sensors.inOrder().stream()
                .filter(s -> s.id().equals(chosen))
                .findFirst()
                .orElse(null);
        String find = choice.find.toLowerCase(Locale.ROOT);
        List<Sensor> matching = sensors.inOrder().stream()
                .filter(s -> find.isEmpty() || s.id().toLowerCase(Locale.ROOT).contains(find))
                .filter(s -> !choice.silent || sensors.silentSince().containsKey(s))
                .toList();
        List<Sensor> small = matching.stream().skip(choice.first).limit(CHARTS).toList();
        charted = new HashSet<>(small);
        if (large != null) {
            charted.add(large);
        }
        Map<String, Long> silentSince = new HashMap<>();
        for (Sensor sensor : charted) {
            Long since = sensors.silentSince().get(sensor);
            if (since != null) {
                silentSince.put(sensor.id(), since);
            }
        }
        return new SensorList(
                small.stream().map(Sensor::id).toList(),
                choice.first,
                matching.size(),
                silentSince,
                sensors.silentSince().size());
    }

    /** The new windows of sensors that had a chart before, and all windows there are of sensors whose chart is new. */
    private Map<String, List<Window>> windows(Set<Sensor> chartedBefore, String field, EntryRange newSummaries) {
        Set<Sensor> added = new HashSet<>(charted);
        added.removeAll(chartedBefore);
        Set<Sensor> stayed = new HashSet<>(charted);
        stayed.removeAll(added);
        List<Summary> summaries =
                new ArrayList<>(board.summaries(level, new EntryRange(0, newSummaries.until()), added, field, WINDOWS));
        summaries.addAll(board.summaries(level, newSummaries, stayed, field, WINDOWS));
        Map<String, List<Window>> windows = new HashMap<>();
        for (Summary s : summaries) {
            windows.computeIfAbsent(s.sensor().id(), id -> new ArrayList<>()).add(Window.of(s, field));
        }
        return windows;
    }

    private @Nullable Points points(Overview overview, String field, long span) {
        Sensor sensor = large;
        boolean begins = sensor != drawn;
        drawn = sensor;
        Long newest = overview.statistics().newestReading();
        if (sensor == null || newest == null) {
            return null;
        }
        EntryRange range =
                new EntryRange(begins ? 0 : sent.readings(), overview.counts().readings());
        List<Reading> readings = board.readings(range, sensor, field, newest - 2 * span);
        List<Reading> sample = sample(readings, begins ? POINTS : NEW_POINTS);
        return sample.isEmpty()
                ? null
                : new Points(
                        sample.stream().mapToLong(Reading::time).toArray(),
                        sample.stream().mapToDouble(Reading::value).toArray(),
                        readings.size());
    }

    /**
     * Picks readings evenly, at most as many as the limit, in their order. The lowest and the highest are always among them, so
     * that what is drawn reaches as far as the summary says.
     */
    static List<Reading> sample(List<Reading> readings, int limit) {
        if (readings.size() <= limit) {
            return readings;
        }
        Comparator<Integer> byValue =
                Comparator.comparingDouble(i -> readings.get(i).value());
        int lowest = 0;
        int highest = 0;
        for (int i = 1; i < readings.size(); i++) {
            lowest = byValue.compare(i, lowest) < 0 ? i : lowest;
            highest = byValue.compare(i, highest) > 0 ? i : highest;
        }
        Set<Integer> picked = new TreeSet<>(List.of(lowest, highest));
        int even = limit - 2;
        for (int i = 0; i < even; i++) {
            picked.add((int) ((long) i * readings.size() / even));
        }
        return picked.stream().map(readings::get).toList();
    }

    private static <T> @Nullable Newest<T> newest(List<T> newest, EntryRange range) {
        return newest.isEmpty() ? null : new Newest<>(newest, range.count());
    }
}
