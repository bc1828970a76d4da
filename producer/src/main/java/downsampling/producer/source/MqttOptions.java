package downsampling.producer.source;

import downsampling.service.InvalidSettingException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options of {@link MqttSource}. */
@Command(optionListHeading = "%nReadings from an MQTT broker (--source=mqtt):%n")
final class MqttOptions {

    private static final String KEY = "--key";
    private static final String PASSWORD = "--mqtt-password";
    private static final String TOPICS = "--mqtt-topics";

    /** What to do with retained messages. */
    private enum Retained {
        SKIP,
        SEND
    }

    /** How a payload is read. */
    private enum Payload {
        PLAIN,
        SPARKPLUG;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--mqtt-url",
            paramLabel = "URL",
            description = "The MQTT broker: mqtt://HOST[:PORT], mqtts:// for TLS, ws://HOST[:PORT][/PATH] or wss:// for"
                    + " WebSocket.")
    private Optional<String> url;

    @Option(
            names = TOPICS,
            paramLabel = "FILTER,...",
            split = ",",
            description = "Which messages, such as sensors/+/temperature or zigbee2mqtt/#. Instances that subscribe to"
                    + " $share/GROUP/FILTER divide the messages among themselves.")
    private List<String> topics = List.of();

    @Option(
            names = "--mqtt-client-id",
            paramLabel = "ID",
            defaultValue = "downsampling-producer",
            description = "By which the MQTT broker knows this instance again, and keeps messages for it while it is"
                    + " away. Each instance needs one of its own (default: ${DEFAULT-VALUE}).")
    private String clientId;

    @Option(
            names = "--mqtt-session-expiry",
            paramLabel = "TIME",
            defaultValue = "1d",
            description = "For how long the MQTT broker keeps messages while this instance is away; off is not at all."
                    + " Version 3.1.1 has no words for a time: the broker decides (default: ${DEFAULT-VALUE}).")
    private Duration sessionExpiry;

    @Option(
            names = "--mqtt-version",
            paramLabel = "5|3.1.1",
            defaultValue = "5",
            description = "Version of the protocol (default: ${DEFAULT-VALUE}).")
    private String version;

    @Option(
            names = "--qos",
            paramLabel = "0|1|2",
            defaultValue = "1",
            description =
                    "Quality of service to ask for. With 1 and 2 the MQTT broker keeps each message until Kafka has"
                            + " it; 0 may lose some (default: ${DEFAULT-VALUE}).")
    private int qos;

    @Option(
            names = "--mqtt-in-flight",
            paramLabel = "N",
            defaultValue = "1000",
            description = "How many messages may be on their way to Kafka at a time, with version 5, before the MQTT"
                    + " broker has to wait: 1 to 65535 (default: ${DEFAULT-VALUE}).")
    private int inFlight;

    @Option(
            names = KEY,
            paramLabel = "topic|topic:N|/POINTER",
            defaultValue = "topic",
            converter = MqttKey.Converter.class,
            description = "The sensor id: the whole topic, its level N from 1, or a text or number in the payload, by"
                    + " JSON Pointer (default: ${DEFAULT-VALUE}).")
    private MqttKey key;

    @Option(
            names = "--payload",
            paramLabel = "FORMAT",
            defaultValue = "plain",
            description = "plain sends a payload as it is, and a bare number such as 21.5 as"
                    + " {\"ts\":<arrival in ms>,\"value\":21.5}; sparkplug makes a reading of each number in"
                    + " a message of Sparkplug B, with GROUP/NODE[/DEVICE]/METRIC as the sensor id, and asks edge nodes for"
                    + " births that it has not seen"
                    + " (default: ${DEFAULT-VALUE}).")
    private Payload payload;

    @Option(
            names = "--retained",
            paramLabel = "skip|send",
            defaultValue = "skip",
            description =
                    "What to do with messages that the MQTT broker had retained: they are old, nobody knows how old"
                            + " (default: ${DEFAULT-VALUE}).")
    private Retained retained;

    @Option(names = "--mqtt-user", paramLabel = "NAME", description = "User name for the MQTT broker.")
    private Optional<String> user;

    // Only to be read from the environment: every user of a machine can see the command lines on it.
    @Option(names = PASSWORD, hidden = true)
    private Optional<String> password;

    @Option(
            names = "--mqtt-password-file",
            paramLabel = "FILE",
            description = "File that holds the password of that user. It may be in PRODUCER_MQTT_PASSWORD instead.")
    private Optional<Path> passwordFile;

    @Option(
            names = "--mqtt-ca-file",
            paramLabel = "FILE",
            description = "Certificates, in PEM, of those who may vouch for the MQTT broker (default: those of Java).")
    private Optional<Path> caFile;

    @Option(
            names = "--mqtt-cert-file",
            paramLabel = "FILE",
            description = "Certificate, in PEM, by which the MQTT broker knows this client.")
    private Optional<Path> certFile;

    @Option(names = "--mqtt-key-file", paramLabel = "FILE", description = "The private key of it, in PEM.")
    private Optional<Path> keyFile;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /**
     * How to connect to the MQTT broker.
     *
     * @throws InvalidSettingException if an option makes no sense
     */
    MqttSettings settings() {
        if (command.commandLine().getParseResult().hasMatchedOption(PASSWORD)) {
            throw new InvalidSettingException(
                    PASSWORD,
                    "the password in PRODUCER_MQTT_PASSWORD or in --mqtt-password-file, since others can see it here");
        }
        return new MqttSettings(
                MqttUrl.of(url.orElseThrow(() -> new InvalidSettingException(MqttUrl.OPTION, MqttUrl.EXPECTED))),
                MqttSettings.filters(topics),
                clientId,
                sessionExpiry,
                MqttSettings.isVersion5(version),
                qos,
                inFlight,
                MqttSettings.credentials(user, password, passwordFile),
                new MqttTls(caFile, certFile, keyFile));
    }

    /**
     * How a payload is read.
     *
     * @param notes receives each line that a person has to know of
     * @throws InvalidSettingException if an option makes no sense with it
     */
    MqttPayload payload(Clock clock, Consumer<String> notes) {
        if (payload == Payload.PLAIN) {
            return new PlainPayload(key, clock, notes);
        }
        OptionSpec given = command.commandLine().getParseResult().matchedOption(KEY);
        if (given != null) {
            throw new InvalidSettingException(
                    KEY, given.originalStringValues().get(0), "this option only with --payload=" + Payload.PLAIN);
        }
        for (String filter : topics) {
            if (filter.startsWith("$share/")) { // Another instance would get the births that this one needs.
                throw new InvalidSettingException(
                        TOPICS, filter, "filters without $share/ where there is --payload=" + payload);
            }
        }
        return new SparkplugB(clock, notes);
    }

    boolean sendsRetained() {
        return retained == Retained.SEND;
    }
}
