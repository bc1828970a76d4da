package downsampling.processor;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.IntFunction;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tumbling window {@code [start, end)} of one partition: adds readings to open windows, closes and emits windows once,
 * and passes on as late what comes for a closed one.
 *
 * <p>One number decides: {@code closedUpTo}. A window is closed if it ends at or before it, open otherwise. It only grows:
 * when a reading is {@code grace} or more past the end of a window, or when the partition is idle. It stands in the same
 * store as the open windows, so one transaction moves the number, the windows, what was emitted and the input offset, and
 * after a crash all four are as they were at the same instant. That is why there is one summary per sensor and window, ever.
 *
 * <p>All times in milliseconds since the epoch. One instance per partition, used by one thread.
 */
final class WindowProcessor implements Processor<String, Reading, String, byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(WindowProcessor.class);

    private static final long NONE = Long.MIN_VALUE;

    private final Config config;
    private final long size;
    private final long grace;
    private final IntFunction<InputEnd.Reached> inputEnd;
    private final Metrics metrics;

    private ProcessorContext<String, byte[]> context;
    private int partition;
    private Metrics.Partition watched;
    /** An open window by its start, then its sensor, so that those to close are one range in the order of emission. */
    private KeyValueStore<Bytes, byte[]> store;

    private long closedUpTo = NONE;
    /** Start of the newest open window. */
    private long newest = NONE;
    /** Wall-clock time of the last reading that was not late. */
    private long lastReadingAt;

    WindowProcessor(Config config, IntFunction<InputEnd.Reached> inputEnd, Metrics metrics) {
        this.config = config;
        this.size = config.window().toMillis();
        this.grace = config.grace().toMillis();
        this.inputEnd = inputEnd;
        this.metrics = metrics;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        partition = context.taskId().partition();
        store = context.getStateStore(config.storeName());
        watched = metrics.partition(partition);
        // Not left as they were: after an aborted transaction the same instance is initialised again.
        byte[] progress = store.get(WindowKey.CLOSED_UP_TO);
        closedUpTo = progress == null ? NONE : ByteBuffer.wrap(progress).getLong();
        newest = NONE;
        try (KeyValueIterator<Bytes, byte[]> open = store.range(WindowKey.from(0), WindowKey.from(Long.MAX_VALUE))) {
            while (open.hasNext()) {
                newest = WindowKey.start(open.next().key);
                watched.opened();
            }
        }
        lastReadingAt = context.currentSystemTimeMs();
        if (config.closesIdle()) {
            context.schedule(InputEnd.interval(config), PunctuationType.WALL_CLOCK_TIME, this::closeIfIdle);
        }
    }

    @Override
    public void process(Record<String, Reading> record) {
        Reading reading = record.value();
        Rows.reading(record.key(), reading);
        long start = floor(reading.time());
        if (start + size <= closedUpTo) {
            forwardLate(record, start);
            return;
        }
        Bytes key = WindowKey.of(start, record.key());
        byte[] before = store.get(key);
        Summary summary;
        if (before == null) {
            summary = Summary.of(reading.value());
            watched.opened();
        } else {
            summary = Summary.fromBytes(before).add(reading.value());
        }
        store.put(key, summary.toBytes());
        newest = Math.max(newest, start);
        lastReadingAt = context.currentSystemTimeMs();
        watched.read(reading.time());
        if (closeUpTo(floor(reading.time() - grace)) > 0) {
            metrics.emitted(lastReadingAt - record.timestamp());
        }
    }

    /**
     * Closes and emits the windows that end at or before a time.
     *
     * @return how many there were
     */
    private int closeUpTo(long time) {
        if (time <= closedUpTo) {
            return 0;
        }
        int closed = 0;
        try (KeyValueIterator<Bytes, byte[]> open =
                store.range(WindowKey.from(Math.max(0, closedUpTo)), WindowKey.from(Math.max(0, time)))) {
            for (; open.hasNext(); closed++) {
                KeyValue<Bytes, byte[]> window = open.next();
                long start = WindowKey.start(window.key);
                Summary summary = Summary.fromBytes(window.value);
                context.forward(
                        ClosedWindow.record(WindowKey.sensor(window.key), start, start + size, summary),
                        ExactTopology.SUMMARIES);
                watched.closed(summary);
                store.delete(window.key);
            }
        }
        closedUpTo = time;
        store.put(
                WindowKey.CLOSED_UP_TO,
                ByteBuffer.allocate(Long.BYTES).putLong(closedUpTo).array());
        return closed;
    }

    /**
     * Closes what is open once the partition has been idle: for all of {@code --idle-close} its broker has answered, it was
     * read to its end, and no reading for an open window came. Late readings are no sign of life, and {@link InputEnd} starts
     * counting anew after any doubt: a restart, a pause of this process, a broker that did not answer.
     */
    private void closeIfIdle(long now) {
        if (newest == NONE || newest + size <= closedUpTo) {
            return;
        }
        InputEnd.Reached reached = inputEnd.apply(partition);
        if (reached == null
                || reached.readUpTo() - Math.max(lastReadingAt, reached.since())
                        < config.idleClose().toMillis()) {
            return;
        }
        int closed = closeUpTo(newest + size);
        metrics.closedIdle();
        LOG.info(
                "Partition {} idle for {}: closed {} open windows, up to {}",
                partition,
                Durations.format(config.idleClose()),
                closed,
                Instant.ofEpochMilli(closedUpTo));
    }

    /** The raw record as it was, and beside its own headers which window it missed, by how much, and where it stood. */
    private void forwardLate(Record<String, Reading> record, long start) {
        metrics.late();
        RecordMetadata source = context.recordMetadata().orElseThrow();
        Headers headers = new RecordHeaders(record.headers())
                .add("late.window.start", ClosedWindow.text(start))
                .add("late.window.end", ClosedWindow.text(start + size))
                .add("late.by.ms", ClosedWindow.text(closedUpTo - record.value().time()))
                .add("source.topic", source.topic().getBytes(StandardCharsets.UTF_8))
                .add("source.partition", ClosedWindow.text(source.partition()))
                .add("source.offset", ClosedWindow.text(source.offset()));
        context.forward(
                new Record<>(record.key(), record.value().raw(), record.timestamp(), headers), ExactTopology.LATE);
    }

    @Override
    public void close() {
        watched.close();
    }

    private long floor(long time) {
        return time - Math.floorMod(time, size);
    }
}
