package downsampling.processor.audit;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import downsampling.processor.input.DeletedInput;
import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.reading.SensorIdDeserializer;
import downsampling.processor.settings.Level;
import downsampling.processor.settings.Settings;
import downsampling.processor.window.RejectedRecords;
import downsampling.processor.window.RekeyedReadings;
import downsampling.processor.window.StreamTime;
import downsampling.processor.window.SummaryJson;
import downsampling.processor.window.SummaryLayout;
import downsampling.processor.window.SummaryRecords;
import downsampling.service.Durations;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What became of every reading of the input topic: the account that {@link Audit} feeds and prints.
 *
 * <p>It rests on three things that are known independently of each other. Late and dead records name the partition and
 * offset they came from. Of what is left, each reading belongs to one sensor and window by its own time stamp. And readings
 * close windows by a rule ({@link StreamTime}), those of their partition or those of their sensor, so whether a window without a
 * summary must be closed, and its readings are lost, follows from the input and not from what is missing. What the input does not
 * say is when it was read: where the rule asks for that, the earliest time is taken that it can have been.
 *
 * <p>There is a {@link Book} for each level. Every reading goes into its window in all of them, so a rollup is held against the
 * readings, and not against the summaries that it was made of. The columns are filled by the windows that readings are counted
 * in; what is wrong with a summary of a rollup is a fault, but loses no reading.
 *
 * <p>Late and dead records are reported to it first, then the input of each partition in its order, and a summary once the windows
 * that it is of are closed ({@link #judge} says when). A window is settled once no reading can be counted in it any more, which
 * with {@code --allowed-lateness} is later: until then, its last summary is kept, and that is what has to be right. So what is
 * kept is a bit for each late and dead record, the windows that are not settled, and for each sensor and level the end of its
 * last summary: without lateness, the windows of a sensor close in ascending order, hence a summary that does not end later than
 * the one before is one too many.
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
        /**
         * Summaries that do not say what their readings say, or that a rollup lacks; late and dead records of no reading; what is
         * said of silent sensors, or is not, and cannot be so.
         */
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

    /** How far windows are closed: those of a partition, or of a sensor. */
    private static final class Clock {
        /** Of the readings that the processor took on time; its own is the same or ahead, see {@link #readAtLeastUpTo}. */
        private final StreamTime streamTime = new StreamTime(Long.MAX_VALUE, 0, 0);
        /** Windows that end at or before this are known to be closed, as a late reading or a summary says so. */
        private long closedUpTo;

        private void closedUpTo(long end) {
            closedUpTo = Math.max(closedUpTo, end);
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
        private final Clock clock = new Clock();
        /** Windows that start before this may have held readings that retention has deleted. */
        private long wholeFrom;

        private boolean first = true;
        private boolean done;
        /** Windows that readings are counted in, and whose summary has not been read. */
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

    private static final class Sensor {
        private final String id;
        /** Where sensors have a stream time of their own. */
        private final @Nullable Clock clock;
        /** Of each level. */
        private final List<Windows> levels;
        /** Of its readings; null as long as none has been reported. */
        private @Nullable Partition partition;

        /** Where it is said which sensors are silent. */
        private final @Nullable Silence silence;

        private Sensor(String id, @Nullable Clock clock, @Nullable Silence silence, int levels) {
            this.id = id;
            this.clock = clock;
            this.silence = silence;
            this.levels = Stream.generate(Windows::new).limit(levels).toList();
        }

        /** That of a sensor with windows: one of its readings has been reported. */
        private Partition partition() {
            return requireNonNull(partition);
        }
    }

    /** Those of a sensor and level that are not settled. */
    private static final class Windows {
        private final NavigableMap<Long, Window> byStart = new TreeMap<>();
        /** Those that end at or before this have had their summary, or none. */
        private long lastEnd;
        /** Where retention has cut the topic, of windows that start before this summaries may be gone: all, as long as none has come. */
        private long from = Long.MAX_VALUE;
    }

    /** The summaries of a level. */
    static final class Book {
        final String topic;
        private final Level level;
        private final long lateness;
        private long summaries;
        private long revisions;
        private boolean cut;
        /** Where retention has cut the topic, of windows that start before this summaries may be gone. */
        private long from;

        private boolean done;

        private Book(String topic, Level level, long lateness) {
            this.topic = topic;
            this.level = level;
            this.lateness = lateness;
        }

        /** All of them have been reported. */
        void done() {
            done = true;
        }

        /**
         * Retention has cut a partition of the topic.
         *
         * @param oldest of its summaries; null if there is none
         */
        void cut(@Nullable ConsumerRecord<byte[], byte[]> oldest) {
            Long end = oldest == null ? null : time(oldest, "window.end");
            cut = true;
            // Whatever was written before is of windows that were closed, or kept, when this one was.
            from = oldest == null ? Long.MAX_VALUE : Math.max(from, end == null ? 0 : end + lateness);
        }

        /** First summaries of their window; those that came again are among them. */
        long summaries() {
            return summaries;
        }

        /** Further ones. */
        long revisions() {
            return revisions;
        }

        private boolean isBase() {
            return level.number() == 0;
        }
    }

    private static final int SHOWN = 20;
    /** A record is shorter than this, see {@link ReadingReader}. */
    private static final long MOST_ELEMENTS = 1 << 20;

    private static final JsonMapper JSON = new JsonMapper();

    private final Settings settings;
    private final SummaryLayout layout;
    private final long grace;
    private final long lateness;
    private final boolean ownTime;
    private final long forgetAfter;
    private final boolean saysSilent;
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
    /** By level. */
    private final List<Book> books;

    private final Map<String, Book> booksByTopic = new HashMap<>();
    /** Summaries of no sensor that is known: the only row that belongs to no partition. */
    private final Map<Column, Long> elsewhere = new EnumMap<>(Column.class);

    private final List<Fault> faults = new ArrayList<>();
    private long uncheckedSummaries;
    private long otherStatistics;
    private long kept;
    private long silent;
    private long back;
    /** Where readings are rekeyed: what came in before this has been read, wherever it stood. */
    private long allReadUpTo;
    /** Whether there are readings of which the processor may not have made anything yet. */
    private boolean behind;

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
        grace = settings.windows().grace().toMillis();
        lateness = settings.windows().allowedLateness().toMillis();
        ownTime = settings.sensors().ownTime();
        saysSilent = settings.sensors().saysSilent();
        forgetAfter = settings.sensors().forgetAfter().toMillis();
        books = settings.levels().stream()
                .map(level -> new Book(settings.topics().output(level), level, lateness))
                .toList();
        books.forEach(book -> booksByTopic.put(book.topic, book));
        maxAhead = settings.readings().maxAhead().toMillis();
        reader = new ReadingReader(settings.readings());
        reading = new Reading(settings.readings().fields().size());
    }

    /**
     * A late record. Its window was closed, and that holds for all sensors of the partition, unless each has its own stream time.
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
            if (!ownTime) {
                windowed(partition, key).clock.closedUpTo(windowEnd);
            } else if (key != null) {
                clock(sensor(key)).closedUpTo(windowEnd);
            }
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
            heardOfLate(record);
        } else if (partition.dead.remove(place)) {
            partition.add(Column.READ, 1);
            partition.add(Column.DEAD, 1);
        } else if (offset >= partition.reached) {
            partition.add(Column.READ, 1);
            partition.add(Column.NOT_YET, 1);
            behind = true;
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
                    heardOf(
                            sensor(sensor.get()),
                            windowed(partition, sensor.get()),
                            reading.time(),
                            record.timestamp());
                } else if (partition.dead.remove(place)) {
                    partition.add(Column.DEAD, 1);
                } else {
                    boolean notYet = record.offset() >= partition.processed || partition.between.contains(place);
                    behind |= notYet;
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

    private Sensor sensor(byte[] key) {
        String id = new String(key, StandardCharsets.UTF_8);
        Sensor sensor = sensors.get(id);
        if (sensor == null) {
            sensor = new Sensor(id, ownTime ? new Clock() : null, saysSilent ? new Silence() : null, books.size());
            sensors.put(id, sensor);
        }
        return sensor;
    }

    /** What closes the windows of a sensor whose partition is known. */
    private static Clock clock(Sensor sensor) {
        return sensor.clock == null ? sensor.partition().clock : sensor.clock;
    }

    private void heardOfLate(ConsumerRecord<byte[], byte[]> record) {
        if (saysSilent) {
            try {
                reader.read(record.value(), record.timestamp(), Long.MAX_VALUE, reading);
                Partition partition = partitions.get(record.partition());
                heardOf(sensor(record.key()), partition, reading.time(), record.timestamp());
            } catch (NotAReadingException e) {
                return; // a late record that names an offset without a reading is not found out
            }
        }
    }

    /** A reading of a sensor came in, whatever becomes of it. */
    private void heardOf(Sensor sensor, Partition partition, long time, long arrived) {
        if (sensor.silence != null) {
            sensor.silence.heard(time, arrived, partition.clock.streamTime.newest(), forgetAfter);
        }
    }

    /** @param input where the reading stands */
    private void onTime(Partition input, byte[] key, Reading reading, long arrived, boolean notYet) {
        Partition partition = windowed(input, key);
        Sensor sensor = sensor(key);
        if (sensor.partition != null && sensor.partition != partition) {
            strayingSensor = sensor.id;
        }
        sensor.partition = partition;
        if (!notYet) {
            heardOf(sensor, partition, reading.time(), arrived);
        }
        Book base = books.get(0);
        long start = base.level.start(reading.time());
        if (input.first && input.isCut()) {
            input.wholeFrom = rekeyed || ownTime
                    // What was deleted had come in before, and was no further ahead than is allowed.
                    ? Math.max(arrived, reading.time()) + maxAhead
                    // It was taken, so its window was open or kept, so stream time was not that far past the end of it
                    // yet;
                    // and no reading before it was further ahead of stream time than is allowed.
                    : base.level.end(start) + grace + lateness + maxAhead;
        }
        input.first = false;
        if (start < partition.wholeFrom) {
            partition.add(Column.CUT, 1);
            return;
        }
        Window window = window(base, sensor, start);
        if (window.isDuplicate(reading.time(), reading.values())) {
            partition.add(notYet ? Column.NOT_YET : Column.DUPLICATE, 1);
            return;
        }
        window.add(reading.time(), reading.values(), notYet);
        for (int i = 1; i < books.size(); i++) {
            long wholeStart = books.get(i).level.start(reading.time());
            if (wholeStart >= partition.wholeFrom) {
                window(books.get(i), sensor, wholeStart).add(reading.time(), reading.values(), notYet);
            }
        }
        if (!notYet) {
            long readUpTo = readAtLeastUpTo(reading.time(), arrived);
            input.clock.streamTime.accept(reading.time(), readUpTo, Long.MAX_VALUE);
            partition.clock.streamTime.accept(reading.time());
            if (sensor.clock != null) {
                sensor.clock.streamTime.accept(reading.time(), readUpTo, Long.MAX_VALUE);
            }
        }
    }

    private Window window(Book book, Sensor sensor, long start) {
        NavigableMap<Long, Window> windows = sensor.levels.get(book.level.number()).byStart;
        Window window = windows.get(start);
        if (window == null) {
            window = newWindow(book);
            windows.put(start, window);
            if (book.isBase()) {
                sensor.partition().pending++;
            }
        }
        return window;
    }

    private Window newWindow(Book book) {
        return new Window(layout, book.isBase() && settings.windows().dedup());
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
     * A summary of any level; those of a partition in their order.
     *
     * @param sure it was committed before the input's processed offsets were looked up: then all other windows that were
     *     closed together with this one have their summaries in what is read, too
     * @return false, and nothing has happened, as long as the input has not been reported up to where its window was closed: that
     *     of {@link #awaited}
     * @throws InvalidSettingException if its level has no such window
     */
    boolean judge(ConsumerRecord<byte[], byte[]> record, boolean sure) {
        Book book = book(record.topic());
        Long start = time(record, "window.start");
        Long end = time(record, "window.end");
        if (record.key() == null || record.value() == null || start == null || end == null) {
            fault(null, Column.WRONG, 1, at(record), "a summary with headers window.start and window.end", "none");
            return true;
        }
        requireWindow(book, start, end, record);
        Sensor sensor = sensor(record.key());
        long closedUpTo = closedUpTo(sensor);
        if (end > closedUpTo && !isRead(book, sensor, record)) {
            return false;
        }
        long revision = requireNonNullElse(number(record.headers(), SummaryRecords.REVISION), 0L);
        book.summaries += revision == 0 ? 1 : 0;
        book.revisions += revision == 0 ? 0 : 1;
        if (sure && (ownTime || sensor.partition != null)) {
            clock(sensor).closedUpTo(end);
        }
        if (lateness > 0 && isReadingsCut(sensor, start)) {
            uncheckedSummaries++; // nor is it known which ones of a window there were
            return true;
        }
        Windows windows = sensor.levels.get(book.level.number());
        if (windows.from == Long.MAX_VALUE) {
            windows.from = end + lateness;
        }
        Window window = windows.byStart.get(start);
        if (window == null && end <= windows.lastEnd) {
            String what = revision == 0 ? "one summary" : "all of its summaries before";
            fault(sensor.partition, Column.TWICE, 1, where(book, sensor, start), what, "another at " + at(record));
            return true;
        }
        if (lateness == 0) {
            windows.lastEnd = Math.max(windows.lastEnd, end);
            settleWithoutSummary(book, sensor, windows.byStart.headMap(start), closedUpTo);
        }
        if (window == null) {
            window = newWindow(book);
        } else if (book.isBase() && !window.hasSummary()) {
            sensor.partition().pending--;
        }
        kept -= window.hasSummary() ? 1 : 0;
        requireInOrder(book, sensor, start, window, revision, record);
        window.take(record.value(), number(record.headers(), SummaryRecords.READINGS), revision);
        if (isFinal(book, start, window, closedUpTo)) {
            windows.byStart.remove(start);
            settle(book, sensor, start, window);
        } else {
            windows.byStart.put(start, window);
            kept++;
        }
        return true;
    }

    /**
     * Whether no reading can be counted in a window with a summary any more, and no summary will follow: that of all of its readings is
     * the last one.
     */
    private boolean isFinal(Book book, long start, Window window, long closedUpTo) {
        return book.level.end(start) <= closedUpTo - lateness
                && (lateness == 0 || book.done || window.notYet() == 0 && window.isRight(json, book.level.end(start)));
    }

    Book book(String topic) {
        return requireNonNull(booksByTopic.get(topic));
    }

    private void requireWindow(Book book, long start, long end, ConsumerRecord<byte[], byte[]> record) {
        Level level = book.level;
        if (book.isBase() ? end - start == level.length() : level.start(start) == start && level.end(start) == end) {
            return;
        }
        String found = Durations.format(Duration.ofMillis(end - start));
        if (book.isBase()) {
            throw new InvalidSettingException(
                    "--window",
                    Durations.format(settings.windows().size()),
                    found + ", as the summary at " + at(record) + " has it");
        }
        throw new InvalidSettingException(
                "--calendar",
                settings.rollups().calendar(),
                "a zone with a window of " + found + " from " + Instant.ofEpochMilli(start) + ", as the summary at "
                        + at(record) + " has it");
    }

    /** What is the last one for a reader must be the last one that was made. */
    private void requireInOrder(
            Book book, Sensor sensor, long start, Window window, long revision, ConsumerRecord<?, ?> record) {
        long next = window.revision() + 1;
        if (revision == next || revision > next && next == 0 && start < from(book, sensor)) {
            return;
        }
        String expected = next == 0 ? "its first summary" : "revision " + next;
        String found = (revision == 0 ? "another first summary" : "revision " + revision) + " at " + at(record);
        Column kind = revision > next ? Column.WRONG : Column.TWICE;
        fault(sensor.partition, kind, 1, where(book, sensor, start), expected, found);
    }

    /** Summaries of windows that start before this may have been deleted by retention. */
    private long from(Book book, Sensor sensor) {
        if (!book.cut) {
            return 0;
        }
        // What one sensor's windows say of another's is nothing, where each has its own stream time.
        return ownTime ? sensor.levels.get(book.level.number()).from : book.from;
    }

    /** Whether as many readings of its window have been reported as a summary says. Only a sensor's own silence asks for that. */
    private boolean isRead(Book book, Sensor sensor, ConsumerRecord<byte[], byte[]> record) {
        if (!ownTime || rekeyed) {
            return false;
        }
        Window window = sensor.levels.get(book.level.number()).byStart.get(time(record, "window.start"));
        return window != null
                && window.most()
                        >= Window.readings(
                                number(record.headers(), SummaryRecords.READINGS),
                                new String(record.value(), StandardCharsets.UTF_8));
    }

    /** Of the readings that have been reported, none that comes later is on time for a window that ends at or before this. */
    private long closedUpTo(Sensor sensor) {
        if (sensor.partition != null && !rekeyed) {
            return closedUpTo(sensor, sensor.partition);
        }
        return partitions.stream()
                .mapToLong(partition -> closedUpTo(sensor, partition))
                .min()
                .orElse(0);
    }

    private long closedUpTo(Sensor sensor, Partition partition) {
        if (partition.done) {
            return Long.MAX_VALUE;
        }
        if (rekeyed) {
            return 0; // in which order the readings of several partitions were processed is not known
        }
        long time = partition.clock.streamTime.get();
        return sensor.clock == null
                ? time - grace
                : Math.max(sensor.clock.streamTime.get() - grace, time - forgetAfter);
    }

    /** The partitions of which more has to be reported before this summary, which is not judged yet, can be. */
    List<Partition> awaited(ConsumerRecord<byte[], byte[]> record) {
        long end = requireNonNull(time(record, "window.end"));
        Sensor sensor = sensor(record.key());
        return (rekeyed || sensor.partition == null ? partitions : List.of(sensor.partition))
                .stream()
                        .filter(partition -> closedUpTo(sensor, partition) < end)
                        .toList();
    }

    /** All readings and all summaries of a window have been reported, and it has been taken out. */
    private void settle(Book book, Sensor sensor, long start, Window window) {
        Windows windows = sensor.levels.get(book.level.number());
        windows.lastEnd = Math.max(windows.lastEnd, book.level.end(start));
        Partition partition = sensor.partition;
        if (book.isBase() && !window.hasSummary()) {
            sensor.partition().pending--;
        }
        if (isReadingsCut(sensor, start) || !window.hasSummary() && start < from(book, sensor)) {
            uncheckedSummaries += window.hasSummary() ? 1 : 0;
            if (book.isBase() && partition != null) {
                partition.add(Column.CUT, window.count());
                partition.add(Column.NOT_YET, window.notYet());
            }
        } else if (window.most() == 0) {
            fault(
                    partition,
                    Column.WRONG,
                    1,
                    where(book, sensor, start),
                    "no summary, as there are no readings",
                    window.text());
        } else {
            compare(book, sensor, start, window);
        }
    }

    /** Whether retention may have deleted readings of a window. */
    private boolean isReadingsCut(Sensor sensor, long start) {
        return rekeyed || sensor.partition == null
                ? partitions.stream().anyMatch(input -> start < input.wholeFrom)
                : start < sensor.partition.wholeFrom;
    }

    /** Columns are filled by the windows that readings are counted in. */
    private void compare(Book book, Sensor sensor, long start, Window window) {
        Partition partition = sensor.partition();
        long end = book.level.end(start);
        long least = window.count();
        boolean right = window.isRight(json, end);
        long found = right ? least : window.found();
        if (book.isBase()) {
            partition.add(Column.SUMMARISED, Math.min(found, window.most()));
            partition.add(Column.NOT_YET, Math.min(window.notYet(), Math.max(0, window.most() - found)));
        }
        if (right) {
            return;
        }
        if (found < least) {
            fault(
                    partition,
                    book.isBase() ? Column.LOST : Column.WRONG,
                    book.isBase() ? least - found : 1,
                    where(book, sensor, start),
                    window.expected(json, end),
                    window.hasSummary() ? window.text() : "none");
        } else if (found == least && least > 0 && window.saysOther(json, layout, end)) {
            otherStatistics++;
        } else if (found > window.most() || found == least && least > 0) {
            String where = where(book, sensor, start);
            fault(partition, Column.WRONG, 1, where, window.expected(json, end), window.text());
        }
    }

    /** Windows that had to be closed before a later one of their sensor was, as far as all of their readings have been reported. */
    private void settleWithoutSummary(Book book, Sensor sensor, Map<Long, Window> windows, long closedUpTo) {
        windows.entrySet().removeIf(entry -> {
            long start = entry.getKey();
            boolean missing = !entry.getValue().hasSummary() && book.level.end(start) <= closedUpTo;
            if (missing) {
                settle(book, sensor, start, entry.getValue());
            }
            return missing;
        });
    }

    /**
     * Settles the windows of which all has been reported; also those that are known to be closed and have no summary, if none
     * will come.
     */
    void settle() {
        allReadUpTo = partitions.stream()
                .mapToLong(partition -> partition.clock.streamTime.readUpTo())
                .min()
                .orElse(0);
        for (Sensor sensor : sensors.values()) {
            if (sensor.levels.stream().allMatch(windows -> windows.byStart.isEmpty())) {
                continue;
            }
            long closedUpTo = closedUpTo(sensor);
            for (Book book : books) {
                long missing = book.done && sensor.partition != null ? mustBeClosedUpTo(sensor) : 0;
                sensor.levels.get(book.level.number()).byStart.entrySet().removeIf(entry -> {
                    Window window = entry.getValue();
                    boolean settled = window.hasSummary()
                            ? isFinal(book, entry.getKey(), window, closedUpTo)
                            : book.level.end(entry.getKey()) <= missing;
                    if (settled) {
                        kept -= window.hasSummary() ? 1 : 0;
                        settle(book, sensor, entry.getKey(), window);
                    }
                    return settled;
                });
            }
        }
    }

    /** The processor must have closed the windows of a sensor that end at or before this. */
    private long mustBeClosedUpTo(Sensor sensor) {
        if (rekeyed && behind) {
            // Windows wait until the step that closes them has heard of all partitions of the input. Of which it has
            // is not known: when it begins, it has counted readings and closed nothing.
            return clock(sensor).closedUpTo;
        }
        StreamTime ofPartition = sensor.partition().clock.streamTime;
        long time = rekeyed ? Math.min(ofPartition.newest(), allReadUpTo) : ofPartition.get();
        Clock clock = clock(sensor);
        return Math.max(
                clock.closedUpTo,
                sensor.clock == null
                        ? time - grace
                        // It looks for sensors to be forgotten now and then only.
                        : Math.max(clock.streamTime.get() - grace, time - forgetAfter - forgetAfter / 10));
    }

    /**
     * A record that says whether a sensor is silent; those of a partition in their order, after all else.
     *
     * @param cut whether retention has deleted records before the first one
     */
    void status(ConsumerRecord<byte[], byte[]> record, boolean cut) {
        JsonNode said = parse(record.value());
        String status = said.path("status").asText();
        boolean isSilent = status.equals("silent") && said.path("since").isIntegralNumber();
        boolean isBack = status.equals("back") && said.path("after").isIntegralNumber();
        silent += isSilent ? 1 : 0;
        back += isBack ? 1 : 0;
        Sensor sensor = record.key() == null ? null : sensors.get(new String(record.key(), StandardCharsets.UTF_8));
        if (!isSilent && !isBack || record.key() == null) {
            fault(null, Column.WRONG, 1, at(record), "that a sensor is silent or back", "neither");
        } else if (sensor != null && sensor.silence != null) {
            Silence silence = sensor.silence;
            fault(sensor, isSilent ? silence.silent(said.path("since").asLong()) : silence.back(cut), at(record));
        } else if (partitions.stream().noneMatch(Partition::isCut)) {
            fault(null, Column.WRONG, 1, at(record), "nothing of a sensor without readings", status);
        }
    }

    private static JsonNode parse(byte @Nullable [] value) {
        try {
            return value == null ? MissingNode.getInstance() : JSON.readTree(value);
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    private void fault(Sensor sensor, Silence.@Nullable Fault fault, String where) {
        if (fault != null) {
            String of = NotAReadingException.shorten(sensor.id) + ", " + where;
            fault(sensor.partition, fault.kind(), 1, of, fault.expected(), fault.found());
        }
    }

    /** All has been reported. */
    void close() {
        partitions.forEach(Partition::done);
        books.forEach(Book::done);
        settle();
        for (Sensor sensor : sensors.values()) {
            for (Window window : sensor.levels.get(0).byStart.values()) {
                sensor.partition().add(Column.OPEN, window.count());
                sensor.partition().add(Column.NOT_YET, window.notYet());
            }
            if (sensor.silence != null) {
                fault(
                        sensor,
                        sensor.silence.end(now),
                        "at the end of " + settings.topics().status());
            }
        }
        sensors.clear();
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

    /** Windows that {@link #settle} may settle: those that have their summary, and those for which none will come. */
    long unsettled() {
        return kept
                + (books.get(0).done
                        ? windowed.stream().mapToLong(Partition::pending).sum()
                        : 0);
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

    /** Those of each level, beginning with the windows that readings are counted in. */
    List<Book> books() {
        return books;
    }

    /** How many times a sensor was said to be silent. */
    long silent() {
        return silent;
    }

    /** How many times a sensor was said to be back. */
    long back() {
        return back;
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

    private static String where(Book book, Sensor sensor, long start) {
        return NotAReadingException.shorten(sensor.id) + ", "
                + (book.isBase() ? "window " : book.level.name() + " window ")
                + Instant.ofEpochMilli(start) + " to " + Instant.ofEpochMilli(book.level.end(start))
                + (sensor.partition == null ? "" : ", partition " + sensor.partition.number);
    }

    private String at(Partition partition, long offset) {
        return settings.topics().input() + "-" + partition.number + " offset " + offset;
    }

    private static String at(ConsumerRecord<?, ?> record) {
        return record.topic() + "-" + record.partition() + " offset " + record.offset();
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

    /** A header that is decimal text, and not negative, or null. */
    private static @Nullable Long number(Headers headers, String name) {
        Long number = signed(headers, name);
        return number == null || number < 0 ? null : number;
    }

    /** Of a window; a day that began before 1970 by the local clock has readings of 1970. */
    private static @Nullable Long time(ConsumerRecord<?, ?> record, String name) {
        return signed(record.headers(), name);
    }

    private static @Nullable Long signed(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        if (header == null || header.value() == null) {
            return null;
        }
        try {
            return Long.parseLong(new String(header.value(), StandardCharsets.US_ASCII));
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
