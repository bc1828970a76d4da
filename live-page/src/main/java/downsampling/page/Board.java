package downsampling.page;

import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of the topics for the page to show: the newest of everything, and what has been counted. Its memory is
 * bounded, whatever comes: there are only so many entries, sensors, and characters of a text.
 *
 * <p>Safe for several threads. Whatever it returns is immutable and a copy of one moment. So that the parts of an update belong
 * together although they are asked for one after the other, a page first asks for an {@link Overview} and then for entries up to
 * the {@link EntryCounts} that stand in it. All times are milliseconds since the epoch.
 */
final class Board {
    /**
     * Ten seconds of readings with one field at 50 000 a second: what a sensor that has just been chosen can show. About 30 MB. A
     * reading with several fields counts as so many.
     */
    static final int READINGS_KEPT = 1 << 19;
    /**
     * For ten thousand sensors the last 13 windows of one field each. About 10 MB for each level. A summary of several fields
     * counts as so many.
     */
    static final int SUMMARIES_KEPT = 1 << 17;

    static final int REJECTED_KEPT = 200;
    static final int SENSORS_KEPT = 10_000;
    static final int FIELDS_KEPT = 64;

    /** A reading that is further ahead is on its way to the dead-letter topic; a point for it would be off any chart. */
    private static final long MAX_AHEAD_MILLIS = 60_000;
    /** When there are too many sensors, those that have been silent for so long make room. */
    private static final long SILENT_MILLIS = 600_000;

    private static final long SWEEP_INTERVAL_MILLIS = SILENT_MILLIS / 60;
    private static final long STATISTICS_AGE_MILLIS = 400;
    private static final long LAST_MINUTE_MILLIS = 60_000;

    private final MessageFormat format;
    /** Those that the summaries have, in the order in which they came. */
    private List<String> fields = List.of();
    /** Those of the newest summary: nearly all have the same. */
    private List<String> statisticNames = List.of();

    private final LongSupplier clock;
    private final long since;

    private final Map<String, Heard> sensors = new HashMap<>();
    private final TreeMap<String, Heard> sensorsInOrder = new TreeMap<>(Sensor.ORDER);
    private KnownSensors knownSensors = new KnownSensors(0, List.of(), Map.of());
    private long sensorsVersion;
    private long lastSweep;
    private boolean tooManySensors;

    private final RecentEntries<Reading> readings = new RecentEntries<>(READINGS_KEPT);
    /** By level, in the order of the levels. */
    private final Map<String, RecentEntries<Summary>> summaries = new LinkedHashMap<>();

    private final RecentEntries<RejectedReading> late = new RecentEntries<>(REJECTED_KEPT);
    private final RecentEntries<RejectedReading> dead = new RecentEntries<>(REJECTED_KEPT);

    private final Rate readingRate = new Rate(10);
    private final Rate summaryRate = new Rate(60);
    private final Map<TopicRole, Long> counts = new EnumMap<>(TopicRole.class);
    private long skipped;
    private long newestReading = Long.MIN_VALUE;
    private @Nullable String trouble = "Connecting to the broker";
    private @Nullable Statistics statistics;
    private long statisticsAt;

    /** A sensor, when it was last heard of, and since when it is silent, if that is what the status topic said last. */
    private static final class Heard {
        private final Sensor sensor;
        private long lastTime;
        private @Nullable Long silentSince;

        private Heard(Sensor sensor) {
            this.sensor = sensor;
        }
    }

    /**
     * What there is at one moment.
     *
     * @param now that moment
     * @param trouble what keeps the topics from being read, for people; null if nothing does
     * @param baseWindowMillis length of the windows that readings are counted in; 0 as long as it is not known
     * @param newestWindowMillis length of the window of the level's newest summary; 0 without one
     * @param fields that the summaries have, in the order in which they came
     * @param counts how many entries there have ever been until that moment
     */
    record Overview(
            long now,
            @Nullable String trouble,
            Statistics statistics,
            KnownSensors sensors,
            long baseWindowMillis,
            long newestWindowMillis,
            List<String> fields,
            EntryCounts counts) {}

    /**
     * The sensors that are remembered.
     *
     * @param version another one whenever the sensors, or those that are silent, are others
     * @param inOrder by {@link Sensor#ORDER}
     * @param silentSince when the last reading of each sensor arrived that is silent
     */
    record KnownSensors(long version, List<Sensor> inOrder, Map<Sensor, Long> silentSince) {}

    /** A window of one of the levels. */
    private record WindowOfSensor(Sensor sensor, long start) {}

    /** How many entries there have ever been, on each of the logs, of which one has the summaries of a level. */
    record EntryCounts(long readings, long summaries, long late, long dead) {
        static final EntryCounts ZERO = new EntryCounts(0, 0, 0, 0);
    }

    /**
     * @param levels what the windows of the summaries are called, those that readings are counted in first
     * @param format of readings
     * @param clock milliseconds since the epoch
     */
    Board(List<String> levels, MessageFormat format, LongSupplier clock) {
        for (String level : levels) {
            summaries.put(
                    level, new RecentEntries<>(SUMMARIES_KEPT, s -> s.fields().size()));
        }
        this.format = format;
        this.clock = clock;
        since = clock.getAsLong();
        readingRate.add(since, 0);
        summaryRate.add(since, 0);
    }

