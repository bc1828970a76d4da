package downsampling.processor.window;

import downsampling.processor.input.Batches;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.settings.Settings;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.Punctuator;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processes each record of a partition once: it takes batches apart, passes over what was processed before, reports what was
 * deleted unread, and sets aside what is no reading. How far it has come stands in its state store ({@link Position}), which it
 * writes in the transaction of each commit; and it asks for these commits ({@link CommitPace}).
 *
 * <p>Records come as bytes and are read here, not by Kafka Streams: what it makes of a record that cannot be deserialized
 * belongs to whichever transaction is open when the record is next in turn, and not to the one that moves past it.
 *
 * <p>All times in milliseconds since the epoch. One instance per partition, used by one thread.
 */
abstract class BatchProcessor implements Processor<byte[], List<ConsumerRecord<byte[], byte[]>>, byte[], byte[]> {
    private static final Logger LOG = LoggerFactory.getLogger(BatchProcessor.class);

    final Settings settings;
    final Surroundings around;
    private final String topic;
    private final String storeName;
    private final String changelog;
    /** The node that what is no reading is forwarded to. */
    private final String deadSink;

    ProcessorContext<byte[], byte[]> context;
    int partition;
    /** The wall clock as of the call that Kafka Streams makes: nothing that one call does needs a later one. */
    long now;

    KeyValueStore<Bytes, byte[]> store;
    StreamTime streamTime;
    Progress progress;
    RejectedRecords rejected;

    /** What the store has of these. */
    Position stored;

    private CommitPace pace;
    // Timers are there only as long as they are needed: each call of a punctuator makes Kafka Streams commit.
    private @Nullable Cancellable commitTimer;

    /**
     * @param topic     that the records are of
     * @param storeName of the state store
     * @param deadSink  the node that what is no reading is forwarded to
     */
    BatchProcessor(Settings settings, Surroundings around, String topic, String storeName, String deadSink) {
        this.settings = settings;
        this.around = around;
        this.topic = topic;
        this.storeName = storeName;
        this.changelog = settings.changelog();
        this.deadSink = deadSink;
    }

    /** Name of the store that calls before a commit, beside a state store. */
    static String beforeCommit(String storeName) {
        return "before-commit-" + storeName;
    }

    /** Also called on an instance that was in use, when its task is started anew from the changelog after a failure. */
    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        partition = context.taskId().partition();
        now = context.currentSystemTimeMs();
        store = context.getStateStore(storeName);
        stored = Position.of(store);
        streamTime = new StreamTime(settings.readings().maxAhead().toMillis(), stored.newest(), stored.readUpTo());
        progress = new Progress(settings, new TopicPartition(topic, partition), around.input(), stored);
        rejected = new RejectedRecords(settings.topics(), around.limits(), around.metrics());
        context.<BeforeCommit>getStateStore(beforeCommit(storeName)).action(context, this::write);
        pace = new CommitPace(settings.processing(), now);
        commitTimer = cancel(commitTimer);
    }

    /** Processes a batch, see {@link Batches}: commits fall between batches. */
    @Override
    public void process(Record<byte[], List<ConsumerRecord<byte[], byte[]>>> batch) {
        now = context.currentSystemTimeMs();
        long wallTime = around.wallClock().getAsLong();
        TopicLimits changelogLimits = around.limits().apply(changelog);
        for (ConsumerRecord<byte[], byte[]> record : batch.value()) {
            long arrived = changelogLimits.timestamp(record.timestamp(), now);
            if (!pace.isDue()) {
                commitSoon(arrived, false);
            }
            if (record.value() == InputConsumers.DELETED) {
                passDeleted(record, arrived);
            } else if (progress.accept(record.offset(), arrived)) {
                process(record, arrived, wallTime);
            } else {
                around.metrics().repeated();
            }
        }
        batchDone();
    }

    /**
     * Processes a record that was not processed before.
     *
     * @param arrived  the timestamp of the record, or the nearest that the changelog accepts
     * @param wallTime the wall clock as of the batch, which {@link #now} may be ahead of, when that was set back
     */
    abstract void process(ConsumerRecord<byte[], byte[]> record, long arrived, long wallTime);

    /** All records of a batch have been processed. */
    abstract void batchDone();

    /** Brings to the store what is to be committed beside the position, if there is anything. */
    void writeState() {}

    /** What the store is to say of how far windows are closed; nothing, where there are none. */
    Position position(Position read) {
        return read;
    }

    /** @param why a NotAReadingException; a fault of ours must not stop the stream either */
    final void passDead(ConsumerRecord<byte[], byte[]> record, long arrived, RuntimeException why) {
        around.faults().dead(record.topic(), partition, record.offset(), why);
        forward(rejected.dead(record, arrived, why), settings.topics().dead(), deadSink);
    }

    /** Records are gone that nobody has read, up to an offset; that is reported in the transaction that moves past them. */
    private void passDeleted(ConsumerRecord<byte[], byte[]> record, long arrived) {
        progress.acceptDeleted(record.headers(), record.offset()).ifPresent(deleted -> {
            around.metrics().deletedUnread(deleted.count());
            LOG.warn("{}", deleted);
            forward(rejected.deleted(deleted, arrived), settings.topics().dead(), deadSink);
        });
    }

    final void forward(Record<byte[], byte[]> record, String topic, String sink) {
        context.forward(around.limits().apply(topic).fit(record, now), sink);
    }

    /** Brings to the store what is to be committed. */
    private void write() {
        now = context.currentSystemTimeMs();
        writeState();
        Position position = position(progress.committing(streamTime));
        position.write(store, stored);
        stored = position;
        pace.committed(now);
        commitTimer = cancel(commitTimer);
    }

    /** @param arrived when the reading arrived at the broker that is to be committed, or the summaries of what it closed */
    final void commitSoon(long arrived, boolean closed) {
        long wait = pace.done(arrived, closed, now);
        if (wait >= 0) {
            cancel(commitTimer);
            commitTimer = schedule(Duration.ofMillis(wait), then -> context.commit());
        }
    }

    final Cancellable schedule(Duration interval, Punctuator action) {
        return context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, action);
    }

    static @Nullable Cancellable cancel(@Nullable Cancellable timer) {
        if (timer != null) {
            timer.cancel();
        }
        return null;
    }
}
