package downsampling.service;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the first connection to a broker, which may not be up yet. */
public final class BrokerConnection {
    /** The longest time that anybody may wait for a broker: it is counted in ns, of which a long has room for 292 years. */
    public static final Duration LONGEST_PATIENCE = Duration.ofDays(36_500);

    private static final Logger LOG = LoggerFactory.getLogger(BrokerConnection.class);

    /** The first attempt is short, so that a person soon learns what the program waits for; the others suit a slow broker far away. */
    private static final int FIRST_ATTEMPT_MILLIS = 2_000;

    private static final int ATTEMPT_MILLIS = 5_000;
    private static final int PAUSE_MILLIS = 200;

    private BrokerConnection() {}

    /**
     * Waits until the broker answers. A host name that cannot be resolved yet, such as that of a container that is still starting,
     * is waited for as well.
     *
     * @param settings settings of an admin client
     * @param patience how long to wait
     * @return an admin client, which the caller closes
     * @throws FailedException if the broker does not answer within that time, or refuses the client
     */
    public static Admin open(Map<String, Object> settings, Duration patience) {
        return open(settings, patience, false);
    }

    /**
     * Waits as {@link #open(Map, Duration)} does.
     *
     * @param exactlyOnce whether the program needs transactions as Kafka 2.5 and newer have them
     */
    public static Admin open(Map<String, Object> settings, Duration patience, boolean exactlyOnce) {
        CountDownLatch never = new CountDownLatch(1);
        return Objects.requireNonNull(open(settings, patience, exactlyOnce, never));
    }

    /**
     * Waits as {@link #open(Map, Duration, boolean)} does, until somebody ends the waiting.
     *
     * @param stop ends the waiting when it is counted down
     * @return null if the waiting was ended
     */
    public static @Nullable Admin open(
            Map<String, Object> settings, Duration patience, boolean exactlyOnce, CountDownLatch stop) {
        Object servers = settings.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG);
        long deadline = System.nanoTime() + patience.toNanos();
        for (boolean reported = false; stop.getCount() > 0; reported = true) {
            BrokerProbe.obstacle(settings, exactlyOnce).ifPresent(obstacle -> {
                throw new FailedException(obstacle);
            });
            KafkaException absent;
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                return attempt(
                        settings, (int) Math.max(1, Math.min(reported ? ATTEMPT_MILLIS : FIRST_ATTEMPT_MILLIS, left)));
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
                // A timeout adds nothing to this line; that a name cannot be resolved does.
                throw absent instanceof RetriableException
                        ? new FailedException(failure)
                        : new FailedException(failure, absent);
            }
            if (!reported) {
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
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw cause instanceof RetriableException retriable
                    ? retriable
                    : new FailedException(
                            "broker " + settings.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG) + " refuses: "
                                    + ErrorLine.of(cause),
                            cause);
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted while waiting for a broker", e);
        }
    }
}