    /** @param live false for a record that was on its topic before this program began: it is shown, but not counted */
    synchronized void add(ShownTopic topic, ConsumerRecord<byte[], byte[]> record, boolean live) {
        long now = clock.getAsLong();
        if (live) {
            count(topic.role(), 1, now);
        }
        switch (topic.role()) {
            case READINGS -> addReading(record, now);
            case SUMMARIES, ROLLUP -> addSummary(ofLevel(topic.level()), record, now, live);
            case STATUS -> addStatus(record, now);
            case LATE -> late.add(RejectedReading.late(record, now));
            case DEAD -> dead.add(RejectedReading.dead(record, now));
        }
    }

    /** Notes that records were passed over: they count, but they are not shown. */
    synchronized void addSkipped(TopicRole role, long records) {
        count(role, records, clock.getAsLong());
        skipped += records;
    }

    /** @param message what keeps the topics from being read, for people; null if nothing does any more */
    synchronized void setTrouble(@Nullable String message) {
        trouble = message;
    }

    /** What the windows of the summaries are called, those that readings are counted in first. */
    List<String> levels() {
        return List.copyOf(summaries.keySet());
    }

    /** @param level whose summaries are counted */
    synchronized Overview overview(String level) {
        long now = clock.getAsLong();
        if (knownSensors.version() != sensorsVersion) {
            Map<Sensor, Long> silentSince = new HashMap<>();
            for (Heard heard : sensors.values()) {
                if (heard.silentSince != null) {
                    silentSince.put(heard.sensor, heard.silentSince);
                }
            }
            knownSensors = new KnownSensors(
                    sensorsVersion,
                    sensorsInOrder.values().stream().map(heard -> heard.sensor).toList(),
                    silentSince);
        }
        return new Overview(
                now,
                trouble,
                statistics(now),
                knownSensors,
                newestWindowMillis(ofBase()),
                newestWindowMillis(ofLevel(level)),
                fields,
                new EntryCounts(readings.end(), ofLevel(level).end(), late.end(), dead.end()));
    }

    private static long newestWindowMillis(RecentEntries<Summary> summaries) {
        Summary newest = summaries.newest();
        return newest == null ? 0 : newest.end() - newest.start();
    }

    private RecentEntries<Summary> ofLevel(String level) {
        return Objects.requireNonNull(summaries.get(level), level);
    }

    /** Those of the windows that readings are counted in. */
    private RecentEntries<Summary> ofBase() {
        return summaries.values().iterator().next();
    }

    /** The fields of which readings are remembered, at least one. */
    List<String> fieldsOfReadings() {
        return format.fields();
    }

    /** What a sensor's readings with an event time after the given one say of a field, in the order in which they came. */
    synchronized List<Reading> readings(EntryRange range, Sensor sensor, String field, long after) {
        return readings.in(
                range,
                Integer.MAX_VALUE,
                r -> r.sensor() == sensor && r.time() > after && r.field().equals(field));
    }

    /**
     * The newest summaries of a level, of all sensors, that say something of a field, in the order in which they came; of a window
     * that was corrected, the last one.
     */
    synchronized List<Summary> newestSummaries(String level, EntryRange range, String field, int limit) {
        Predicate<Summary> isLast = lastOfWindow();
        return ofLevel(level).in(range, limit, s -> s.has(field) && isLast.test(s));
    }

    /**
     * The newest summaries of a level, of each of the given sensors, that say something of a field, in the order in which they came;
     * of a window that was corrected, the last one.
     */
    synchronized List<Summary> summaries(
            String level, EntryRange range, Set<Sensor> of, String field, int limitForEach) {
        Predicate<Summary> isLast = lastOfWindow();
        Map<Sensor, Integer> found = new HashMap<>();
        return ofLevel(level)
                .in(
                        range,
                        of.size() * limitForEach,
                        s -> of.contains(s.sensor())
                                && s.has(field)
                                && isLast.test(s)
                                && found.merge(s.sensor(), 1, Integer::sum) <= limitForEach);
    }

    /** Asked of the newest summary first, it holds for the last one of each window. */
    private static Predicate<Summary> lastOfWindow() {
        Set<WindowOfSensor> seen = new HashSet<>();
        return s -> seen.add(new WindowOfSensor(s.sensor(), s.start()));
    }

    /** The newest late readings, in the order in which they came. */
    synchronized List<RejectedReading> newestLate(EntryRange range, int limit) {
        return late.in(range, limit, r -> true);
    }

    /** The newest dead readings, in the order in which they came. */
    synchronized List<RejectedReading> newestDead(EntryRange range, int limit) {
        return dead.in(range, limit, r -> true);
    }

    private void count(TopicRole role, long records, long now) {
        counts.merge(role, records, Long::sum);
        if (role == TopicRole.READINGS) {
            readingRate.add(now, records);
        } else if (role == TopicRole.SUMMARIES) {
            summaryRate.add(now, records);
        }
    }

