package downsampling.mqtt;

import downsampling.mqtt.BrokerSettings.Login;
import downsampling.mqtt.BrokerSettings.Tls;
import downsampling.service.InvalidSettingException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options of the broker. */
final class BrokerOptions {
    private static final String PASSWORD = "--password";
    private static final String TLS_PASSWORD = "--tls-password";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "1883",
            description = "The port for MQTT, 1 to 65535, or 0 for a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--websocket-port",
            paramLabel = "PORT",
            description = "A port for MQTT by WebSocket, at the path /mqtt; 0 for a free one (default: none).")
    private Optional<Integer> webSocketPort;

    @Option(
            names = "--tls-port",
            paramLabel = "PORT",
            description = "A port for MQTT by TLS; 0 for a free one (default: none).")
    private Optional<Integer> tlsPort;

    @Option(
            names = "--tls-keystore",
            paramLabel = "FILE",
            description = "PKCS #12 file that holds the certificate and the key for TLS."
                    + " LOCAL_MQTT_BROKER_TLS_PASSWORD in the environment is its password.")
    private Optional<Path> keystore;

    @Option(
            names = "--tls-truststore",
            paramLabel = "FILE",
            description = "PKCS #12 file, with the same password, that holds certificates of those who vouch for"
                    + " clients: each client needs one then.")
    private Optional<Path> truststore;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The folder in which sessions and messages stay, through a crash too; it is created if it is"
                    + " missing (default: they are in memory).")
    private Optional<Path> dataDir;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "The one user who may connect. LOCAL_MQTT_BROKER_PASSWORD in the environment is the password"
                    + " (default: everybody may).")
    private Optional<String> user;

    // These two are only read from the environment: every user of a machine can see the command lines on it.
    @Option(names = PASSWORD, hidden = true)
    private Optional<String> password;

    @Option(names = TLS_PASSWORD, hidden = true)
    private Optional<String> tlsPassword;

    @Option(
            names = "--forbidden",
            paramLabel = "FILTER",
            description = "A topic filter that nobody may subscribe to. May be given several times.")
    private List<String> forbidden = List.of();

    @Option(
            names = "--devices",
            paramLabel = "N",
            defaultValue = "0",
            description = "How many made-up devices publish readings to sensors/Sensor1/temperature and so on"
                    + " (default: ${DEFAULT-VALUE}).")
    private int devices;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "20",
            description = "How many readings the devices publish per second, together (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** @throws InvalidSettingException if an option makes no sense */
    BrokerSettings toSettings() {
        requireEnvironment(PASSWORD, "LOCAL_MQTT_BROKER_PASSWORD");
        requireEnvironment(TLS_PASSWORD, "LOCAL_MQTT_BROKER_TLS_PASSWORD");
        requireBoth("--user", user, "LOCAL_MQTT_BROKER_PASSWORD", password);
        requireBoth("--tls-port", tlsPort, "--tls-keystore", keystore);
        requireBoth("--tls-keystore", keystore, "LOCAL_MQTT_BROKER_TLS_PASSWORD", tlsPassword);
        if (truststore.isPresent() && keystore.isEmpty()) {
            throw new InvalidSettingException("--tls-keystore", "a file, since there is --tls-truststore");
        }
        return new BrokerSettings(
                port,
                webSocketPort,
                tlsPort.map(its -> new Tls(its, keystore.orElseThrow(), truststore, tlsPassword.orElseThrow())),
                dataDir,
                user.map(name -> new Login(name, password.orElseThrow())),
                forbidden,
                devices,
                rate);
    }

    private void requireEnvironment(String option, String variable) {
        if (command.commandLine().getParseResult().hasMatchedOption(option)) {
            throw new InvalidSettingException(option, "the password in " + variable + ", since others can see it here");
        }
    }

    private static void requireBoth(String name, Optional<?> value, String other, Optional<?> otherValue) {
        if (value.isPresent() != otherValue.isPresent()) {
            throw new InvalidSettingException(
                    value.isPresent() ? other : name, "a value, since there is " + (value.isPresent() ? name : other));
        }
    }
}
