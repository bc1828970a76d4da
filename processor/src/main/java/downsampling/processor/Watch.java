package downsampling.processor;

import downsampling.service.FailedException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.KafkaStreams;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees while a {@link Service} runs what it could not see at the start, and what changes: that another instance of the same
 * application works on something else, which keeps both from working; that the input topic has other partitions or is gone; what
 * the topics take that are written to; that most of what comes is dead. A thread of its own.
 */
final class Watch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

    private static final Duration INTERVAL = Duration.ofSeconds(5);
    /** After a minute of work it is enough to look each half minute. */
    private static final int CLOSELY = 12;

    private static final int SELDOM = 6;

    private final Service service;
    private final MostlyDead mostlyDead = new MostlyDead();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "watch");
        thread.setDaemon(true);
        return thread;
    });
    private int looks;
    private Admin admin;

    Watch(Service service) {
        this.service = service;
    }

    void start() {
        executor.scheduleWithFixedDelay(this::look, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            if (service.state() != KafkaStreams.State.RUNNING) {
                looks = 0;
            }
            looks++;
            if (looks > CLOSELY && looks % SELDOM != 0) {
                return;
            }
            mostlyDead
                    .look(service.consumed(), service.metrics().dead(), System.currentTimeMillis())
                    .ifPresent(LOG::warn);
            obstacle().ifPresent(why -> service.end(why, null));
            limitsChanged();
        } catch (RuntimeException e) { // an exception that leaves here would end the schedule without a word
            LOG.debug("Not seen this time", e);
        }
    }

    /** Why the service must not go on; empty also where the broker does not say. */
    synchronized Optional<String> obstacle() {
        try {
            return new Topics(admin(), null).obstacle(service.config(), service.partitions());
        } catch (KafkaException | FailedException e) {
            LOG.debug("Whether anything speaks against going on is not known", e);
            return Optional.empty();
        }
    }

    /** Looks what the topics take, and tells the service. */
    synchronized boolean limitsChanged() {
        try {
            return service.limits(new Topics(admin(), null).limits(service.config()));
        } catch (KafkaException | FailedException e) {
            LOG.debug("What the topics accept is not known", e);
            return false;
        }
    }

    private Admin admin() {
        if (admin == null) {
            Map<String, Object> settings =
                    KafkaSettings.forAdmin(service.config().kafka());
            settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) INTERVAL.toMillis());
            settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) INTERVAL.toMillis());
            admin = Admin.create(settings);
        }
        return admin;
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
