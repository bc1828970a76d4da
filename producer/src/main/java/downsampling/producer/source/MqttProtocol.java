package downsampling.producer.source;

import static java.util.Objects.requireNonNull;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAck;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectRestrictions;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAck;
import downsampling.producer.source.MqttSettings.Credentials;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * What this program asks of an MQTT client, in the words of either version of the protocol: the library has one API for each.
 * Messages are acknowledged by whoever gets them. Listeners of the client hear how a connection begins and ends.
 */
interface MqttProtocol {

    /**
     * A message that has come.
     *
     * @param canBeLost   whether it was sent with quality of service 0, so that the MQTT broker has forgotten it
     * @param acknowledge tells the MQTT broker to forget it; from any thread, in any order, once
     */
    record Arrival(MqttTopic topic, byte[] payload, boolean retained, boolean canBeLost, Runnable acknowledge) {}

    /**
     * What the MQTT broker said to one filter.
     *
     * @param code the quality of service that it grants, or 128 and more
     * @param name of the code
     */
    record Grant(int code, String name) {
        boolean isRefused() {
            return code > 2;
        }
    }

    /**
     * Begins to connect; the listeners hear how that goes.
     *
     * @param receiveMaximum how many messages may be unacknowledged at a time, where the version has words for it
     */
    void connect(int receiveMaximum);

    /** Subscribes to all filters; yields an answer for each, in their order. */
    CompletableFuture<List<Grant>> subscribe();

    /** Publishes a message with quality of service 0. */
    CompletableFuture<?> publish(String topic, byte[] payload);

    CompletableFuture<?> disconnect();

    /**
     * A client, not connected yet.
     *
     * @param arrivals receives all messages, on the thread that reads from the network: it must not wait
     */
    static MqttProtocol of(MqttSettings settings, MqttClientBuilder builder, Consumer<Arrival> arrivals) {
        return settings.version5()
                ? new Version5(settings, builder.useMqttVersion5().buildAsync(), arrivals)
                : new Version311(settings, builder.useMqttVersion3().buildAsync(), arrivals);
    }

    /** MQTT 5. */
    record Version5(MqttSettings settings, Mqtt5AsyncClient client) implements MqttProtocol {
        Version5(MqttSettings settings, Mqtt5AsyncClient client, Consumer<Arrival> arrivals) {
            this(settings, client);
            // Before the connection is there: a broker that has kept the session begins to send at once.
            client.publishes(
                    MqttGlobalPublishFilter.ALL,
                    message -> arrivals.accept(new Arrival(
                            message.getTopic(),
                            message.getPayloadAsBytes(),
                            message.isRetain(),
                            message.getQos() == MqttQos.AT_MOST_ONCE,
                            message::acknowledge)),
                    Runnable::run,
                    true);
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // the listeners hear of it
        public void connect(int receiveMaximum) {
            client.connect(Mqtt5Connect.builder()
                    .cleanStart(!settings.keepsSession())
                    .sessionExpiryInterval(settings.sessionExpirySeconds())
                    .restrictions(Mqtt5ConnectRestrictions.builder()
                            .receiveMaximum(receiveMaximum)
                            .build())
                    .simpleAuth(settings.credentials().map(Version5::auth).orElse(null))
                    .build());
        }

        @Override
        public CompletableFuture<List<Grant>> subscribe() {
            return client.subscribe(Mqtt5Subscribe.builder()
                            .addSubscriptions(settings.filters().stream()
                                    .map(filter -> Mqtt5Subscription.builder()
                                            .topicFilter(filter)
                                            .qos(qos(settings))
                                            .retainHandling(
                                                    filter.isShared()
                                                            ? Mqtt5RetainHandling.DO_NOT_SEND
                                                            : Mqtt5RetainHandling.SEND_IF_SUBSCRIPTION_DOES_NOT_EXIST)
                                            .build()))
                            .build())
                    .exceptionally(e -> refusal(e, Mqtt5SubAckException.class).getMqttMessage())
                    .thenApply(Version5::grants);
        }

        private static Mqtt5SimpleAuth auth(Credentials who) {
            var user = Mqtt5SimpleAuth.builder().username(who.user());
            return who.password().isPresent()
                    ? user.password(who.password().get()).build()
                    : user.build();
        }

        private static List<Grant> grants(Mqtt5SubAck answer) {
            return answer.getReasonCodes().stream()
                    .map(code -> new Grant(code.getCode(), code.name()))
                    .toList();
        }

        @Override
        public CompletableFuture<?> publish(String topic, byte[] payload) {
            return client.publishWith().topic(topic).payload(payload).send();
        }

        @Override
        public CompletableFuture<?> disconnect() {
            return client.disconnect();
        }
    }

    /** MQTT 3.1.1, which has no words for a receive maximum and for the expiry of a session. */
    record Version311(MqttSettings settings, Mqtt3AsyncClient client) implements MqttProtocol {
        Version311(MqttSettings settings, Mqtt3AsyncClient client, Consumer<Arrival> arrivals) {
            this(settings, client);
            client.publishes(
                    MqttGlobalPublishFilter.ALL,
                    message -> arrivals.accept(new Arrival(
                            message.getTopic(),
                            message.getPayloadAsBytes(),
                            message.isRetain(),
                            message.getQos() == MqttQos.AT_MOST_ONCE,
                            message::acknowledge)),
                    Runnable::run,
                    true);
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // the listeners hear of it
        public void connect(int receiveMaximum) {
            client.connect(Mqtt3Connect.builder()
                    .cleanSession(!settings.keepsSession())
                    .simpleAuth(settings.credentials().map(Version311::auth).orElse(null))
                    .build());
        }

        @Override
        public CompletableFuture<List<Grant>> subscribe() {
            return client.subscribe(Mqtt3Subscribe.builder()
                            .addSubscriptions(settings.filters().stream()
                                    .map(filter -> Mqtt3Subscription.builder()
                                            .topicFilter(filter)
                                            .qos(qos(settings))
                                            .build()))
                            .build())
                    .exceptionally(e -> refusal(e, Mqtt3SubAckException.class).getMqttMessage())
                    .thenApply(Version311::grants);
        }

        private static Mqtt3SimpleAuth auth(Credentials who) {
            var user = Mqtt3SimpleAuth.builder().username(who.user());
            return who.password().isPresent()
                    ? user.password(who.password().get()).build()
                    : user.build();
        }

        private static List<Grant> grants(Mqtt3SubAck answer) {
            return answer.getReturnCodes().stream()
                    .map(code -> new Grant(code.getCode(), code.name()))
                    .toList();
        }

        @Override
        public CompletableFuture<?> publish(String topic, byte[] payload) {
            return client.publishWith().topic(topic).payload(payload).send();
        }

        @Override
        public CompletableFuture<?> disconnect() {
            return client.disconnect();
        }
    }

    private static MqttQos qos(MqttSettings settings) {
        return requireNonNull(MqttQos.fromCode(settings.qos()));
    }

    /** The exception by which the library reports that filters were refused; another one is thrown again. */
    private static <E extends Exception> E refusal(Throwable e, Class<E> type) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        if (type.isInstance(cause)) {
            return type.cast(cause);
        }
        throw new CompletionException(cause);
    }
}
