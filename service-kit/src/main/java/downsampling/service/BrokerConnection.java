package downsampling.service;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first word with a broker, which may not be up yet. */
public final class BrokerConnection {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerConnection.class);

    /** The first is short, so that a person is told soon what is waited for; the others are enough for a slow broker far away. */
    private static final int FIRST_ATTEMPT_MILLIS = 2_000;

    private static final int ATTEMPT_MILLIS = 5_000;
    private static final int PAUSE_MILLIS = 200;

    private BrokerConnection() {}

    /**
     * Waits until the broker answers, also for a host whose name is not known yet, such as that of a container not yet up.
     *
     * @param settings of an admin client
     * @param patience how long to wait
     * @return to be closed by the caller
     * @throws FailedException if it does not answer within that time, or refuses
     */
    public static Admin open(Map<String, Object> settings, Duration patience) {
        return open(settings, patience, false);
    }

    /** @param exactlyOnce whether transactions are needed as Kafka 2.5 has them */
    public static Admin open(Map<String, Object> settings, Duration patience, boolean exactlyOnce) {
        return open(settings, patience, exactlyOnce, new CountDownLatch(1));
    }

    /**
     * @param stop ends the waiting when it is counted down
     * @return null if it was ended
     */
    public static Admin open(
            Map<String, Object> settings, Duration patience, boolean exactlyOnce, CountDownLatch stop) {
        Object servers = settings.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG);
        long deadline = System.nanoTime() + patience.toNanos();
        for (boolean told = false; stop.getCount() > 0; told = true) {
            BrokerProbe.obstacle(settings, exactlyOnce).ifPresent(obstacle -> {
                throw new FailedException(obstacle);
            });
            KafkaException absent;
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                return attempt(
                        settings, (int) Math.max(1, Math.min(told ? ATTEMPT_MILLIS : FIRST_ATTEMPT_MILLIS, left)));
            } catch (RetriableException e) {
                absent = e;
            } catch (KafkaException e) {
                if (e.getCause() == null
                        || e.getCause().getMessage() == null
                        || !e.getCause().getMessage().startsWith("No resolvable")) {
                    throw e;
                }
                absent = e;
            }
            if (System.nanoTime() - deadline >= 0) {
                String failure = "no answer from broker " + servers + " within " + Durations.format(patience);
                // That no answer came in time is said; that a name is not known is not.
                throw absent instanceof RetriableException
                        ? new FailedException(failure)
                        : new FailedException(failure, absent);
            }
            if (!told) {
                LOG.warn("No answer from broker {} yet, waiting up to {}", servers, Durations.format(patience));
            }
            try {
                stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FailedException("interrupted while waiting for broker " + servers, e);
            }
        }
        return null;
    }

    private static Admin attempt(Map<String, Object> settings, int millis) {
        Admin admin = Admin.create(settings);
        try {
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(millis))
                    .nodes()
                    .get();
            return admin;
        } catch (ExecutionException e) {
            admin.close(Duration.ZERO);
            throw e.getCause() instanceof RetriableException retriable
                    ? retriable
                    : new FailedException(
                            "broker " + settings.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG) + " refuses: "
                                    + ErrorLine.of(e.getCause()),
                            e.getCause());
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted while waiting for a broker", e);
        }
    }
}