    private void addReading(ConsumerRecord<byte[], byte[]> record, long now) {
        Reading.Values said = Reading.parse(record.value(), record.timestamp(), format);
        if (said == null || said.time() > now + MAX_AHEAD_MILLIS) {
            return;
        }
        Sensor sensor = sensor(record.key(), now);
        if (sensor != null) {
            newestReading = Math.max(newestReading, said.time());
            for (int i = 0; i < said.values().length; i++) {
                if (!Double.isNaN(said.values()[i])) {
                    readings.add(new Reading(sensor, format.fields().get(i), said.time(), said.values()[i]));
                }
            }
        }
    }

    private void addSummary(
            RecentEntries<Summary> ofLevel, ConsumerRecord<byte[], byte[]> record, long now, boolean live) {
        Summary.Window w = Summary.parse(record);
        if (w == null) {
            return;
        }
        List<Summary.OfField> known =
                w.fields().stream().map(this::known).flatMap(Optional::stream).toList();
        Sensor sensor = known.isEmpty() ? null : sensor(record.key(), now);
        if (sensor != null) {
            ofLevel.add(new Summary(sensor, w.start(), w.end(), w.readings(), known, w.revision(), now, live));
        }
    }

    private void addStatus(ConsumerRecord<byte[], byte[]> record, long now) {
        SensorStatus status = SensorStatus.parse(record.value());
        Heard heard = status == null ? null : heard(record.key(), now);
        if (status != null && heard != null && !Objects.equals(heard.silentSince, status.silentSince())) {
            heard.silentSince = status.silentSince();
            sensorsVersion++;
        }
    }

    /** The same with names that are kept only once; empty where there are too many fields. */
    private Optional<Summary.OfField> known(Summary.OfField said) {
        int index = fields.indexOf(said.field());
        if (index < 0) {
            if (fields.size() == FIELDS_KEPT) {
                return Optional.empty();
            }
            index = fields.size();
            fields = Stream.concat(fields.stream(), Stream.of(said.field())).toList();
        }
        if (!said.statistics().equals(statisticNames)) {
            statisticNames = said.statistics();
        }
        return Optional.of(new Summary.OfField(fields.get(index), statisticNames, said.values()));
    }

    /** Null without a key, or where there are too many sensors. */
    private @Nullable Sensor sensor(byte @Nullable [] key, long now) {
        Heard heard = heard(key, now);
        return heard == null ? null : heard.sensor;
    }

    private @Nullable Heard heard(byte @Nullable [] key, long now) {
        if (key == null || key.length == 0) {
            return null;
        }
        String id = RecordText.shorten(key);
        Heard heard = sensors.get(id);
        if (heard == null) {
            if (sensors.size() >= SENSORS_KEPT && !forgetSilent(now)) {
                tooManySensors = true;
                return null;
            }
            heard = new Heard(new Sensor(id));
            sensors.put(id, heard);
            sensorsInOrder.put(id, heard);
            sensorsVersion++;
        }
        heard.lastTime = now;
        return heard;
    }

    /** Whether there is room now. */
    private boolean forgetSilent(long now) {
        if (now - lastSweep < SWEEP_INTERVAL_MILLIS) {
            return false;
        }
        lastSweep = now;
        boolean forgot = forgetSilent(sensors.values(), now);
        forgetSilent(sensorsInOrder.values(), now);
        tooManySensors &= !forgot;
        return forgot;
    }

    private static boolean forgetSilent(Collection<Heard> all, long now) {
        return all.removeIf(heard -> now - heard.lastTime > SILENT_MILLIS);
    }

    private Statistics statistics(long now) {
        Statistics current = statistics;
        if (current == null || now - statisticsAt >= STATISTICS_AGE_MILLIS) {
            current = computeStatistics(now);
            statistics = current;
            statisticsAt = now;
        }
        return current;
    }

    private Statistics computeStatistics(long now) {
        // How long corrections take says nothing about the delay.
        List<Summary> lastMinute = ofBase().in(
                        new EntryRange(0, ofBase().end()),
                        SUMMARIES_KEPT,
                        s -> s.live() && s.revision() == 0 && s.visible() > now - LAST_MINUTE_MILLIS);
        long[] delays = lastMinute.stream().mapToLong(Summary::delay).sorted().toArray();
        LongSummaryStatistics summarised = lastMinute.stream()
                .mapToLong(Summary::readings)
                .filter(readings -> readings > 0)
                .summaryStatistics();
        boolean some = delays.length > 0;
        return new Statistics(
                since,
                readingRate.perSecond(now),
                summaryRate.perSecond(now),
                summarised.getCount() > 0 ? summarised.getAverage() : null,
                some ? delays[delays.length / 2] : null,
                some ? delays[delays.length - 1] : null,
                counts.getOrDefault(TopicRole.READINGS, 0L),
                counts.getOrDefault(TopicRole.SUMMARIES, 0L),
                counts.getOrDefault(TopicRole.LATE, 0L),
                counts.getOrDefault(TopicRole.DEAD, 0L),
                skipped,
                newestReading == Long.MIN_VALUE ? null : (Long) newestReading,
                sensors.size(),
                tooManySensors);
    }
}
