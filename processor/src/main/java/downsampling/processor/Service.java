package downsampling.processor;

import downsampling.processor.input.Clients;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.input.InputEnd;
import downsampling.processor.input.SteadyTime;
import downsampling.processor.query.LocalInstance;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.NewTopics;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.processor.topics.Cluster;
import downsampling.processor.topics.Incurable;
import downsampling.processor.topics.MissingTopics;
import downsampling.processor.topics.Rights;
import downsampling.processor.topics.StateCheck;
import downsampling.processor.topics.TopicCheck;
import downsampling.processor.window.DslTopology;
import downsampling.processor.window.ExactTopology;
import downsampling.processor.window.Faults;
import downsampling.processor.window.Metrics;
import downsampling.processor.window.RecentWindows;
import downsampling.processor.window.StreamsSettings;
import downsampling.processor.window.Surroundings;
import downsampling.processor.window.TopicLimits;
import downsampling.processor.window.WindowReader;
import downsampling.service.Durations;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance of the processor: topology, stream threads, and what decides when it cannot go on. */
final class Service implements AutoCloseable {
    /** What a container's stop grace period has to exceed. */
    static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final Settings settings;
    private final Metrics metrics = new Metrics();
    private final MostlyDead mostlyDead = new MostlyDead();
    private final Restarts restarts = new Restarts();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<FailedException> failure = new AtomicReference<>();
    /** Only {@link ExactTopology} asks. */
    private final Optional<InputEnd> inputEnd;

    private final Clients clients;
    private final ClusterWatch watch;
    private final KafkaStreams streams;
    private final LocalInstance local;
    private final SummaryWatch summaries;
    private final ClockWatch clock;
    private volatile boolean rekeyedAnswers;
    private boolean closed;
    private volatile boolean timedOut;

    /** Makes missing topics and starts; returns before the first partition is assigned. */
    static Service start(Settings settings, NewTopics newTopics) {
        int partitions;
        Map<String, TopicLimits> limits;
        try (Admin admin = Cluster.connect(settings)) {
            new StateCheck(admin, settings).obstacle(Optional.empty()).ifPresent(obstacle -> {
                throw new FailedException(obstacle);
            });
            partitions = new MissingTopics(admin, newTopics).make(settings);
            Rights.check(admin, settings);
            TopicCheck.check(admin, settings, newTopics.retention().isEmpty());
            limits = TopicCheck.limits(admin, settings);
        }
        int threads = settings.processing().threads();
        if (partitions < threads) {
            LOG.warn(
                    "Topic {} has {} partitions, so at most {} of the {} threads have work",
                    settings.topics().input(),
                    partitions,
                    partitions,
                    threads);
        }
        Service service = new Service(settings, partitions, limits);
        service.start();
        return service;
    }

    private Service(Settings settings, int partitions, Map<String, TopicLimits> limits) {
        this.settings = settings;
        SteadyTime time = new SteadyTime();
        Supplier<ReadingReader> readers = () -> new ReadingReader(settings.readings(), metrics::ambiguousTime);
        RecentWindows recent =
                new RecentWindows(settings.http().isPresent() ? settings.state().keepClosed() : 0);
        InputConsumers input = new InputConsumers(settings, metrics::deletedUnread);
        watch = new ClusterWatch(settings, partitions, limits);
        Topology topology;
        if (settings.topology() == TopologyKind.EXACT) {
            InputEnd end = InputEnd.open(settings, time::milliseconds);
            inputEnd = Optional.of(end);
            topology = ExactTopology.build(
                    settings,
                    readers,
                    new Surroundings(
                            System::currentTimeMillis,
                            input,
                            partitions,
                            end::reached,
                            watch::limits,
                            metrics,
                            new Faults(metrics),
                            this::awaitRekeyed),
                    recent);
        } else {
            inputEnd = Optional.empty();
            topology = DslTopology.build(settings, readers, System::currentTimeMillis, metrics, watch::limits);
        }
        LOG.debug("{}", topology.describe());
        clients = new Clients(input);
        streams = new KafkaStreams(topology, StreamsSettings.of(settings, metrics, watch::limits), clients, time);
        WindowReader windows = new WindowReader(
                settings,
                partition -> streams.store(StoreQueryParameters.fromNameAndType(
                                settings.storeName(), QueryableStoreTypes.<Bytes, byte[]>keyValueStore())
                        .withPartition(partition)),
                recent);
        local = new LocalInstance(streams, windows, partitions);
        summaries = new SummaryWatch(settings, metrics::inTwoPartitions);
        clock = new ClockWatch(System::currentTimeMillis, System::nanoTime, this::beginAnew);
        streams.setUncaughtExceptionHandler(this::decide);
        streams.setStateListener((state, before) -> {
            LOG.info("State {}", state);
            if (state == KafkaStreams.State.ERROR || state == KafkaStreams.State.NOT_RUNNING) {
                ended.countDown();
            }
        });
    }

