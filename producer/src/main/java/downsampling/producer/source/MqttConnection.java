package downsampling.producer.source;

import static java.util.Objects.requireNonNull;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import com.hivemq.client.mqtt.lifecycle.MqttClientConnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.lifecycle.Mqtt3ClientConnectedContext;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.lifecycle.Mqtt5ClientConnectedContext;
import downsampling.producer.source.MqttProtocol.Arrival;
import downsampling.producer.source.MqttProtocol.Grant;
import downsampling.service.Durations;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * A connection to an MQTT broker that comes back: after a loss another one is made, with growing pauses.
 *
 * <p>Each is one of a new client, as if the program had been started again. The library can do it with the same client, and
 * then counts messages of the old connection, which the broker sends again, twice towards the receive maximum; and where the
 * session has expired, it forgets who is to get the messages, and acknowledges them itself.
 */
final class MqttConnection implements AutoCloseable {

    private static final long FIRST_PAUSE_MS = 500;
    private static final long LONGEST_PAUSE_MS = 30_000;
    private static final int DISCONNECT_SECONDS = 3;

    /** A connection that the broker ends so soon may have been ended by another client with the same id. */
    private static final Duration SUSPICIOUSLY_SHORT = Duration.ofSeconds(10);

    private static final String RECEIVE_MAXIMUM_EXCEEDED = "RECEIVE_MAXIMUM_EXCEEDED";

    /** Reasons to refuse a connection, or to end it, that may pass; anything else would be the same the next time. */
    private static final Set<String> PASSING = Set.of(
            "CONNECTION_RATE_EXCEEDED",
            "IMPLEMENTATION_SPECIFIC_ERROR",
            "KEEP_ALIVE_TIMEOUT",
            "NORMAL_DISCONNECTION",
            "QUOTA_EXCEEDED",
            RECEIVE_MAXIMUM_EXCEEDED,
            "SERVER_BUSY",
            "SERVER_MOVED",
            "SERVER_SHUTTING_DOWN",
            "SERVER_UNAVAILABLE",
            "UNSPECIFIED_ERROR",
            "USE_ANOTHER_SERVER");

    static {
        // Netty uses sun.misc.Unsafe where it can, and JDK 24 and newer print four lines of warning about that.
        System.getProperties().putIfAbsent("io.netty.noUnsafe", "true");
    }

    private final MqttSettings settings;
    private final MqttClientBuilder builder;
    private final Duration patience;
    private final Consumer<Arrival> arrivals;
    private final Consumer<String> notes;

    /** Messages that a broker keeps until they are acknowledged, of this connection and of earlier ones. */
    private final AtomicInteger inFlight = new AtomicInteger();

    private volatile boolean ready;
    private volatile Optional<FailedException> failure = Optional.empty();

    // What follows is guarded by this object.
    private @Nullable MqttProtocol client;
    private long firstAttempt;
    private long nextAttempt;
    private long connectedSince;
    private int attempts;
    private boolean everConnected;
    /** Whether the broker has granted the filters in its session; it may end a connection before it does. */
    private boolean subscribed;

    /** What the broker is asked for, until it has shown that it does not keep to it. */
    private int receiveMaximum;

    /**
     * Prepares a connection, which {@link #keepOpen} makes.
     *
     * @param patience how long to try at first
     * @param arrivals receives the messages, on the thread that reads from the network: it must not wait
     * @param notes    receives each line that a person has to know of, on any thread
     * @throws FailedException if a certificate cannot be read
     */
    MqttConnection(MqttSettings settings, Duration patience, Consumer<Arrival> arrivals, Consumer<String> notes) {
        this.settings = settings;
        receiveMaximum = settings.inFlight();
        this.patience = patience;
        this.arrivals = arrivals;
        this.notes = notes;
        MqttUrl url = settings.url();
        builder = MqttClient.builder()
                .identifier(settings.clientId())
                .serverHost(url.host())
                .serverPort(url.port())
                .sslConfig(url.tls() ? settings.tls().config() : null)
                .webSocketConfig(
                        url.webSocket()
                                ? MqttWebSocketConfig.builder()
                                        .serverPath(url.path())
                                        .build()
                                : null)
                .addConnectedListener(this::connected)
                .addDisconnectedListener(this::disconnected);
    }

