package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import downsampling.processor.reading.NotAReadingException;
import downsampling.service.Answer;
import downsampling.service.DaemonThread;
import downsampling.service.ProcessMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;

/**
 * What this instance counts and measures, as Prometheus reads it; docs/operations.md says what each metric means.
 *
 * <p>Nothing here is called for each reading: readings are counted when their window closes, by the summary's count, or when
 * they are late, dead or duplicates. Counts are of what was worked on, so they may run ahead of an aborted transaction; the audit
 * is what counts exactly. Any thread may count and any may read.
 */
public final class Metrics implements AutoCloseable {
    /**
     * What is kept of the metrics of Kafka Streams and its clients, of which there are more than a thousand time series with
     * six partitions. Left out are averages and rates that follow from totals, what there is for each store operation,
     * connection and output topic, and whatever nobody would look at first.
     */
    private static final Set<String> KAFKA = Set.of(
            "kafka.consumer.coordinator.assigned.partitions",
            "kafka.consumer.coordinator.failed.rebalance.total",
            "kafka.consumer.coordinator.last.heartbeat.seconds.ago",
            "kafka.consumer.coordinator.rebalance.total",
            "kafka.consumer.failed.authentication.total",
            "kafka.consumer.fetch.manager.bytes.consumed.total",
            "kafka.consumer.fetch.manager.records.consumed.total",
            "kafka.consumer.fetch.manager.records.lag",
            "kafka.producer.outgoing.byte.total",
            "kafka.producer.record.error.total",
            "kafka.producer.record.retry.total",
            "kafka.producer.record.send.total",
            "kafka.producer.request.latency.avg",
            "kafka.producer.txn.commit.time.ns.total",
            "kafka.stream.alive.stream.threads",
            "kafka.stream.failed.stream.threads",
            "kafka.stream.state.updater.active.restoring.tasks",
            "kafka.stream.task.dropped.records.total",
            "kafka.stream.thread.blocked.time.ns.total",
            "kafka.stream.thread.commit.latency.max",
            "kafka.stream.thread.commit.total",
            "kafka.stream.thread.poll.ratio",
            "kafka.stream.thread.process.ratio");

    /** Kafka's metrics come and go with partitions and threads. */
    private static final Duration REFRESH = Duration.ofSeconds(10);

