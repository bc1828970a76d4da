package downsampling.producer;

import downsampling.producer.source.Source;
import downsampling.service.Answer;
import downsampling.service.ProcessMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;

/** What this program counts and measures, as Prometheus reads it; docs/operations.md says what each metric means. */
final class Metrics implements AutoCloseable {

    /**
     * The metrics of Kafka's producer that are kept. Left out are rates and averages that follow from totals, and the metrics of
     * single connections and topics.
     */
    private static final Set<String> KAFKA = Set.of(
            "kafka.producer.batch.size.avg",
            "kafka.producer.buffer.available.bytes",
            "kafka.producer.buffer.total.bytes",
            "kafka.producer.bufferpool.wait.time.ns.total",
            "kafka.producer.compression.rate.avg",
            "kafka.producer.connection.count",
            "kafka.producer.failed.authentication.total",
            "kafka.producer.outgoing.byte.total",
            "kafka.producer.record.error.total",
            "kafka.producer.record.queue.time.avg",
            "kafka.producer.record.retry.total",
            "kafka.producer.record.send.total",
            "kafka.producer.records.per.request.avg",
            "kafka.producer.request.latency.avg",
            "kafka.producer.request.latency.max");

    private final ProcessMetrics metrics = new ProcessMetrics(KAFKA);
    private final MeterRegistry registry = metrics.registry();
    /** Written for each message by the thread that sends; another thread may read a value that is a moment old. */
    private long delayNanos;

    /** Measures the process, and no readings until {@link #addReadings}. */
    Metrics() {
        metrics.watchProcess();
    }

    /** @param requestedPerSecond how many readings are asked for, infinite for as many as possible, NaN where nobody knows */
    void addReadings(ReadingSender sender, Source source, double requestedPerSecond) {
        FunctionCounter.builder("downsampling.producer.readings", sender, ReadingSender::sent)
                .description("Readings by what became of them")
                .tag("outcome", "sent")
                .register(registry);
        FunctionCounter.builder("downsampling.producer.readings", sender, ReadingSender::failed)
                .description("Readings by what became of them")
                .tag("outcome", "failed")
                .register(registry);
        Gauge.builder("downsampling.producer.requested.readings.per.second", () -> requestedPerSecond)
                .description("How many readings are asked for")
                .register(registry);
        Gauge.builder("downsampling.producer.behind", this, self -> self.delayNanos / 1e9)
                .description("How long after it was due the newest reading was handed over for sending")
                .baseUnit("seconds")
                .register(registry);
        source.bindTo(registry);
        metrics.onClose(sender.bindTo(registry)::close);
    }

    /** @param nanos how late the next message is; negative when it is early */
    void reportDelay(long nanos) {
        delayNanos = Math.max(0, nanos);
    }

    /** What {@code /metrics} answers. */
    Answer scrape() {
        return metrics.scrape();
    }

    @Override
    public void close() {
        metrics.close();
    }
}
