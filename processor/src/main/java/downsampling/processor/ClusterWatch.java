package downsampling.processor;

import downsampling.processor.settings.Settings;
import downsampling.processor.topics.StateCheck;
import downsampling.processor.topics.TopicCheck;
import downsampling.processor.window.TopicLimits;
import downsampling.service.DaemonThread;
import downsampling.service.FailedException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees while the processor runs what it could not see at the start, and what changes: that another instance of the same
 * application works on something else, which keeps both from working; that the input topic has other partitions or is gone; what
 * the topics accept that are written to. A thread of its own.
 */
final class ClusterWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterWatch.class);

    private static final Duration INTERVAL = Duration.ofSeconds(5);
    /** After a minute of work it is enough to look each half minute. */
    private static final int CLOSELY = 12;

    private static final int SELDOM = 6;

    private final Settings settings;
    private final int partitions;
    private final ScheduledExecutorService executor = DaemonThread.scheduler("watch");
    private volatile Map<String, TopicLimits> limits;
    private int looks;
    private @Nullable Admin admin;

    /**
     * @param partitions of the input topic at the start
     * @param limits     what the topics accept at the start, by their names
     */
    ClusterWatch(Settings settings, int partitions, Map<String, TopicLimits> limits) {
        this.settings = settings;
        this.partitions = partitions;
        this.limits = limits;
    }

    /**
     * Begins to look.
     *
     * @param isRunning whether all is assigned and worked on: until then it looks more often
     * @param also      done at each look
     * @param end       is told why the processor must not go on
     */
    @SuppressWarnings("FutureReturnValueIgnored") // a look reports its own failures
    void start(BooleanSupplier isRunning, Runnable also, Consumer<String> end) {
        executor.scheduleWithFixedDelay(
                () -> look(isRunning, also, end), INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look(BooleanSupplier isRunning, Runnable also, Consumer<String> end) {
        try {
            looks = isRunning.getAsBoolean() ? looks + 1 : 1;
            if (looks > CLOSELY && looks % SELDOM != 0) {
                return;
            }
            also.run();
            obstacle().ifPresent(end);
            limitsChanged();
        } catch (RuntimeException e) { // an exception that leaves here would end the schedule without a word
            LOG.debug("The cluster could not be looked at this time", e);
        }
    }

    /** What a topic that is written to accepts, as of the last look. Any thread may ask. */
    TopicLimits limits(String topic) {
        return limits.getOrDefault(topic, TopicLimits.NONE);
    }

    /** Why the processor must not go on; empty also where the broker does not say. */
    synchronized Optional<String> obstacle() {
        try {
            return new StateCheck(admin(), settings).obstacle(Optional.of(partitions));
        } catch (KafkaException | FailedException e) {
            LOG.debug("It could not be checked whether the processor may go on", e);
            return Optional.empty();
        }
    }

    /** Looks what the topics accept, and says whether that is something else than before. */
    synchronized boolean limitsChanged() {
        try {
            Map<String, TopicLimits> now = TopicCheck.limits(admin(), settings);
            boolean changed = !limits.equals(now);
            limits = now;
            return changed;
        } catch (KafkaException | FailedException e) {
            LOG.debug("The limits of the topics could not be read", e);
            return false;
        }
    }

    private Admin admin() {
        Admin client = admin;
        if (client == null) {
            Map<String, Object> properties = KafkaSettings.forAdmin(settings.kafka());
            properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) INTERVAL.toMillis());
            properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) INTERVAL.toMillis());
            client = Admin.create(properties);
            admin = client;
        }
        return client;
    }

    @Override
    public void close() {
        executor.shutdownNow();
        synchronized (this) {
            if (admin != null) {
                admin.close(Duration.ZERO);
                admin = null;
            }
        }
    }
}
