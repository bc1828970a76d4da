package downsampling.producer;

import downsampling.service.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The broker, and the settings of Kafka's clients. */
@Command(optionListHeading = "%nThe broker:%n")
final class KafkaOptions {

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            description = "Brokers to connect to first (default: " + KafkaSettings.DEFAULT_BOOTSTRAP_SERVERS + ").")
    private String bootstrapServers;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "How long to wait for a broker that does not answer yet (default: ${DEFAULT-VALUE}).")
    private Duration wait;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Properties file with settings of Kafka's clients, such as those for TLS and SASL.")
    private Path config;

    /**
     * What the options, the file and the {@code KAFKA_} variables say together.
     *
     * @throws downsampling.service.InvalidSettingException if an option makes no sense
     * @throws org.apache.kafka.common.config.ConfigException if a setting of the clients makes no sense
     */
    KafkaConnection connection(Map<String, String> environment) {
        Map<String, String> settings = KafkaSettings.read(config, environment, bootstrapServers, Set.of());
        return new KafkaConnection(ReadingSender.withoutFixed(settings), wait);
    }
}