    /**
     * Connects if there is no connection and it is time to; call it again and again.
     *
     * <p>Not before all messages of the connection before are with Kafka: the broker sends those again whose acknowledgement it
     * did not get, and they would pile up here.
     *
     * @throws FailedException if there will be no more messages
     */
    synchronized void keepOpen() {
        if (failure.isPresent()) {
            throw failure.get();
        }
        long now = System.nanoTime();
        if (client == null && inFlight.get() == 0 && (attempts == 0 || now - nextAttempt >= 0)) {
            if (firstAttempt == 0) {
                firstAttempt = now;
            }
            client = MqttProtocol.of(settings, builder, this::arrived);
            client.connect(receiveMaximum);
        }
    }

    /** Whether messages come: connected, and subscribed. */
    boolean isReady() {
        return ready;
    }

    /** How many messages have come that the broker keeps until they are acknowledged. */
    int inFlight() {
        return inFlight.get();
    }

    /** Whether this instance has asked for messages of a topic; an earlier one with the same client id may have, too. */
    boolean hasSubscribedTo(MqttTopic topic) {
        for (MqttTopicFilter filter : settings.filters()) {
            if (filter.matches(topic)) {
                return true;
            }
        }
        return false;
    }

    /** Publishes a message with quality of service 0, if there is a connection. */
    @SuppressWarnings("FutureReturnValueIgnored") // nobody hears whether such a message arrives
    synchronized void publish(String topic, byte[] payload) {
        if (client != null) {
            client.publish(topic, payload);
        }
    }

