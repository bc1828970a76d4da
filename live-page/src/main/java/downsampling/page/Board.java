package downsampling.page;

import java.time.ZoneId;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What is known of the four topics for the page to show: the newest of everything, and what has been counted. Its memory is
 * bounded whatever comes: so many entries, so many sensors, so many characters of a text. Safe for several threads; all times
 * are milliseconds since the epoch.
 */
final class Board {
    /** A role that a topic has. */
    enum Stream {
        READINGS,
        SUMMARIES,
        LATE,
        DEAD
    }

    /** Ten seconds of readings at 50 000 a second: what a sensor that has just been chosen can show. About 30 MB. */
    static final int READINGS_KEPT = 1 << 19;
    /** For ten thousand sensors the last 13 windows each. About 10 MB. */
    static final int SUMMARIES_KEPT = 1 << 17;

    static final int REJECTED_KEPT = 200;
    static final int SENSORS_KEPT = 10_000;

    /** A reading further ahead is on its way to the dead-letter topic; a point for it would be off any chart. */
    private static final long MAX_AHEAD = 60_000;
    /** When there are too many sensors, one that has been silent for so long makes room. */
    private static final long SILENT = 600_000;

    private static final long STATS_AGE = 400;

    private final ZoneId zone;
    private final LongSupplier clock;
    private final long since;

    private final Map<String, Sensor> sensors = new HashMap<>();
    private final TreeMap<String, Sensor> inOrder = new TreeMap<>(Sensor.ORDER);
    private long sensorsVersion;
    private long lastSweep;
    private boolean tooManySensors;

    private final Recent<Reading> readings = new Recent<>(READINGS_KEPT);
    private final Recent<Summary> summaries = new Recent<>(SUMMARIES_KEPT);
    private final Recent<Rejected> late = new Recent<>(REJECTED_KEPT);
    private final Recent<Rejected> dead = new Recent<>(REJECTED_KEPT);

    private final Rate readingRate = new Rate(10);
    private final Rate summaryRate = new Rate(60);
    private final Map<Stream, Long> counts = new EnumMap<>(Stream.class);
    private final Map<Stream, Long> skipped = new EnumMap<>(Stream.class);
    private long newestReading = Long.MIN_VALUE;
    private String trouble = "Connecting to the broker";
    private Stats stats;
    private long statsAt;

    /**
     * Numbers over all sensors.
     *
     * @param since when counting began
     * @param in readings per second, over the last 10 s
     * @param out summaries per second, over the last minute
     * @param ratio readings in a summary, over the summaries of the last minute; null without one
     * @param delayMedian from the end of a window to its summary here, over the last minute, ms; null without one
     * @param delayMax the same
     * @param skipped records passed over because reading could not keep up
     * @param newest event time of the newest reading, or null
     * @param tooManySensors whether there are sensors beyond {@link #SENSORS_KEPT}, which are counted and not shown
     */
    record Stats(
            long since,
            double in,
            double out,
            Double ratio,
            Long delayMedian,
            Long delayMax,
            long readings,
            long summaries,
            long late,
            long dead,
            long skipped,
            Long newest,
            int sensors,
            boolean tooManySensors) {}

    /**
     * @param zone of readings whose time names none
     * @param clock milliseconds since the epoch
     */
    Board(ZoneId zone, LongSupplier clock) {
        this.zone = zone;
        this.clock = clock;
        since = clock.getAsLong();
        readingRate.add(since, 0);
        summaryRate.add(since, 0);
    }

    long now() {
        return clock.getAsLong();
    }

    /** @param live false for a record that was there before this program: it is shown, but not counted */
    synchronized void add(Stream stream, ConsumerRecord<byte[], byte[]> record, boolean live) {
        long now = now();
        if (live) {
            count(stream, 1, now);
        }
        switch (stream) {
            case READINGS -> addReading(record, now);
            case SUMMARIES -> addSummary(record, now, live);
            case LATE -> late.add(Rejected.late(record, now));
            case DEAD -> dead.add(Rejected.dead(record, now));
        }
    }

    /** Notes that so many records were passed over; they count, but are not shown. */
    synchronized void skipped(Stream stream, long records) {
        count(stream, records, now());
        skipped.merge(stream, records, Long::sum);
    }

