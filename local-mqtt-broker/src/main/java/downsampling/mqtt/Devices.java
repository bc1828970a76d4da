package downsampling.mqtt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import downsampling.service.DaemonThread;
import downsampling.service.ErrorLine;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Made-up devices {@code Sensor1}, {@code Sensor2} and so on, which publish readings as real ones would: with QoS 1, to a topic
 * for each device, by one connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // publish says what fails, and nobody waits for the others
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private final Random random = new Random();
    private final AtomicBoolean told = new AtomicBoolean();
    private final Mqtt5AsyncClient client;
    private final int number;

    private Devices(Mqtt5AsyncClient client, int number) {
        this.client = client;
        this.number = number;
    }

    /** Connects to the broker at a port of this machine, and publishes until the process ends. */
    static void start(int port, BrokerSettings settings) {
        Mqtt5AsyncClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier("made-up-devices")
                .serverHost("127.0.0.1")
                .serverPort(port)
                .buildAsync();
        client.toBlocking()
                .connectWith()
                .simpleAuth(settings.login()
                        .map(login -> Mqtt5SimpleAuth.builder()
                                .username(login.user())
                                .password(login.password().getBytes(UTF_8))
                                .build())
                        .orElse(null))
                .send();
        Devices devices = new Devices(client, settings.devices());
        long pause = Math.round(1e9 / settings.rate());
        DaemonThread.scheduler("devices").scheduleAtFixedRate(devices::publish, 0, pause, TimeUnit.NANOSECONDS);
    }

    private void publish() {
        String reading = "{\"ts\":%d,\"value\":%d}".formatted(System.currentTimeMillis(), random.nextInt(101));
        client.publishWith()
                .topic("sensors/Sensor" + (random.nextInt(number) + 1) + "/temperature")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(reading.getBytes(US_ASCII))
                .send()
                .whenComplete((result, e) -> {
                    if (e != null && !told.getAndSet(true)) {
                        LOG.warn("A device could not publish its reading: {}", ErrorLine.of(e));
                    }
                });
    }
}
