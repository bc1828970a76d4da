package downsampling.page;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * One open page: what it has chosen, and how much it has been sent. Each {@link #next} is what is new since the one before;
 * the first is all there is to begin with. Every part of an update has a limit, so its size depends on neither the number of
 * sensors nor the rate of readings. For one thread.
 */
final class Viewer {
    /** Small charts at a time. */
    static final int CHARTS = 48;
    /** Windows of a sensor to begin with. */
    static final int WINDOWS = 40;
    /** Points of the chosen sensor to begin with. */
    static final int POINTS = 2_000;
    /** Points of the chosen sensor in an update after that. */
    static final int NEW_POINTS = 200;
    /** Rows of a table. */
    static final int ROWS = 50;

    private static final long SHORTEST_SPAN = 120_000;
    /** A week, ms: anything can stand in a summary. */
    private static final long LONGEST_WINDOW = 604_800_000;

    private final Board board;
    private final String find;
    private final int first;

    private boolean begun;
    private String chosen;
    private Set<Sensor> charted = Set.of();
    private long sensorsVersion = -1;
    private Sensor drawn;
    private long readingsSent;
    private long summariesSent;
    private long lateSent;
    private long deadSent;

    /**
     * @param limits in the first update only, which replaces all there was before
     * @param now server time, epoch milliseconds
     * @param trouble what keeps the topics from being read, or null
     * @param span how much time the charts show, ms: twelve windows, two minutes at least
     * @param list which sensors have a small chart; null if they are the same as before
     * @param chosen id of the large chart's sensor, or null as long as there is none
     * @param points new ones of the chosen sensor
     * @param windows new ones by sensor id, of the sensors that have a chart
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Update(
            Limits limits,
            long now,
            String trouble,
            long span,
            Board.Stats stats,
            SensorList list,
            String chosen,
            Points points,
            Map<String, List<Window>> windows,
            News<Row> summaries,
            News<Rejected> late,
            News<Rejected> dead) {}

    /** What the page says of its limits. */
    record Limits(
            int charts, int points, int newPoints, int rows, int sensors, int readings, int summaries, long behind) {
        static final Limits ALL = new Limits(
                CHARTS,
                POINTS,
                NEW_POINTS,
                ROWS,
                Board.SENSORS_KEPT,
                Board.READINGS_KEPT,
                Board.SUMMARIES_KEPT,
                TopicReader.FURTHEST_BEHIND);
    }

    /** The sensors numbered {@code first}, from 0, and higher, of {@code matching} ones that the search finds. */
    record SensorList(List<String> ids, int first, int matching) {}

    /** @param seen how many there were, of which these are a sample */
    record Points(long[] times, double[] values, long seen) {}

    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    record Window(long start, long end, long count, double min, double max, double mean) {}

    /** @param seen how many there were, of which these are the newest */
    record News<T>(List<T> newest, long seen) {}

    /** @param delay from the window's end to when its summary was here, ms */
    record Row(String sensor, long start, long end, long count, double min, double max, double mean, long delay) {}

    /**
     * @param chosen id of the sensor to draw large, or null for the first
     * @param find what a sensor's id has to contain, in whatever case, to have a small chart; empty for any
     * @param first number of the first small chart, from 0
     */
    Viewer(Board board, String chosen, String find, int first) {
        this.board = board;
        this.chosen = chosen;
        this.find = find.toLowerCase(Locale.ROOT);
        this.first = first;
    }

    Update next() {
        synchronized (board) {
            if (chosen == null && !board.sensors().isEmpty()) {
                chosen = board.sensors().firstKey();
            }
            Sensor sensor = chosen == null ? null : board.sensors().get(chosen);
            long span = span();
            Map<String, List<Window>> windows = new HashMap<>();
            SensorList list = list(sensor, windows);
            Update update = new Update(
                    begun ? null : Limits.ALL,
                    board.now(),
                    board.trouble(),
                    span,
                    board.stats(),
                    list,
                    chosen,
                    points(sensor, span),
                    windows,
                    rows(),
                    news(board.late(), lateSent),
                    news(board.dead(), deadSent));
            begun = true;
            readingsSent = board.readings().end();
            summariesSent = board.summaries().end();
            lateSent = board.late().end();
            deadSent = board.dead().end();
            return update;
        }
    }

    private long span() {
        List<Summary> newest = board.summaries().since(0, 1, s -> true);
        long window = newest.isEmpty() ? 0 : newest.get(0).end() - newest.get(0).start();
        return Math.max(SHORTEST_SPAN, 12 * Math.min(window, LONGEST_WINDOW));
    }

    /** Puts in the windows that are new, and for sensors whose chart is new those there are. */
    private SensorList list(Sensor large, Map<String, List<Window>> windows) {
        SensorList list = null;
        Set<Sensor> charts = charted;
        if (sensorsVersion != board.sensorsVersion()) {
            sensorsVersion = board.sensorsVersion();
            List<Sensor> matching = board.sensors().values().stream()
                    .filter(s ->
                            find.isEmpty() || s.id().toLowerCase(Locale.ROOT).contains(find))
                    .toList();
            List<Sensor> shown = matching.stream().skip(first).limit(CHARTS).toList();
            list = new SensorList(shown.stream().map(Sensor::id).toList(), first, matching.size());
            charts = new HashSet<>(shown);
            if (large != null) {
                charts.add(large);
            }
        }
        Set<Sensor> added = new HashSet<>(charts);
        added.removeAll(charted);
        if (!added.isEmpty()) {
            addWindows(0, added, windows);
        }
        Set<Sensor> others = new HashSet<>(charts);
        others.removeAll(added);
        addWindows(summariesSent, others, windows);
        charted = charts;
        return list;
    }

    private void addWindows(long from, Collection<Sensor> of, Map<String, List<Window>> windows) {
        Map<Sensor, Integer> taken = new HashMap<>();
        for (Summary s : board.summaries()
                .since(
                        from,
                        CHARTS * WINDOWS + WINDOWS,
                        s -> of.contains(s.sensor()) && taken.merge(s.sensor(), 1, Integer::sum) <= WINDOWS)) {
            windows.computeIfAbsent(s.sensor().id(), id -> new ArrayList<>())
                    .add(new Window(s.start(), s.end(), s.count(), s.min(), s.max(), s.mean()));
        }
    }

    private Points points(Sensor sensor, long span) {
        boolean begin = sensor != drawn;
        drawn = sensor;
        Long newest = board.stats().newest();
        if (sensor == null || newest == null) {
            return null;
        }
        List<Reading> readings = board.readings()
                .since(
                        begin ? 0 : readingsSent,
                        Integer.MAX_VALUE,
                        r -> r.sensor() == sensor && r.time() > newest - 2 * span);
        List<Reading> sample = sample(readings, begin ? POINTS : NEW_POINTS);
        return sample.isEmpty()
                ? null
                : new Points(
                        sample.stream().mapToLong(Reading::time).toArray(),
                        sample.stream().mapToDouble(Reading::value).toArray(),
                        readings.size());
    }

    /**
     * At most so many of the readings, in their order: evenly picked, and the lowest and the highest always among them, so
     * that what is drawn reaches as far as the summary says.
     */
    static List<Reading> sample(List<Reading> readings, int limit) {
        if (readings.size() <= limit) {
            return readings;
        }
        Set<Integer> picked = new TreeSet<>();
        Comparator<Integer> byValue =
                Comparator.comparingDouble(i -> readings.get(i).value());
        int lowest = 0;
        int highest = 0;
        for (int i = 1; i < readings.size(); i++) {
            lowest = byValue.compare(i, lowest) < 0 ? i : lowest;
            highest = byValue.compare(i, highest) > 0 ? i : highest;
        }
        picked.add(lowest);
        picked.add(highest);
        int even = limit - 2;
        for (int i = 0; i < even; i++) {
            picked.add((int) ((long) i * readings.size() / even));
        }
        return picked.stream().map(readings::get).toList();
    }

    private News<Row> rows() {
        List<Row> rows = board.summaries().since(summariesSent, ROWS, s -> true).stream()
                .map(s -> new Row(
                        s.sensor().id(),
                        s.start(),
                        s.end(),
                        s.count(),
                        s.min(),
                        s.max(),
                        s.mean(),
                        s.visible() - s.end()))
                .toList();
        return rows.isEmpty() ? null : new News<>(rows, board.summaries().countSince(summariesSent));
    }

    private static News<Rejected> news(Recent<Rejected> rejected, long sent) {
        List<Rejected> newest = rejected.since(sent, ROWS, r -> true);
        return newest.isEmpty() ? null : new News<>(newest, rejected.countSince(sent));
    }
}