    /** @param message what keeps the topics from being read, for people, or null if nothing does */
    synchronized void trouble(String message) {
        trouble = message;
    }

    synchronized String trouble() {
        return trouble;
    }

    private void count(Stream stream, long records, long now) {
        counts.merge(stream, records, Long::sum);
        if (stream == Stream.READINGS) {
            readingRate.add(now, records);
        } else if (stream == Stream.SUMMARIES) {
            summaryRate.add(now, records);
        }
    }

    private void addReading(ConsumerRecord<byte[], byte[]> record, long now) {
        Reading.Point point = Reading.parse(record.value(), zone);
        if (point == null || point.time() > now + MAX_AHEAD) {
            return;
        }
        Sensor sensor = sensor(record.key(), now);
        if (sensor != null) {
            newestReading = Math.max(newestReading, point.time());
            readings.add(new Reading(sensor, point.time(), point.value()));
        }
    }

    private void addSummary(ConsumerRecord<byte[], byte[]> record, long now, boolean live) {
        Summary.Window w = Summary.parse(record);
        Sensor sensor = w == null ? null : sensor(record.key(), now);
        if (sensor != null) {
            summaries.add(new Summary(sensor, w.start(), w.end(), w.count(), w.min(), w.max(), w.mean(), now, live));
        }
    }

    /** Null without a key, or if there are too many. */
    private Sensor sensor(byte[] key, long now) {
        if (key == null || key.length == 0) {
            return null;
        }
        String id = RecordText.of(key);
        Sensor sensor = sensors.get(id);
        if (sensor == null) {
            if (sensors.size() >= SENSORS_KEPT && !forgetSilent(now)) {
                tooManySensors = true;
                return null;
            }
            sensor = new Sensor(id);
            sensors.put(id, sensor);
            inOrder.put(id, sensor);
            sensorsVersion++;
        }
        sensor.seen(now);
        return sensor;
    }

    private boolean forgetSilent(long now) {
        if (now - lastSweep < SILENT / 60) {
            return false;
        }
        lastSweep = now;
        boolean forgot = sensors.values().removeIf(s -> now - s.lastSeen() > SILENT);
        inOrder.values().removeIf(s -> now - s.lastSeen() > SILENT);
        tooManySensors &= !forgot;
        return forgot;
    }

    // For a Viewer, which holds this object's lock while it puts an update together.

    TreeMap<String, Sensor> sensors() {
        return inOrder;
    }

    /** Another number whenever there is another sensor. */
    long sensorsVersion() {
        return sensorsVersion;
    }

    Recent<Reading> readings() {
        return readings;
    }

    Recent<Summary> summaries() {
        return summaries;
    }

    Recent<Rejected> late() {
        return late;
    }

    Recent<Rejected> dead() {
        return dead;
    }

    Stats stats() {
        long now = now();
        if (stats == null || now - statsAt >= STATS_AGE) {
            stats = computeStats(now);
            statsAt = now;
        }
        return stats;
    }

    private Stats computeStats(long now) {
        List<Summary> lastMinute = summaries.since(0, SUMMARIES_KEPT, s -> s.live() && s.visible() > now - 60_000);
        long[] delays = lastMinute.stream()
                .mapToLong(s -> s.visible() - s.end())
                .sorted()
                .toArray();
        long summarised = lastMinute.stream().mapToLong(Summary::count).sum();
        boolean some = delays.length > 0;
        return new Stats(
                since,
                readingRate.perSecond(now),
                summaryRate.perSecond(now),
                some ? (double) summarised / delays.length : null,
                some ? delays[delays.length / 2] : null,
                some ? delays[delays.length - 1] : null,
                counts.getOrDefault(Stream.READINGS, 0L),
                counts.getOrDefault(Stream.SUMMARIES, 0L),
                counts.getOrDefault(Stream.LATE, 0L),
                counts.getOrDefault(Stream.DEAD, 0L),
                skipped.values().stream().mapToLong(Long::longValue).sum(),
                newestReading == Long.MIN_VALUE ? null : (Long) newestReading,
                sensors.size(),
                tooManySensors);
    }
}
