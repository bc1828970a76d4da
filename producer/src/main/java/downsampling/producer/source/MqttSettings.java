package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.client.mqtt.datatypes.MqttClientIdentifier;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import com.hivemq.client.mqtt.datatypes.MqttUtf8String;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How to connect to an MQTT broker, and what to ask it for.
 *
 * @param filters       at least one
 * @param sessionExpiry how long the broker keeps the session; zero for no longer than the connection
 * @param version5      whether to speak MQTT 5, otherwise 3.1.1
 * @param qos           0, 1 or 2
 * @param inFlight      messages that may be unacknowledged at a time, 1 to 65535
 */
record MqttSettings(
        MqttUrl url,
        List<MqttTopicFilter> filters,
        String clientId,
        Duration sessionExpiry,
        boolean version5,
        int qos,
        int inFlight,
        Optional<Credentials> credentials,
        MqttTls tls) {

    /** The protocol has no more numbers for messages that are under way. */
    static final int MOST_IN_FLIGHT = 65_535;

    /** Who connects. A password is never printed. */
    record Credentials(String user, Optional<byte[]> password) {
        @Override
        public String toString() {
            return user;
        }
    }

    /** @throws InvalidSettingException in one line: name, value, what is allowed */
    MqttSettings {
        try {
            MqttClientIdentifier.of(clientId);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("--mqtt-client-id", clientId, "up to 65535 printable characters");
        }
        if (clientId.isEmpty()) {
            throw new InvalidSettingException(
                    "--mqtt-client-id", clientId, "a name by which the broker knows this instance again");
        }
        if (qos < 0 || qos > 2) {
            throw new InvalidSettingException("--qos", qos, "0, 1 or 2");
        }
        if (inFlight < 1 || inFlight > MOST_IN_FLIGHT) {
            throw new InvalidSettingException("--mqtt-in-flight", inFlight, "a number from 1 to " + MOST_IN_FLIGHT);
        }
        if (tls.isGiven() && !url.tls()) {
            throw new InvalidSettingException(MqttUrl.OPTION, url, "mqtts:// or wss:// where certificates are given");
        }
    }

    /** Whether the broker keeps a session between connections. */
    boolean keepsSession() {
        return !sessionExpiry.isZero();
    }

    /** The session expiry as MQTT 5 has it: seconds, of which the highest number is for ever. */
    long sessionExpirySeconds() {
        long whole = sessionExpiry.plusMillis(999).toSeconds();
        return Math.min(whole, 0xFFFF_FFFFL);
    }

    static boolean isVersion5(String version) {
        return switch (version) {
            case "5", "5.0" -> true;
            case "3.1.1" -> false;
            default -> throw new InvalidSettingException("--mqtt-version", version, "5 or 3.1.1");
        };
    }

    static List<MqttTopicFilter> filters(List<String> texts) {
        if (texts.isEmpty()) {
            throw new InvalidSettingException("--mqtt-topics", "a topic filter such as sensors/#");
        }
        List<MqttTopicFilter> filters = texts.stream().map(MqttSettings::filter).toList();
        for (MqttTopicFilter filter : filters) {
            for (MqttTopicFilter other : filters) {
                if (filter != other && filter.matches(other)) {
                    throw new InvalidSettingException(
                            "--mqtt-topics",
                            other,
                            "no filter that " + filter + " includes: many MQTT brokers send a message for each");
                }
            }
        }
        return filters;
    }

    private static MqttTopicFilter filter(String text) {
        try {
            return MqttTopicFilter.of(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(
                    "--mqtt-topics",
                    text,
                    "a topic filter such as sensors/#, sensors/+/temperature or $share/group/sensors/#");
        }
    }

    /** @throws FailedException if the file cannot be read */
    static Optional<Credentials> credentials(Optional<String> user, Optional<String> password, Optional<Path> file) {
        Optional<String> secret = file.map(MqttSettings::firstLine).or(() -> password);
        if (secret.isPresent() && user.isEmpty()) {
            throw new InvalidSettingException("--mqtt-user", "a name where there is a password");
        }
        user.ifPresent(name -> {
            try {
                MqttUtf8String.of(name);
            } catch (IllegalArgumentException e) {
                throw new InvalidSettingException("--mqtt-user", name, "up to 65535 printable characters");
            }
        });
        return user.map(name -> new Credentials(name, secret.map(text -> text.getBytes(UTF_8))));
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file).lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new FailedException("--mqtt-password-file cannot be read", e);
        }
    }
}
