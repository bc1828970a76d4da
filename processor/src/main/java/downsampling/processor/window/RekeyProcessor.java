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
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.jspecify.annotations.Nullable;

/**
 * The step before windows with {@code --rekey}: reads what readings are in the records of a partition of the input, and writes
 * each to the partition of its sensor, many in one record ({@link RekeyedReadings}), where {@link WindowProcessor} finds it. Now and
 * then it says, in all partitions, up to when its own has been read: that is what lets windows close.
 */
final class RekeyProcessor extends BatchProcessor {
    /** The node that leads to the dead-letter topic. */
    static final String DEAD = "dead-at-rekey";

    private final ReadingReader reader;
    private final SummaryLayout layout;
    private final String sink;
    private final List<NotAReadingException> failures = new ArrayList<>();
    /** By the partition that they go to. */
    private List<RekeyedReadings> rekeyed;

    private long markedUpTo;
    private long markedAt;
    private @Nullable Cancellable timer;

    /** @param sink the node that readings are forwarded to */
    RekeyProcessor(Settings settings, ReadingReader reader, Surroundings around, String sink) {
        super(settings, around, settings.topics().input(), Settings.REKEY_STORE, DEAD);
        this.reader = reader;
        this.layout = SummaryLayout.of(settings);
        this.sink = sink;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        around.awaitRekeyed().run(); // Kafka Streams has just made it, and does not wait for it itself
        // Empty ones: what an aborted batch has left is read again. The topic has as many partitions as the input.
        rekeyed = IntStream.range(0, around.inputPartitions())
                .mapToObj(to -> new RekeyedReadings(partition, to, layout))
                .toList();
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
                    rekeyed.get(RekeyedReadings.partition(sensor.get(), rekeyed.size()))
                            .add(sensor, element, reading, record, arrived);
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
    }

    private void pass(long readUpTo) {
        for (RekeyedReadings readings : rekeyed) {
            readings.take(readUpTo, now).forEach(record -> context.forward(record, sink));
        }
    }

    @Override
    void batchDone() {
        if (now - markedAt >= settings.processing().emitInterval().toMillis()) {
            mark();
        }
        pass(Position.NONE);
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
            pass(readUpTo);
            markedUpTo = readUpTo;
            markedAt = now;
            commitSoon(readUpTo, true);
        }
    }

    @Override
    public void close() {
        timer = cancel(timer);
    }
}
