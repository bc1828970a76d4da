package downsampling.service;

import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.logging.LogbackMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/** A registry of metrics in the format of Prometheus, with the metrics of the process that every program has. */
public final class ProcessMetrics implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Deque<Runnable> bound = new ArrayDeque<>();

    /**
     * Makes a registry without metrics.
     *
     * @param kafka names of the metrics of Kafka's clients (they begin with {@code kafka.}) that are kept; all others are dropped
     */
    public ProcessMetrics(Set<String> kafka) {
        registry.config()
                .meterFilter(MeterFilter.denyUnless(
                        id -> !id.getName().startsWith("kafka.") || kafka.contains(id.getName())));
    }

    /** Adds the memory, threads, processor time, open files and log events of this process. */
    public void watchProcess() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        JvmGcMetrics gc = new JvmGcMetrics();
        gc.bindTo(registry);
        onClose(gc::close);
        LogbackMetrics log = new LogbackMetrics();
        log.bindTo(registry);
        onClose(log::close);
    }

    /** The registry, to which a program adds metrics of its own. */
    public PrometheusMeterRegistry registry() {
        return registry;
    }

    /** Has something done before the registry is closed; the action that was added last comes first. */
    public void onClose(Runnable end) {
        bound.push(end);
    }

    /** The answer of {@code /metrics}: all metrics in Prometheus' text format 0.0.4. */
    public Answer scrape() {
        return Answer.ok("text/plain; version=0.0.4; charset=utf-8", registry.scrape());
    }

    @Override
    public void close() {
        while (!bound.isEmpty()) {
            bound.pop().run();
        }
        registry.close();
    }
}