    /** Ends the connection, after the acknowledgements that were given before. */
    @Override
    public void close() {
        MqttProtocol last;
        synchronized (this) {
            last = client;
        }
        if (last == null) {
            return;
        }
        try {
            last.disconnect().get(DISCONNECT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // There was no connection, or nobody at the other end.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void arrived(Arrival message) {
        if (message.canBeLost()) {
            arrivals.accept(message);
            return;
        }
        inFlight.incrementAndGet();
        Runnable acknowledge = message.acknowledge();
        arrivals.accept(new Arrival(message.topic(), message.payload(), message.retained(), false, () -> {
            try {
                acknowledge.run();
            } catch (RejectedExecutionException e) {
                // The connection is gone, and the client with it. The broker will send the message again.
            }
            inFlight.decrementAndGet();
        }));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // subscribed hears of everything
    private synchronized void connected(MqttClientConnectedContext context) {
        boolean resumed = context instanceof Mqtt5ClientConnectedContext version5
                ? version5.getConnAck().isSessionPresent()
                : ((Mqtt3ClientConnectedContext) context).getConnAck().isSessionPresent();
        boolean lost = everConnected && settings.keepsSession() && !resumed;
        notes.accept("Connected to the MQTT broker at " + settings.url()
                + (lost ? "; it has lost the session of " + settings.clientId() + ", and what came meanwhile" : ""));
        connectedSince = System.nanoTime();
        attempts = 0;
        subscribed &= resumed;
        if (subscribed) {
            ready = true;
        } else {
            MqttProtocol by = requireNonNull(client);
            by.subscribe().whenComplete((grants, e) -> subscribed(by, grants, e));
        }
        everConnected = true;
    }

    private synchronized void subscribed(MqttProtocol by, @Nullable List<Grant> grants, @Nullable Throwable e) {
        if (client != by) {
            return; // that connection is lost
        }
        if (grants == null) {
            fail("cannot subscribe at the MQTT broker at " + settings.url() + ": " + ErrorLine.of(requireNonNull(e)));
            return;
        }
        for (int i = 0; i < grants.size(); i++) {
            Grant grant = grants.get(i);
            String filter = settings.filters().get(i).toString();
            if (grant.isRefused()) {
                fail("the MQTT broker at " + settings.url() + " refuses --mqtt-topics=" + filter + ": "
                        + MqttCounts.words(grant.name()));
                return;
            }
            if (grant.code() < settings.qos()) {
                notes.accept("The MQTT broker grants quality of service " + grant.code() + " for " + filter + ", not "
                        + settings.qos());
            }
        }
        subscribed = true;
        ready = true;
    }

    private synchronized void disconnected(MqttClientDisconnectedContext context) {
        boolean wasReady = ready;
        ready = false;
        client = null;
        if (context.getSource() == MqttDisconnectSource.USER) {
            return;
        }
        Throwable cause = context.getCause();
        String reason = reason(cause);
        String why = reason == null ? ErrorLine.of(cause) : MqttCounts.words(reason) + hint(reason);
        String broker = "the MQTT broker at " + settings.url();
        long now = System.nanoTime();
        if (reason != null && !PASSING.contains(reason)) {
            fail(broker + (connectedSince == 0 ? " refuses: " : " has ended the connection: ") + why);
        } else if (!everConnected && isHandshake(cause)) {
            fail("no TLS connection to " + broker + ": " + why);
        } else if (!everConnected && now - firstAttempt > patience.toNanos()) {
            fail("no connection to " + broker + " within " + Durations.format(patience) + ": " + why);
        } else if (RECEIVE_MAXIMUM_EXCEEDED.equals(reason) && receiveMaximum < MqttSettings.MOST_IN_FLIGHT) {
            // Mosquitto 2.0.11, which many have, does so whenever there is a backlog; the client ends the connection.
            receiveMaximum = MqttSettings.MOST_IN_FLIGHT;
            notes.accept("The MQTT broker at " + settings.url()
                    + " has sent more messages at a time than --mqtt-in-flight=" + settings.inFlight()
                    + ". Connecting anew without that limit; a newer version of the MQTT broker may keep to it");
        } else if (attempts == 0) { // one line is enough for each loss
            boolean brief = wasReady && now - connectedSince < SUSPICIOUSLY_SHORT.toNanos();
            notes.accept((connectedSince == 0
                            ? "No connection to " + broker + " yet"
                            : "The connection to " + broker + " is lost")
                    + "; trying again. The reason: " + why
                    + (brief ? " (if this goes on, another client may have the same --mqtt-client-id)" : ""));
        }
        connectedSince = 0;
        long pause = Math.min(FIRST_PAUSE_MS << Math.min(attempts, 16), LONGEST_PAUSE_MS);
        attempts++;
        nextAttempt = now
                + TimeUnit.MILLISECONDS.toNanos(
                        pause - ThreadLocalRandom.current().nextLong(pause / 4 + 1));
    }

    private void fail(String line) {
        if (failure.isEmpty()) {
            failure = Optional.of(new FailedException(ErrorLine.printable(line)));
        }
    }

    /** The name of the reason that the broker gives; null if it gives none. */
    private static @Nullable String reason(Throwable e) {
        if (e instanceof Mqtt5ConnAckException refused) {
            return refused.getMqttMessage().getReasonCode().name();
        }
        if (e instanceof Mqtt5DisconnectException ended) {
            return ended.getMqttMessage().getReasonCode().name();
        }
        return e instanceof Mqtt3ConnAckException refused
                ? refused.getMqttMessage().getReturnCode().name()
                : null;
    }

    private static String hint(String reason) {
        return switch (reason) {
            case "SESSION_TAKEN_OVER" -> "; another client has connected with the same --mqtt-client-id";
            case "UNSUPPORTED_PROTOCOL_VERSION" -> "; try the other --mqtt-version";
            default -> "";
        };
    }

    private static boolean isHandshake(@Nullable Throwable e) {
        return e != null && (e instanceof SSLHandshakeException || isHandshake(e.getCause()));
    }
}
