package downsampling.processor;

import downsampling.service.Durations;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
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
import org.apache.kafka.streams.errors.MissingSourceTopicException;
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
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    /** Of {@link ExactTopology} alone. */
    private final InputEnd inputEnd;

    private final Clients clients = new Clients();
    private final ClockWatch clock =
            new ClockWatch(System::currentTimeMillis, System::nanoTime, this::beginAnew).start();
    private final Config config;
    private final KafkaStreams streams;
    private final WindowReader windows;
    private final int partitions;
    private boolean closed;
    private volatile boolean timedOut;

    /** Makes missing topics and starts; returns before the first partition is assigned. */
    static Service start(Config config, Topics.Making making, Duration wait) {
        int partitions;
        Map<String, Long> limits = new HashMap<>();
        try (Admin admin = Topics.connect(config, wait)) {
            Topics topics = new Topics(admin, making);
            topics.checkState(config);
            partitions = topics.ensure(config);
            for (String topic : List.of(config.lateTopic(), config.deadTopic())) {
                limits.put(RecordLimit.SETTING + topic, topics.maxBytes(topic));
            }
        }
        Service service = new Service(config, partitions, limits);
        service.streams.start();
        return service;
    }

    private Service(Config config, int partitions, Map<String, Long> limits) {
        this.config = config;
        this.partitions = partitions;
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
        Topology topology = config.topology() == Config.TopologyKind.DSL
                ? DslTopology.build(config, readings, metrics)
                : ExactTopology.build(config, readings, inputEnd::reached, kept, metrics);
        LOG.debug("{}", topology.describe());
        Properties settings = settings(config, metrics);
        settings.putAll(limits);
        streams = new KafkaStreams(topology, settings, clients, time);
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
    static Properties settings(Config config, Metrics metrics) {
        return StreamsSettings.of(config, metrics);
    }

    /** Settings for a plain client of the same cluster. */
    static Map<String, Object> clients(Config config) {
        return KafkaSettings.forConsumer(config.kafka());
    }

    private static KafkaConsumer<byte[], byte[]> askingConsumer(Config config, boolean readsCommitted) {
        Map<String, Object> settings = clients(config);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
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
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof WakeupException) { // see beginAnew
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        boolean hopeless = cause instanceof FailedException
                || (cause instanceof MissingSourceTopicException && inputTopicIsGone());
        if (!hopeless && restarts.allowed(System.nanoTime())) {
            LOG.error("A stream thread died and is replaced", thrown);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        LOG.debug("A stream thread died", thrown);
        failure.compareAndSet(null, cause);
        // Not only when all threads have ended: one may hang in a commit of offsets for a topic that is no more.
        ended.countDown();
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    /** A topic that a stream thread misses may also be one that its client has not heard of yet. */
    private boolean inputTopicIsGone() {
        try (Admin admin = Topics.connect(config, Duration.ofSeconds(5))) {
            return !new Topics(admin, null).exists(config.inputTopic());
        } catch (FailedException e) {
            LOG.debug("Whether the input topic exists is not known", e);
            return false;
        }
    }

    /**
     * Blocks until {@link #close} or until the stream threads ended by themselves.
     *
     * @throws FailedException in the second case
     */
    void await() throws InterruptedException {
        ended.await();
        if (failed()) {
            Throwable cause = failure.get();
            throw new FailedException(cause == null ? "all stream threads ended" : ErrorLine.of(cause), cause);
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