    /** Blocks, the first time, until the topic between the two steps can be written to. */
    private void awaitRekeyed() {
        if (!rekeyedAnswers) {
            try (Admin admin = Cluster.connect(settings)) {
                MissingTopics.awaitLeaders(admin, List.of(settings.windowedTopic()));
            }
            rekeyedAnswers = true;
        }
    }

    private void start() {
        clock.start();
        streams.start();
        if (!settings.readings().rekey()) {
            summaries.start();
        }
        watch.start(
                () -> streams.state() == KafkaStreams.State.RUNNING,
                () -> mostlyDead
                        .look(consumed(), metrics.dead(), System.currentTimeMillis())
                        .ifPresent(LOG::warn),
                why -> end(why, null));
    }

    /**
     * Kafka's clients keep what is to be done by the time at which it is due: when the wall clock was set back, those there are
     * send no heartbeat until it has come up to that time, so that the group goes on without them. New ones do not wait.
     */
    void beginAnew(long millis) {
        LOG.warn(
                "The wall clock was set back by {}: the stream threads are replaced, so that they do not wait for it to catch up",
                Durations.format(Duration.ofSeconds(Math.round(millis / 1000.0))));
        clients.giveUp();
        inputEnd.ifPresent(InputEnd::wakeUp);
    }

    /**
     * A stream thread died. Another takes its place unless that cannot help, or too many died lately: then the whole process
     * ends, so that whatever runs it sees that and starts it anew.
     */
    private StreamThreadExceptionResponse decide(Throwable thrown) {
        if (isCausedBy(WakeupException.class, thrown)) { // see beginAnew
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        // What was refused fits now if a topic has been changed since somebody looked.
        Optional<String> end = watch.limitsChanged()
                ? Optional.empty()
                : Incurable.reason(thrown, settings).or(watch::obstacle);
        if (end.isEmpty() && restarts.allowed(System.nanoTime())) {
            LOG.error("A stream thread died and is replaced", thrown);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        LOG.debug("A stream thread died", thrown);
        end(end.orElseGet(() -> ErrorLine.of(thrown)), thrown);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    private static boolean isCausedBy(Class<?> kind, @Nullable Throwable thrown) {
        return thrown != null && (kind.isInstance(thrown) || isCausedBy(kind, thrown.getCause()));
    }

    /** Has the process end with exit code 1, and this line. */
    private void end(String why, @Nullable Throwable cause) {
        failure.compareAndSet(null, new FailedException(why, cause));
        // Not only when all threads have ended: one may hang in a commit of offsets for a topic that is no more.
        ended.countDown();
    }

    /**
     * Blocks until {@link #close} or until the stream threads ended by themselves.
     *
     * @throws FailedException in the second case
     */
    void await() throws InterruptedException {
        ended.await();
        if (failed()) {
            FailedException why = failure.get();
            throw why == null ? new FailedException("all stream threads ended") : why;
        }
    }

    /** Whether the stream threads ended by themselves, or not within their time when told to. */
    boolean failed() {
        return failure.get() != null || streams.state() == KafkaStreams.State.ERROR || timedOut;
    }

    KafkaStreams.State state() {
        return streams.state();
    }

    KafkaStreams streams() {
        return streams;
    }

    /** What queries ask; only {@link ExactTopology} keeps windows for them. */
    LocalInstance local() {
        return local;
    }

    Metrics metrics() {
        return metrics;
    }

    /** How many records of the input topic this instance has read since it was started. */
    private long consumed() {
        return streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("records-consumed-total")
                        && settings.topics()
                                .input()
                                .equals(metric.metricName().tags().get("topic"))
                        && !metric.metricName().tags().containsKey("partition"))
                .mapToLong(metric -> ((Double) metric.metricValue()).longValue())
                .sum();
    }

    /**
     * Commits what is processed and leaves the group at once, so that others take over without waiting for a timeout. Does
     * nothing the second time.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        clock.close();
        watch.close();
        summaries.close();
        timedOut = !streams.close(CloseOptions.timeout(CLOSE_TIMEOUT)
                .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        inputEnd.ifPresent(InputEnd::close);
        metrics.close();
        if (timedOut) {
            LOG.warn(
                    "The processor did not close within {}; work that was not committed is done again at the next start",
                    Durations.format(CLOSE_TIMEOUT));
        }
        ended.countDown();
    }

    /** How many thread deaths are put up with: enough to get over a bad minute, too few to hide a fault that stays. */
    static final class Restarts {
        static final int MOST = 10;
        static final Duration PERIOD = Duration.ofMinutes(5);

        private long from;
        private int count;

        /** @param now as of {@link System#nanoTime} */
        synchronized boolean allowed(long now) {
            if (count == 0 || now - from > PERIOD.toNanos()) {
                from = now;
                count = 0;
            }
            return ++count <= MOST;
        }
    }
}
