package downsampling.processor.window;

import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.reading.SensorId;
import downsampling.processor.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.jspecify.annotations.Nullable;

/**
 * The step before windows with {@code --rekey}: reads what readings are in the records of a partition of the input, and writes
 * each to the partition of its sensor, many in one record ({@link RekeyedReadings}), where {@link WindowProcessor} finds it. Now and
 * then it says, in all partitions, up to when its own has been read: that is what lets windows close.
 */
final class RekeyProcessor extends BatchProcessor {
    private static final String DEAD = "dead-at-rekey";

    private final ReadingReader reader;
    private final String sink;
    /** By the partition that they go to. */
    private final List<RekeyedReadings> rekeyed;

    private final List<NotAReadingException> failures = new ArrayList<>();

    private long markedUpTo;
    private long markedAt;
    private @Nullable Cancellable timer;

    /** @param sink the node that readings are forwarded to */
    RekeyProcessor(Settings settings, ReadingReader reader, Surroundings around, String sink) {
        super(settings, around, settings.topics().input(), Settings.REKEY_STORE, DEAD);
        this.reader = reader;
        this.sink = sink;
        // Kafka Streams makes the topic in between with as many partitions.
        this.rekeyed = IntStream.range(0, around.inputPartitions())
                .mapToObj(RekeyedReadings::new)
                .toList();
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
        failures.clear();
        try {
            reader.readAll(record.key(), record.value(), record.timestamp(), wallTime, new ReadingReader.Visitor() {
                @Override
                public void reading(SensorId sensor, int element, Reading reading) {
                    partition(sensor).add(sensor, element, reading, record, arrived);
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
        failures.forEach(why -> passDead(record, arrived, why));
        for (RekeyedReadings readings : rekeyed) {
            if (readings.isFull()) {
                pass(readings, Position.NONE);
            }
        }
    }

    /** Where the Java client would place it. */
    private RekeyedReadings partition(SensorId sensor) {
        return rekeyed.get(Utils.toPositive(Utils.murmur2(sensor.get())) % rekeyed.size());
    }

    private void pass(RekeyedReadings readings, long readUpTo) {
        // A timestamp ahead of the clock, which the topic might refuse, says no more than the clock does.
        long timestamp = readings.isEmpty() ? now : Math.min(now, readings.newestArrival());
        context.forward(readings.take(partition, readUpTo, timestamp), sink);
    }

    @Override
    void batchDone() {
        if (now - markedAt >= settings.processing().emitInterval().toMillis()) {
            mark();
        }
        for (RekeyedReadings readings : rekeyed) {
            if (!readings.isEmpty()) {
                pass(readings, Position.NONE);
            }
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
            rekeyed.forEach(readings -> pass(readings, readUpTo));
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
