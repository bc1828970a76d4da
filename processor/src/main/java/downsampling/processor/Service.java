package downsampling.processor;

import downsampling.service.Durations;
import downsampling.service.FailedException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running instance of the processor: topology, stream threads, and what decides when it cannot go on. */
final class Service implements AutoCloseable {
    /** What a container's stop grace period has to exceed. */
    static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final Metrics metrics = new Metrics();
    private final Restarts restarts = new Restarts();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<FailedException> failure = new AtomicReference<>();
    /** Of {@link ExactTopology} alone. */
    private final InputEnd inputEnd;

    private final Clients clients;
    private final ClockWatch clock =
            new ClockWatch(System::currentTimeMillis, System::nanoTime, this::beginAnew).start();
    private final Config config;
    /** What the topics take that are written to; see {@link Watch}. */
    private volatile Map<String, Limits> limits;

    private final Watch watch;
    private final KafkaStreams streams;
    private final WindowReader windows;
    private final int partitions;
    private boolean closed;
    private volatile boolean timedOut;

    /** Makes missing topics and starts; returns before the first partition is assigned. */
    static Service start(Config config, Topics.Making making, Duration wait) {
        int partitions;
        Map<String, Long> sizes = new HashMap<>();
        Map<String, Limits> limits;
        try (Admin admin = Topics.connect(config, wait)) {
            Topics topics = new Topics(admin, making);
            topics.obstacle(config, null).ifPresent(obstacle -> {
                throw new FailedException(obstacle);
            });
            partitions = topics.ensure(config);
            for (String topic : List.of(config.lateTopic(), config.deadTopic())) {
                sizes.put(RecordLimit.SETTING + topic, topics.maxBytes(topic));
            }
            limits = topics.limits(config);
        }
        Service service = new Service(config, partitions, sizes, limits);
        service.streams.start();
        service.watch.start();
        return service;
    }

    private Service(Config config, int partitions, Map<String, Long> sizes, Map<String, Limits> limits) {
        this.config = config;
        this.partitions = partitions;
        this.limits = limits;
        boolean asked = config.kafka().containsKey(StreamsConfig.APPLICATION_SERVER_CONFIG);
        KeptWindows kept = new KeptWindows(asked ? config.keepClosed() : 0);
        ReadingDeserializer readings =
                new ReadingDeserializer(config.zone(), config.maxAhead(), System::currentTimeMillis);
        SteadyTime time = new SteadyTime();
        inputEnd = config.topology() == Config.TopologyKind.EXACT
                ? new InputEnd(
                        config,
                        askingConsumer(config, config.guarantee() == Config.Guarantee.EXACTLY_ONCE_V2),
                        askingConsumer(config, false),
                        time::milliseconds,
                        System::currentTimeMillis)
                : null;
        InputConsumers input = new InputConsumers(config, metrics);
        Topology topology = config.topology() == Config.TopologyKind.DSL
                ? DslTopology.build(config, readings, metrics, this::limits)
                : ExactTopology.build(config, readings, inputEnd::reached, kept, input, metrics, this::limits);
        LOG.debug("{}", topology.describe());
        Properties settings = settings(config, metrics, this::limits);
        settings.putAll(sizes);
        clients = new Clients(input);
        streams = new KafkaStreams(topology, settings, clients, time);
        watch = new Watch(this);
        windows = new WindowReader(
                config,
                partition -> streams.store(StoreQueryParameters.fromNameAndType(
                                config.storeName(), QueryableStoreTypes.<Bytes, byte[]>keyValueStore())
                        .withPartition(partition)),
                kept);
        streams.setUncaughtExceptionHandler(this::decide);
        streams.setStateListener((state, before) -> {
            LOG.info("State {}", state);
            if (state == KafkaStreams.State.ERROR || state == KafkaStreams.State.NOT_RUNNING) {
                ended.countDown();
            }
        });
    }

    /** Settings of Kafka Streams. */
    static Properties settings(Config config, Metrics metrics, Function<String, Limits> limits) {
        return StreamsSettings.of(config, metrics, limits);
    }

    /** Settings for a plain consumer of the same cluster. */
    static Map<String, Object> clients(Config config) {
        Map<String, Object> settings = KafkaSettings.forConsumer(config.kafka());
        // A topic that was deleted is to stay so, and not to come back with one partition because somebody asked for
        // it.
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return settings;
    }

    private static KafkaConsumer<byte[], byte[]> askingConsumer(Config config, boolean readsCommitted) {
        Map<String, Object> settings = clients(config);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // It only wants to know whether there is a record at all.
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, readsCommitted ? "read_committed" : "read_uncommitted");
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * Kafka's clients keep what is to be done by the time at which it is due: when the wall clock was set back, those there are
     * send no heartbeat until it has come up to that time, so that the group goes on without them. New ones do not wait.
     */
    void beginAnew(long millis) {
        LOG.warn(
                "The wall clock was set back by {}: the stream threads are replaced, so that nothing waits for it",
                Durations.format(Duration.ofSeconds(Math.round(millis / 1000.0))));
        clients.giveUp();
        if (inputEnd != null) {
            inputEnd.wakeUp();
        }
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
                : Incurable.reason(thrown, config).or(watch::obstacle);
        if (end.isEmpty() && restarts.allowed(System.nanoTime())) {
            LOG.error("A stream thread died and is replaced", thrown);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        LOG.debug("A stream thread died", thrown);
        end(end.orElseGet(() -> Incurable.why(thrown)), thrown);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    private static boolean isCausedBy(Class<?> kind, Throwable thrown) {
        return thrown != null && (kind.isInstance(thrown) || isCausedBy(kind, thrown.getCause()));
    }

    /** Has the process end with exit code 1, and this line. */
    void end(String why, Throwable cause) {
        failure.compareAndSet(null, new FailedException(why, cause));
        // Not only when all threads have ended: one may hang in a commit of offsets for a topic that is no more.
        ended.countDown();
    }

    Limits limits(String topic) {
        return limits.getOrDefault(topic, Limits.NONE);
    }

    /** @return whether they are others than before */
    boolean limits(Map<String, Limits> now) {
        boolean changed = !limits.equals(now);
        limits = now;
        return changed;
    }

    Config config() {
        return config;
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

    /** How many records of the input topic this instance has read since it was started. */
    long consumed() {
        return streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("records-consumed-total")
                        && config.inputTopic().equals(metric.metricName().tags().get("topic"))
                        && !metric.metricName().tags().containsKey("partition"))
                .mapToLong(metric -> ((Double) metric.metricValue()).longValue())
                .sum();
    }

    Metrics metrics() {
        return metrics;
    }

    /** Windows of the partitions this instance works on; of {@link ExactTopology} alone. */
    WindowReader windows() {
        return windows;
    }

    /** How many partitions the input topic has; with state there, that cannot change. */
    int partitions() {
        return partitions;
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
        timedOut = !streams.close(CloseOptions.timeout(CLOSE_TIMEOUT)
                .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        if (inputEnd != null) {
            inputEnd.close();
        }
        metrics.close();
        if (timedOut) {
            LOG.warn(
                    "Not closed within {}; what was not committed is done again at the next start",
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

        /**
         * @param now as of {@link System#nanoTime}
         */
        synchronized boolean allowed(long now) {
            if (count == 0 || now - from > PERIOD.toNanos()) {
                from = now;
                count = 0;
            }
            return ++count <= MOST;
        }
    }
}