    /** Most are some milliseconds; a closing window is to be visible within 250 ms. */
    private static final Duration[] DELAYS = Stream.of(
                    1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 60_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final ProcessMetrics metrics = new ProcessMetrics(KAFKA);
    private final MeterRegistry registry = metrics.registry();
    private final Counter summarised = readings("summarised", "");
    private final Counter late = readings("late", "");
    private final Counter repeated = readings("repeated", "");
    private final Map<NotAReadingException.Reason, Counter> dead = new EnumMap<>(NotAReadingException.Reason.class);
    private final Counter duplicates = counter(
            "downsampling.duplicates", "Readings that were not counted since the same one is in the window already");
    private final Counter closed =
            counter("downsampling.windows.closed", "Windows of one sensor that were closed and emitted");
    private final Counter deletedUnread = counter(
            "downsampling.offsets.deleted.unread",
            "Offsets of the input topic that were deleted before they were read");
    private final Counter idleCloses = counter(
            "downsampling.idle.closes",
            "Times that the open windows of a partition were closed because no reading came");
    private final Timer closeToEmit = Timer.builder("downsampling.close.to.emit")
            .description(
                    "From the record timestamp of the reading that closes windows to their summaries being emitted")
            .serviceLevelObjectives(DELAYS)
            .register(registry);
    private final Counter cut = counter(
            "downsampling.records.cut", "Late and dead records that are larger than their topic accepts, and were cut");
    private final Counter faults =
            counter("downsampling.faults", "Records that became dead letters by a fault of the processor");
    private final Counter corrections =
            counter("downsampling.corrections", "Late readings that were counted in a closed window that is kept");
    private final Counter revisions =
            counter("downsampling.revisions", "Summaries that were written once more, of all levels");
    private final Counter rollups =
            counter("downsampling.rollups.closed", "Windows of rollups that were closed and emitted");
    private final Counter incomplete = counter(
            "downsampling.summaries.incomplete",
            "Summaries with null for what was not asked for when their window was begun");
    private final Counter ambiguousTimes =
            counter("downsampling.ambiguous.times", "Readings with a local time that the zone has twice or not at all");
    private final SensorPartitions sensors = new SensorPartitions();

    public Metrics() {
        for (NotAReadingException.Reason reason : NotAReadingException.Reason.values()) {
            dead.put(reason, readings("dead", reason.label()));
        }
        Gauge.builder("downsampling.sensors.in.two.partitions", sensors::inTwoPartitions)
                .description("Sensors that this instance has met in more than one partition of the input topic")
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private Counter readings(String fate, String reason) {
        return Counter.builder("downsampling.readings")
                .description("Readings by what became of them")
                .tag("fate", fate)
                .tag("reason", reason)
                .register(registry);
    }

    /** Adds what is known of this process, of Kafka Streams and of its clients; without it, only what is counted here. */
    public void addStreams(KafkaStreams streams) {
        Gauge.builder("downsampling.ready", () -> streams.state() == KafkaStreams.State.RUNNING ? 1 : 0)
                .description("1 while partitions are assigned, restored and worked on")
                .register(registry);
        metrics.watchProcess();
        ScheduledExecutorService refresh = DaemonThread.scheduler("metrics");
        KafkaStreamsMetrics kafka = new KafkaStreamsMetrics(streams, List.of(), refresh, REFRESH);
        metrics.onClose(refresh::shutdownNow);
        metrics.onClose(kafka::close);
        kafka.bindTo(registry);
    }

    /** As Prometheus reads them. */
    public Answer scrape() {
        return metrics.scrape();
    }

    void late() {
        late.increment();
    }

    /** A reading that is the same as one of its window. */
    void duplicate() {
        duplicates.increment();
    }

    public long duplicates() {
        return (long) duplicates.count();
    }

    /** A record that had been processed before, and was passed over. */
    void repeated() {
        repeated.increment();
    }

    public long repeatedReadings() {
        return (long) repeated.count();
    }

    /** Counts offsets of the input topic that were deleted before they were read. */
    public void deletedUnread(long offsets) {
        deletedUnread.increment((double) offsets);
    }

    public long offsetsDeletedUnread() {
        return (long) deletedUnread.count();
    }

    /** A record that was no reading. */
    void dead(NotAReadingException.Reason reason) {
        requireNonNull(dead.get(reason)).increment();
    }

    /** A record that became a dead letter by a fault of this program. */
    void fault() {
        faults.increment();
    }

    /** A reading whose local time the zone has twice or not at all. */
    public void ambiguousTime() {
        ambiguousTimes.increment();
    }

    /** A late reading was counted in a closed window. */
    void corrected() {
        corrections.increment();
        summarised.increment();
    }

    /** Windows of a rollup were closed. */
    void closedRollups(int windows) {
        rollups.increment(windows);
    }

    /** A summary was written once more. */
    void revised() {
        revisions.increment();
    }

    void cut() {
        cut.increment();
    }

    /** How many sensors this instance has met in more than one partition. */
    public int sensorsInTwoPartitions() {
        return sensors.inTwoPartitions();
    }

    /** A sensor, in UTF-8, has summaries of the same window from two partitions. */
    public void inTwoPartitions(byte[] sensor, int one, int other) {
        sensors.found(Bytes.wrap(sensor), one, other);
    }

    /** In which partition each sensor is. */
    public SensorPartitions sensors() {
        return sensors;
    }

    /** Records that were no reading, by reason. */
    public Map<NotAReadingException.Reason, Long> dead() {
        Map<NotAReadingException.Reason, Long> counts = new EnumMap<>(NotAReadingException.Reason.class);
        dead.forEach((reason, counter) -> counts.put(reason, (long) counter.count()));
        return counts;
    }

    /** @param readings in all of the windows */
    void closed(int windows, long readings) {
        closed.increment(windows);
        summarised.increment((double) readings);
    }

    /** Counts summaries that lack what was not asked for when their window was begun. */
    void incomplete(int summaries) {
        incomplete.increment(summaries);
    }

    /** @param since record timestamp of the reading that closed windows which now are emitted, epoch milliseconds */
    void emitted(long since) {
        closeToEmit.record(Duration.ofMillis(Math.max(0, System.currentTimeMillis() - since)));
    }

    void closedIdle() {
        idleCloses.increment();
    }

    /**
     * Has gauges for a partition that this instance works on. They ask from another thread for what its own writes without
     * ado, so they may show what was true a moment before.
     *
     * @param open   how many windows are open
     * @param newest stream time, epoch milliseconds; the smallest long for none
     * @param silent how many sensors are silent
     * @return ends it
     */
    Runnable addGauges(int partition, LongSupplier open, LongSupplier newest, LongSupplier silent) {
        Gauge windows = Gauge.builder("downsampling.windows.open", open::getAsLong)
                .description("Windows of one sensor that are open")
                .tag("partition", String.valueOf(partition))
                .register(registry);
        Gauge lag = Gauge.builder("downsampling.event.time.lag", () -> lag(newest.getAsLong()))
                .description("How far stream time, which closes windows, is behind the clock")
                .baseUnit("seconds")
                .tag("partition", String.valueOf(partition))
                .register(registry);
        Gauge silentSensors = Gauge.builder("downsampling.sensors.silent", silent::getAsLong)
                .description("Sensors of which it has been said that they are silent")
                .tag("partition", String.valueOf(partition))
                .register(registry);
        return () -> List.of(windows, lag, silentSensors).forEach(registry::remove);
    }

    private static double lag(long newest) {
        return newest == Long.MIN_VALUE ? Double.NaN : (System.currentTimeMillis() - newest) / 1000.0;
    }

    @Override
    public void close() {
        metrics.close();
    }
}
