package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.producer.source.MqttProtocol.Arrival;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The messages of an MQTT broker, for as long as the program runs. One is acknowledged once Kafka has it, so that the MQTT broker
 * keeps whatever this program has not delivered when it ends, however it ends, and sends it again to the next one.
 *
 * <p>A message becomes some of Kafka, as the format of its payload has it, with its topic in the header {@code mqtt.topic}.
 * Whatever becomes of a message, it is acknowledged in the end, or the program ends: one without acknowledgement would hold up
 * all that follow.
 */
final class MqttSource implements Source {

    /** Messages of quality of service 0 that may wait; nobody else would keep more of them. */
    static final int MOST_WAITING = 10_000;

    private static final int STOP_CHECK_MS = 100;

    /** What became of messages that are not sent. */
    private enum Passed {
        RETAINED,
        DROPPED,
        OF_ANOTHER_SUBSCRIPTION,
        TOO_LARGE
    }

    private final MqttConnection connection;
    private final MqttPayload payload;
    private final boolean sendsRetained;
    private final CountDownLatch stop;

    private final BlockingQueue<Arrival> arrived = new LinkedBlockingQueue<>();
    private final Queue<Message> ready = new ArrayDeque<>();
    private final AtomicLong received = new AtomicLong();
    private final MqttCounts<Passed> passed;

    /**
     * Prepares to receive; the connection is made when the first message is asked for, so that nothing comes before Kafka is there.
     *
     * @param payload  makes messages for Kafka
     * @param patience how long to wait for the MQTT broker at first
     * @param stop     ends the waiting when it is counted down
     * @param notes    receives each line that a person has to know of; from any thread
     */
    MqttSource(
            MqttSettings settings,
            MqttPayload payload,
            boolean sendsRetained,
            Duration patience,
            CountDownLatch stop,
            Consumer<String> notes) {
        this.payload = payload;
        this.sendsRetained = sendsRetained;
        this.stop = stop;
        passed = new MqttCounts<>(Passed.class, notes);
        connection = new MqttConnection(settings, patience, this::arrived, notes);
    }

    @Override
    public boolean hasNext() {
        try {
            while (ready.isEmpty()) {
                if (stop.getCount() == 0) {
                    return false;
                }
                connection.keepOpen();
                Arrival next = arrived.poll(STOP_CHECK_MS, TimeUnit.MILLISECONDS);
                if (next != null) {
                    read(next);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted", e);
        }
        return true;
    }

    @Override
    public Message next() {
        return ready.remove();
    }

    @Override
    public long dueNanos() {
        return 0;
    }

    @Override
    public boolean waitsForDelivery() {
        return true;
    }

    @Override
    public boolean isReady() {
        return connection.isReady();
    }

    @Override
    public Map<String, Long> counts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("received", received.get());
        counts.putAll(payload.counts().byName());
        counts.putAll(passed.byName());
        return counts;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        FunctionCounter.builder("downsampling.producer.mqtt.messages", received, AtomicLong::get)
                .description("Messages that came from the MQTT broker")
                .register(registry);
        payload.counts()
                .bindTo(
                        registry,
                        "downsampling.producer.mqtt.events",
                        "What was remarkable about payloads from the MQTT broker",
                        "event");
        passed.bindTo(
                registry,
                "downsampling.producer.mqtt.passed.over",
                "Messages from the MQTT broker that were not sent to Kafka, by reason",
                "reason");
        Gauge.builder("downsampling.producer.mqtt.in.flight", connection, MqttConnection::inFlight)
                .description("Messages that the MQTT broker keeps until Kafka has them")
                .register(registry);
        Gauge.builder("downsampling.producer.mqtt.connected", connection, each -> each.isReady() ? 1 : 0)
                .description("Whether there is a connection to the MQTT broker, with its subscriptions")
                .register(registry);
    }

    @Override
    public void close() {
        connection.close();
    }

    /** On the thread that reads from the network. */
    private void arrived(Arrival message) {
        received.incrementAndGet();
        if (message.canBeLost() && arrived.size() >= MOST_WAITING) {
            pass(Passed.DROPPED, message, "Kafka takes messages of quality of service 0 more slowly than they come");
        } else {
            arrived.add(message);
        }
    }

    private void read(Arrival message) {
        if (message.retained() && !sendsRetained) {
            pass(Passed.RETAINED, message, "it was retained, and --retained=send is not given");
        } else if (!connection.hasSubscribedTo(message.topic())) {
            pass(
                    Passed.OF_ANOTHER_SUBSCRIPTION,
                    message,
                    "--mqtt-topics does not have it, but the session of the client id does, from an earlier time");
        } else {
            send(message);
        }
    }

    private void pass(Passed reason, Arrival message, String why) {
        count(reason, message, why);
        message.acknowledge().run();
    }

    private void count(Passed reason, Arrival message, String why) {
        passed.add(reason, () -> "Passed over a message on " + message.topic() + ", and will count others: " + why);
    }

    private void send(Arrival arrival) {
        String topic = arrival.topic().toString();
        List<Message> parts = payload.read(topic, arrival.payload(), connection::publish);
        if (parts.isEmpty()) {
            arrival.acknowledge().run();
            return;
        }
        Map<String, byte[]> headers = new LinkedHashMap<>();
        headers.put("mqtt.topic", topic.getBytes(UTF_8));
        if (arrival.retained()) {
            headers.put("mqtt.retained", "true".getBytes(ISO_8859_1));
        }
        Acknowledgement delivery = new Acknowledgement(arrival, parts.size());
        for (Message part : parts) {
            ready.add(new MqttMessage(part.key(), part.value(), headers, delivery));
        }
    }

    /** Acknowledges a message once Kafka has all that was made of it. */
    private final class Acknowledgement implements Message.Delivery {
        private final Arrival arrival;
        private final AtomicInteger missing;

        /** @param parts how many messages for Kafka it has become */
        Acknowledgement(Arrival arrival, int parts) {
            this.arrival = arrival;
            missing = new AtomicInteger(parts);
        }

        @Override
        public void delivered() {
            if (missing.decrementAndGet() == 0) {
                arrival.acknowledge().run();
            }
        }

        /** Without an acknowledgement, it would be refused each time, and nothing would come after it. */
        @Override
        public void refused(Exception why) {
            count(Passed.TOO_LARGE, arrival, ErrorLine.of(why));
            delivered();
        }
    }

    private record MqttMessage(
            byte @Nullable [] key, byte @Nullable [] value, Map<String, byte[]> headers, Delivery delivery)
            implements Message {}
}
