package downsampling.processor.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import downsampling.processor.input.DeletedInput;
import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.reading.SensorIdDeserializer;
import downsampling.processor.settings.Settings;
import downsampling.processor.window.RejectedRecords;
import downsampling.processor.window.RekeyedReadings;
import downsampling.processor.window.SeenReadings;
import downsampling.processor.window.StreamTime;
import downsampling.processor.window.Summary;
import downsampling.processor.window.SummaryJson;
import downsampling.processor.window.SummaryLayout;
import downsampling.processor.window.SummaryRecords;
import downsampling.service.Durations;
import downsampling.service.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What became of every reading of the input topic: the account that {@link Audit} feeds and prints.
 *
 * <p>It rests on three things that are known independently of each other. Late and dead records name the partition and
 * offset they came from. Of what is left, each reading belongs to one sensor and window by its own time stamp. And the
 * readings of a partition close its windows by a rule ({@link StreamTime}), so whether a window without a summary must be
 * closed, and its readings are lost, follows from the input and not from what is missing. What the input does not say is when
 * it was read: where the rule asks for that, the earliest time is taken that it can have been.
 *
 * <p>Late and dead records are reported to it first, then the input of each partition in its order, and a summary once all readings
 * that it can hold have been reported ({@link #judge} says when). So all that is kept is a bit for each late and dead record,
 * the windows whose summary has not been read, and for each sensor the end of its last summary: the processor closes the
 * windows of a partition in ascending order, hence a summary that does not end later than the one before is one too many.
 *
 * <p>All times in milliseconds since the epoch. For one thread.
 */
final class Account {
    /** Where a reading ends up, in the first nine; what is wrong, in the last four. */
    enum Column {
        /** Records of the input topic. */
        READ,
        /** Readings counted in a summary. */
        SUMMARISED,
        LATE,
        DEAD,
        /** Readings with the same sensor, time and values as another one of their window, where such count once. */
        DUPLICATE,
        /** Readings in a window that is not closed. */
        OPEN,
        /** Records that the processor had not come to. */
        NOT_YET,
        /** Readings that cannot be judged: retention has deleted other readings, or the summary, of their window. */
        CUT,
        /** Offsets of the input topic that were deleted before the processor had come to them; of no record that was read. */
        DELETED,
        /** Readings without a place: in a closed window and not in its summary, or no reading and not dead. */
        LOST,
        /** Summaries, late and dead records that came again. */
        TWICE,
        /** Summaries that do not say what their readings say, late and dead records of no reading. */
        WRONG;

        /** As options and JSON fields are written. */
        String title() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        boolean isFault() {
            return compareTo(DELETED) >= 0;
        }
    }

    /** One fault, for a person to look into. */
    record Fault(Column kind, String where, String expected, String found) {
        @Override
        public String toString() {
            return kind.title() + ": " + where + ": expected " + expected + ", found " + found;
        }
    }

    /**
     * A partition of the input topic, and its row of the account; or, where readings are rekeyed, one of the topic in between, with
     * what becomes of readings there.
     */
    static final class Partition {
        final int number;
        private final long begin;
        private final long processed;
        private final long reached;
        private final Offsets late = new Offsets();
        private final Offsets dead = new Offsets();
        /** What had been rekeyed, but may not have been processed any further. */
        private final Offsets between = new Offsets();
        /** Ranges that were deleted unread, by first offset, with the offset after their last. */
        private final NavigableMap<Long, Long> deleted = new TreeMap<>();

        private final Map<Column, Long> row = new EnumMap<>(Column.class);
        /** Of the readings that the processor took on time; its own is the same or ahead, see {@link #readAtLeastUpTo}. */
        private final StreamTime streamTime = new StreamTime(Long.MAX_VALUE, 0, 0);
        /** Windows that end at or before this are known to be closed. */
        private long closedUpTo;
        /** Windows that start before this may have held readings that retention has deleted. */
        private long wholeFrom;

        private boolean first = true;
        private boolean done;
        /** Windows whose summary has not been read. */
        private int pending;

        /**
         * @param begin     offset of the first record that is still there; above 0 where retention has cut the topic
         * @param processed all below this offset had been processed before the ends of the output topics were looked up
         * @param reached   nothing from this offset on is in the output that is read
         */
        Partition(int number, long begin, long processed, long reached) {
            this.number = number;
            this.begin = begin;
            this.processed = processed;
            this.reached = reached;
            if (begin > 0) {
                wholeFrom = Long.MAX_VALUE;
            }
        }

        int pending() {
            return pending;
        }

        boolean isCut() {
            return begin > 0;
        }

        /** All of it has been reported. */
        void done() {
            done = true;
        }

        long get(Column column) {
            return row.getOrDefault(column, 0L);
        }

        private void add(Column column, long count) {
            row.merge(column, count, Long::sum);
        }
    }

    /** A set of offsets: a bit for each, in blocks that are there only where they are needed. */
    private static final class Offsets {
        private static final int BLOCK = 1 << 16;

        private final Map<Long, BitSet> blocks = new HashMap<>();

        boolean add(long offset) {
            BitSet block = blocks.computeIfAbsent(offset / BLOCK, number -> new BitSet());
            int bit = (int) (offset % BLOCK);
            boolean added = !block.get(bit);
            block.set(bit);
            return added;
        }

        boolean contains(long offset) {
            BitSet block = blocks.get(offset / BLOCK);
            return block != null && block.get((int) (offset % BLOCK));
        }

        boolean remove(long offset) {
            if (!contains(offset)) {
                return false;
            }
            BitSet block = requireNonNull(blocks.get(offset / BLOCK));
            block.clear((int) (offset % BLOCK));
            if (block.isEmpty()) {
                blocks.remove(offset / BLOCK);
            }
            return true;
        }

        long size() {
            return blocks.values().stream().mapToLong(BitSet::cardinality).sum();
        }
    }

    private static final class Sensor {
        /** Of its readings; null as long as none has been reported. */
        private @Nullable Partition partition;

        private long lastEnd;
        /** By start. */
        private final NavigableMap<Long, Window> windows = new TreeMap<>();

        /** That of a sensor with windows: one of its readings has been reported. */
        private Partition partition() {
            return requireNonNull(partition);
        }
    }

    /** The readings of a window that has no summary yet. */
    private static final class Window {
        /** Of those that were processed for certain. */
        private final Summary readings;
        /** All of them, if duplicates count once. */
        private final @Nullable SeenReadings seen;
        /** How many there are beside them, which the processor may have been at when the ends were looked up. */
        private long notYet;

        private Window(Summary readings, @Nullable SeenReadings seen) {
            this.readings = readings;
            this.seen = seen;
        }

        private long count() {
            return readings.readings();
        }
    }

    private static final int SHOWN = 20;
    /** A record is shorter than this, see {@link ReadingReader}. */
    private static final long MOST_ELEMENTS = 1 << 20;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern COUNT = Pattern.compile("\"count\":(\\d{1,18})");

    private final Settings settings;
    private final SummaryLayout layout;
    private final long size;
    private final long grace;
    private final long maxAhead;
    /** In milliseconds since the epoch. */
    private final long now = System.currentTimeMillis();

    private final List<Partition> partitions;
    /** Those whose windows close together: the same, or those of the topic in between. */
    private final List<Partition> windowed;

    private final boolean rekeyed;
    private final boolean elements;
    private final ReadingReader reader;
    private final Reading reading;
    private final SummaryJson json = new SummaryJson();
    private final Map<String, Sensor> sensors = new HashMap<>();
    /** Summaries of no sensor that is known: the only row that belongs to no partition. */
    private final Map<Column, Long> elsewhere = new EnumMap<>(Column.class);

    private final List<Fault> faults = new ArrayList<>();
    private long summaries;
    private long uncheckedSummaries;
    private long otherStatistics;
    /** Summaries of windows that start before this may have been deleted by retention. */
    private long summariesFrom;

    private @Nullable String strayingSensor;

    /** @param partitions of the input topic, by number from 0 */
    Account(Settings settings, List<Partition> partitions) {
        this.settings = settings;
        this.partitions = partitions;
        rekeyed = settings.readings().rekey();
        elements = settings.readings().each().isPresent();
        windowed = rekeyed
                ? partitions.stream()
                        .map(partition -> new Partition(partition.number, 0, Long.MAX_VALUE, Long.MAX_VALUE))
                        .toList()
                : partitions;
        layout = SummaryLayout.of(settings);
        size = settings.windows().size().toMillis();
        grace = settings.windows().grace().toMillis();
        maxAhead = settings.readings().maxAhead().toMillis();
        reader = new ReadingReader(settings.readings());
        reading = new Reading(settings.readings().fields().size());
    }

    /**
     * A late record. Its window was closed, and that holds for all sensors of the partition.
     *
     * @param sure see {@link #judge}
     * @return false if it names no offset of the input topic
     */
    boolean late(byte @Nullable [] key, Headers headers, boolean sure) {
        Partition partition = source(headers, "source.topic", "source.partition");
        Long offset = number(headers, "source.offset");
        Long windowEnd = number(headers, "late.window.end");
        if (partition == null || offset == null || windowEnd == null) {
            return false;
        }
        if (sure) {
            Partition closed = windowed(partition, key);
            closed.closedUpTo = Math.max(closed.closedUpTo, windowEnd);
        }
        if (offset >= partition.begin && !partition.late.add(place(offset, number(headers, "source.element")))) {
            fault(partition, Column.TWICE, 1, at(partition, offset), "one late record", "another");
        }
        return true;
    }

    /**
     * A dead-letter record; to be reported after all late ones.
     *
     * @return false if it names no offset of the input topic
     */
    boolean dead(Headers headers) {
        Partition partition = source(headers, "__streams.errors.topic", "__streams.errors.partition");
        Long offset = number(headers, "__streams.errors.offset");
        if (partition == null || offset == null) {
            return false;
        }
        Long last = number(headers, DeletedInput.LAST);
        if (last != null) {
            deletedUnread(partition, offset, last + 1);
        } else if (offset >= partition.begin) {
            long place = place(offset, number(headers, RejectedRecords.ELEMENT));
            if (partition.late.contains(place)) {
                fault(partition, Column.TWICE, 1, at(partition, offset), "a late or a dead record", "both");
            } else if (!partition.dead.add(place)) {
                fault(partition, Column.TWICE, 1, at(partition, offset), "one dead record", "another");
            }
        }
        return true;
    }

    /** The partition whose windows the reading of a key has, which stands in one of the input. */
    private Partition windowed(Partition input, byte @Nullable [] key) {
        return rekeyed && key != null ? windowed.get(RekeyedReadings.partition(key, windowed.size())) : input;
    }

    /** A number for each record, or, where records have elements, for each of these and for the record as a whole. */
    private long place(long offset, @Nullable Long element) {
        return elements ? offset * MOST_ELEMENTS + (element == null ? 0 : element + 1) : offset;
    }

    /** A record of the topic in between, whose readings may not have been processed when the ends were looked up. */
    void between(byte[] record) {
        RekeyedReadings.Cursor readings =
                new RekeyedReadings.Cursor(record, settings.topics().input(), layout, reading);
        while (readings.next()) {
            long element = readings.element();
            partitions
                    .get(readings.from())
                    .between
                    .add(place(readings.offset(), element == NotAReadingException.WHOLE ? null : (Long) element));
        }
    }

    /** Records from one offset up to, but without, another were deleted before they were read; may be reported again. */
    void deletedUnread(Partition partition, long from, long to) {
        partition.deleted.merge(from, to, Math::max);
    }

    /** A record of the input topic; those of a partition in their order. */
    void read(ConsumerRecord<byte[], byte[]> record) {
        Partition partition = partitions.get(record.partition());
        long offset = record.offset();
        long place = place(offset, null);
        if (!elements && partition.late.remove(place)) {
            partition.add(Column.READ, 1);
            partition.add(Column.LATE, 1);
        } else if (partition.dead.remove(place)) {
            partition.add(Column.READ, 1);
            partition.add(Column.DEAD, 1);
        } else if (offset >= partition.reached) {
            partition.add(Column.READ, 1);
            partition.add(Column.NOT_YET, 1);
        } else {
            try {
                // How far ahead a clock may be was for the processor to say; what it refused is dead.
                if (rekeyed) {
                    reader.readAll(record.key(), record.value(), record.timestamp(), Long.MAX_VALUE, elements(record));
                } else {
                    SensorIdDeserializer.require(record.key());
                    reader.read(record.value(), record.timestamp(), Long.MAX_VALUE, reading);
                    partition.add(Column.READ, 1);
                    onTime(partition, record.key(), reading, record.timestamp(), offset >= partition.processed);
                }
            } catch (NotAReadingException e) {
                partition.add(Column.READ, 1);
                noReading(partition, offset, e);
            }
        }
    }

    private ReadingReader.Visitor elements(ConsumerRecord<byte[], byte[]> record) {
        Partition partition = partitions.get(record.partition());
        return new ReadingReader.Visitor() {
            @Override
            public void reading(SensorId sensor, int element, Reading reading) {
                partition.add(Column.READ, 1);
                long place = place(record.offset(), element == NotAReadingException.WHOLE ? null : (long) element);
                if (partition.late.remove(place)) {
                    partition.add(Column.LATE, 1);
                } else if (partition.dead.remove(place)) {
                    partition.add(Column.DEAD, 1);
                } else {
                    boolean notYet = record.offset() >= partition.processed || partition.between.contains(place);
                    onTime(partition, sensor.get(), reading, record.timestamp(), notYet);
                }
            }

            @Override
            public void dead(NotAReadingException why) {
                partition.add(Column.READ, 1);
                if (partition.dead.remove(place(record.offset(), (long) why.element()))) {
                    partition.add(Column.DEAD, 1);
                } else {
                    noReading(partition, record.offset(), why);
                }
            }
        };
    }

    private void noReading(Partition partition, long offset, NotAReadingException why) {
        if (offset >= partition.processed) {
            partition.add(Column.NOT_YET, 1);
        } else {
            fault(partition, Column.LOST, 1, at(partition, offset), "a dead record", "none; " + why.getMessage());
        }
    }

    /** @param input where the reading stands */
    private void onTime(Partition input, byte[] key, Reading reading, long arrived, boolean notYet) {
        String id = new String(key, StandardCharsets.UTF_8);
        Partition partition = windowed(input, key);
        Sensor sensor = sensors.computeIfAbsent(id, unknown -> new Sensor());
        if (sensor.partition != null && sensor.partition != partition) {
            strayingSensor = id;
        }
        sensor.partition = partition;
        long start = reading.time() - Math.floorMod(reading.time(), size);
        if (rekeyed) {
            if (input.first && input.isCut()) {
                // What was deleted had come in before, and was no further ahead than is allowed.
                input.wholeFrom = arrived + maxAhead;
            }
        } else if (partition.first && partition.isCut()) {
            // It was taken, so its window was open, so stream time was not grace past the end of that yet; and
            // no reading before it was further ahead of stream time than is allowed.
            partition.wholeFrom = start + size + grace + maxAhead;
        }
        input.first = false;
        if (start < partition.wholeFrom) {
            partition.add(Column.CUT, 1);
            return;
        }
        Window window = sensor.windows.get(start);
        if (window == null) {
            window = new Window(
                    layout.empty(),
                    settings.windows().dedup()
                            ? new SeenReadings(layout.fields().size())
                            : null);
            sensor.windows.put(start, window);
            partition.pending++;
        }
        if (window.seen != null && !window.seen.add(reading.time(), reading.values())) {
            partition.add(notYet ? Column.NOT_YET : Column.DUPLICATE, 1);
        } else if (notYet) {
            window.notYet++;
        } else {
            input.streamTime.accept(reading.time(), readAtLeastUpTo(reading.time(), arrived), Long.MAX_VALUE);
            partition.streamTime.accept(reading.time());
            window.readings.add(reading.time(), reading.values());
        }
    }

    /**
     * The wall-clock time up to which the processor has read at least, once it has processed a reading. When that was, the input
     * does not say; but the reading was not dead, so it was not further ahead than is allowed. And so are records that came in
     * with a timestamp ahead of the processor's clock, as long as that is not ahead of this one.
     */
    private long readAtLeastUpTo(long time, long arrived) {
        return (arrived > now ? time : Math.max(time, arrived)) - maxAhead;
    }

    /**
     * A summary; those of a partition in their order.
     *
     * @param sure it was committed before the input's processed offsets were looked up: then all other windows that were
     *     closed together with this one have their summaries in what is read, too
     * @return false, and nothing has happened, as long as readings that it may hold have not been reported: those of
     *     {@link #awaited}
     * @throws InvalidSettingException if its window has another size
     */
    boolean judge(ConsumerRecord<byte[], byte[]> record, boolean sure) {
        Long start = number(record.headers(), "window.start");
        Long end = number(record.headers(), "window.end");
        if (record.key() == null || record.value() == null || start == null || end == null) {
            fault(null, Column.WRONG, 1, at(record), "a summary with headers window.start and window.end", "none");
            return true;
        }
        if (end - start != size) {
            throw new InvalidSettingException(
                    "--window",
                    Durations.format(settings.windows().size()),
                    Durations.format(Duration.ofMillis(end - start)) + ", as the summary at " + at(record) + " has it");
        }
        if (!awaited(record).isEmpty()) {
            return false;
        }
        summaries++;
        String id = sensor(record);
        Sensor sensor = sensors.computeIfAbsent(id, unknown -> new Sensor());
        Partition partition = sensor.partition;
        Supplier<String> where = () -> where(id, start, partition);
        if (end <= sensor.lastEnd) {
            fault(partition, Column.TWICE, 1, where.get(), "one summary", "another at " + at(record));
            return true;
        }
        sensor.lastEnd = end;
        if (sure && partition != null) {
            partition.closedUpTo = Math.max(partition.closedUpTo, end);
        }
        sensor.windows.headMap(start).forEach((missing, window) -> withoutSummary(id, sensor.partition(), missing));
        sensor.windows.headMap(start).clear();
        Window window = sensor.windows.remove(start);
        if (rekeyed || partition == null
                ? partitions.stream().anyMatch(p -> start < p.wholeFrom)
                : start < partition.wholeFrom) {
            uncheckedSummaries++;
            if (window != null) {
                sensor.partition().pending--;
                sensor.partition().add(Column.CUT, window.count());
                sensor.partition().add(Column.NOT_YET, window.notYet);
            }
        } else if (window == null) {
            fault(partition, Column.WRONG, 1, where.get(), "no summary, as there are no readings", at(record));
        } else {
            sensor.partition().pending--;
            compare(sensor.partition(), window, record, end, where);
        }
        return true;
    }

    /** The partitions of which more has to be reported before this summary can be judged. */
    List<Partition> awaited(ConsumerRecord<byte[], byte[]> record) {
        Long end = number(record.headers(), "window.end");
        Sensor sensor = record.key() == null ? null : sensors.get(sensor(record));
        List<Partition> candidates =
                rekeyed || sensor == null || sensor.partition == null ? partitions : List.of(sensor.partition);
        return candidates.stream()
                .filter(partition ->
                        !partition.done && (rekeyed || end == null || partition.streamTime.get() - grace < end))
                .toList();
    }

    private void compare(
            Partition partition,
            Window window,
            ConsumerRecord<byte[], byte[]> record,
            long end,
            Supplier<String> where) {
        if (window.notYet == 0 && Arrays.equals(json.write(end, window.readings), record.value())) {
            partition.add(Column.SUMMARISED, window.count());
            return;
        }
        String text = new String(record.value(), StandardCharsets.UTF_8);
        long found = readings(record.headers(), text);
        long least = window.count();
        long most = least + window.notYet;
        partition.add(Column.SUMMARISED, Math.min(found, most));
        if (found < least) {
            partition.add(Column.NOT_YET, window.notYet);
            fault(partition, Column.LOST, least - found, where.get(), expected(end, window), text);
        } else if (found == most && window.notYet == 0 && saysOther(expected(end, window), text)) {
            otherStatistics++;
        } else if (found > most || window.notYet == 0) {
            fault(partition, Column.WRONG, 1, where.get(), expected(end, window), text);
        } else {
            partition.add(Column.NOT_YET, most - found);
        }
    }

    /** How many readings a summary is of, as it says. */
    private static long readings(Headers headers, String text) {
        Long readings = number(headers, SummaryRecords.READINGS);
        if (readings != null) {
            return readings;
        }
        Matcher matcher = COUNT.matcher(text);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /**
     * Whether a summary is right in all that it says, but says other things than are asked for now, as it was made, or its
     * window was begun, with other settings.
     */
    private boolean saysOther(String expected, String found) {
        JsonNode wanted;
        JsonNode made;
        try {
            wanted = JSON.readTree(expected);
            made = JSON.readTree(found);
        } catch (JsonProcessingException e) {
            return false;
        }
        boolean other = false;
        for (String field : names(wanted, made)) {
            if (!wanted.has(field) && layout.fields().contains(field)) {
                return false; // no reading has it
            }
            for (String statistic : names(wanted.path(field), made.path(field))) {
                JsonNode said = made.path(field).path(statistic);
                JsonNode right = wanted.path(field).path(statistic);
                boolean both = !said.isMissingNode() && !said.isNull() && !right.isMissingNode();
                if (both && !said.equals(right)) {
                    return false;
                }
                other |= !both && !said.equals(right);
            }
        }
        return other && wanted.path("time").equals(made.path("time"));
    }

    private static Set<String> names(JsonNode one, JsonNode other) {
        Set<String> names = new TreeSet<>();
        one.fieldNames().forEachRemaining(names::add);
        other.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private String expected(long end, Window window) {
        return window.count() == 0
                ? "at most " + window.notYet + " readings"
                : new String(json.write(end, window.readings), StandardCharsets.UTF_8);
    }

    /** A later summary of the sensor has come, or none will. */
    private void withoutSummary(String id, Partition partition, long start) {
        Window window = requireNonNull(requireNonNull(sensors.get(id)).windows.get(start));
        partition.pending--;
        partition.add(Column.NOT_YET, window.notYet);
        if (start < summariesFrom || rekeyed && partitions.stream().anyMatch(p -> start < p.wholeFrom)) {
            partition.add(Column.CUT, window.count());
        } else if (window.count() > 0) {
            String expected =
                    window.count() == 1 ? "a summary of 1 reading" : "a summary of " + window.count() + " readings";
            fault(partition, Column.LOST, window.count(), where(id, start, partition), expected, "none");
        }
    }

    /** Retention has cut the output topic: this is the oldest summary of one of its partitions. */
    void summariesFrom(ConsumerRecord<byte[], byte[]> record) {
        Long start = number(record.headers(), "window.start");
        summariesFrom = Math.max(summariesFrom, start == null ? 0 : start);
    }

    /** No further summary will be reported: decides on the windows that are known to be closed. */
    void settle() {
        long readUpTo = partitions.stream()
                .mapToLong(partition -> partition.streamTime.readUpTo())
                .min()
                .orElse(0);
        for (Partition partition : windowed) {
            long streamTime = rekeyed ? Math.min(partition.streamTime.newest(), readUpTo) : partition.streamTime.get();
            long time = streamTime - grace;
            partition.closedUpTo = Math.max(partition.closedUpTo, time - Math.floorMod(time, size));
        }
        sensors.forEach((id, sensor) -> {
            if (!sensor.windows.isEmpty()) {
                NavigableMap<Long, Window> closed = sensor.windows.headMap(sensor.partition().closedUpTo - size, true);
                closed.keySet().forEach(start -> withoutSummary(id, sensor.partition(), start));
                closed.clear();
            }
        });
    }

    /** All has been reported. */
    void close() {
        settle();
        for (Sensor sensor : sensors.values()) {
            for (Window window : sensor.windows.values()) {
                sensor.partition().add(Column.OPEN, window.count());
                sensor.partition().add(Column.NOT_YET, window.notYet);
            }
            sensor.windows.clear();
        }
        for (Partition partition : partitions) {
            long upTo = 0;
            for (Map.Entry<Long, Long> range : partition.deleted.entrySet()) {
                long from = Math.max(upTo, range.getKey());
                upTo = Math.max(upTo, range.getValue());
                if (from < upTo) {
                    fault(
                            partition,
                            Column.DELETED,
                            upTo - from,
                            settings.topics().input() + "-" + partition.number + " offsets " + from + " to "
                                    + (upTo - 1),
                            "to be read before they are deleted",
                            "deleted");
                }
            }
            long stray = partition.late.size() + partition.dead.size();
            if (stray > 0) {
                fault(
                        partition,
                        Column.WRONG,
                        stray,
                        settings.topics().input() + "-" + partition.number,
                        "the readings of all late and dead records",
                        stray + " that name an offset without one");
            }
        }
    }

    /** Windows whose summary has not been reported. */
    long pending() {
        return windowed.stream().mapToLong(Partition::pending).sum();
    }

    List<Partition> partitions() {
        return partitions;
    }

    /** Those of the topic in between, where readings are rekeyed: what became of readings stands there. */
    List<Partition> rekeyed() {
        return rekeyed ? windowed : List.of();
    }

    long total(Column column) {
        return elsewhere.getOrDefault(column, 0L)
                + (rekeyed ? Stream.concat(partitions.stream(), windowed.stream()) : partitions.stream())
                        .mapToLong(partition -> partition.get(column))
                        .sum();
    }

    /** Summaries that were judged, those that came again among them. */
    long summaries() {
        return summaries;
    }

    /** Summaries whose readings, or some of them, retention has deleted. */
    long uncheckedSummaries() {
        return uncheckedSummaries;
    }

    /** Summaries that do not say what is asked for now; what they say is right. */
    long otherStatistics() {
        return otherStatistics;
    }

    /** A sensor whose readings stand in more than one partition, which makes more than one summary for a window; or null. */
    @Nullable
    String strayingSensor() {
        return strayingSensor;
    }

    /** The first ones of each kind. */
    List<Fault> faults() {
        return faults;
    }

    boolean isBalanced() {
        return Arrays.stream(Column.values()).noneMatch(column -> column.isFault() && total(column) > 0);
    }

    private void fault(
            @Nullable Partition partition, Column kind, long count, String where, String expected, String found) {
        if (partition == null) {
            elsewhere.merge(kind, count, Long::sum);
        } else {
            partition.add(kind, count);
        }
        if (faults.stream().filter(fault -> fault.kind() == kind).count() < SHOWN) {
            faults.add(new Fault(kind, where, expected, found));
        }
    }

    private String where(String sensor, long start, @Nullable Partition partition) {
        return NotAReadingException.shorten(sensor) + ", window " + Instant.ofEpochMilli(start) + " to "
                + Instant.ofEpochMilli(start + size) + (partition == null ? "" : ", partition " + partition.number);
    }

    private String at(Partition partition, long offset) {
        return settings.topics().input() + "-" + partition.number + " offset " + offset;
    }

    private static String at(ConsumerRecord<?, ?> record) {
        return record.topic() + "-" + record.partition() + " offset " + record.offset();
    }

    private static String sensor(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.key(), StandardCharsets.UTF_8);
    }

    private @Nullable Partition source(Headers headers, String topicHeader, String partitionHeader) {
        Header topic = headers.lastHeader(topicHeader);
        Long number = number(headers, partitionHeader);
        return topic == null
                        || number == null
                        || number >= partitions.size()
                        || !settings.topics().input().equals(new String(topic.value(), StandardCharsets.UTF_8))
                ? null
                : partitions.get(number.intValue());
    }

    /** A header that is decimal text, or null. */
    private static @Nullable Long number(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            return null;
        }
        try {
            long number = Long.parseLong(new String(header.value(), StandardCharsets.US_ASCII));
            return number < 0 ? null : number;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
