package downsampling.processor.window;

import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * The step before windows with {@code --rekey}: reads what readings are in the records of a partition of the input, and writes
 * each to the partition of its sensor ({@link RekeyedRecords}), where {@link WindowProcessor} finds it. Now and then it says, in all
 * partitions, up to when its own has been read: that is what lets windows close.
 */
final class RekeyProcessor extends BatchProcessor {
    private static final String DEAD = "dead-at-rekey";

    private final ReadingReader reader;
    private final RekeyedRecords rekeyed;
    private final String sink;
    private final List<Record<byte[], byte[]>> readings = new ArrayList<>();
    private final List<NotAReadingException> failures = new ArrayList<>();

    private long markedUpTo;
    private long markedAt;
    private @Nullable Cancellable timer;

    /** @param sink the node that readings are forwarded to */
    RekeyProcessor(Settings settings, ReadingReader reader, Surroundings around, String sink) {
        super(settings, around, settings.topics().input(), Settings.REKEY_STORE, DEAD);
        this.reader = reader;
        this.rekeyed = new RekeyedRecords(settings);
        this.sink = sink;
    }

    /** Name of the sink of the dead-letter topic. */
    static String deadSink() {
        return DEAD;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        around.awaitRekeyed().run(); // Kafka Streams has just made it, and does not wait for it itself
        markedUpTo = Position.NONE;
        markedAt = now;
        cancel(timer);
        timer = schedule(InputEnd.interval(settings.windows()), this::look);
    }

    @Override
    void process(ConsumerRecord<byte[], byte[]> record, long arrived, long wallTime) {
        readings.clear();
        failures.clear();
        // A timestamp ahead of the clock, which the topic might refuse, says no more than the clock does.
        long timestamp = Math.min(arrived, now);
        try {
            reader.readAll(record.key(), record.value(), record.timestamp(), wallTime, new ReadingReader.Visitor() {
                @Override
                public void reading(SensorId sensor, int element, Reading reading) {
                    readings.add(rekeyed.reading(sensor, element, reading, record, timestamp));
                    streamTime.accept(reading.time(), arrived, now);
                }

                @Override
                public void dead(NotAReadingException why) {
                    failures.add(why);
                }
            });
        } catch (RuntimeException e) {
            passDead(record, arrived, e);
            return;
        }
        readings.forEach(reading -> context.forward(reading, sink));
        failures.forEach(why -> passDead(record, arrived, why));
    }

    @Override
    void batchDone() {
        if (now - markedAt >= settings.processing().emitInterval().toMillis()) {
            mark();
        }
    }

    private void look(long now) {
        this.now = now;
        InputEnd.Reached reached = around.inputEnd().reached(partition, progress.nextOffset(), false);
        if (reached != null) {
            streamTime.readUpTo(reached.readUpTo());
        }
        mark();
    }

    private void mark() {
        long readUpTo = streamTime.readUpTo();
        if (readUpTo > markedUpTo) {
            context.forward(RekeyedRecords.marker(partition, readUpTo, now), sink);
            markedUpTo = readUpTo;
            markedAt = now;
            commitSoon(readUpTo, true);
        }
    }

    @Override
    long closedUpTo() {
        return Position.NONE;
    }

    @Override
    void writeState() {}

    @Override
    public void close() {
        timer = cancel(timer);
    }
}
