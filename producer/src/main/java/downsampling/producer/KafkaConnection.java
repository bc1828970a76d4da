package downsampling.producer;

import downsampling.service.BrokerConnection;
import downsampling.service.Durations;
import downsampling.service.InvalidSettingException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * How to connect to Kafka.
 *
 * @param settings of Kafka's clients, {@code bootstrap.servers} among them
 * @param patience how long to wait for a broker that does not answer yet
 */
record KafkaConnection(Map<String, String> settings, Duration patience) {

    /**
     * @throws InvalidSettingException in one line: name, value, what is allowed
     * @throws org.apache.kafka.common.config.ConfigException if a producer cannot be made of the settings
     */
    KafkaConnection {
        if (patience.compareTo(BrokerConnection.LONGEST_PATIENCE) > 0) {
            throw new InvalidSettingException(
                    "--wait",
                    Durations.format(patience),
                    "a duration up to " + Durations.format(BrokerConnection.LONGEST_PATIENCE));
        }
        settings = Map.copyOf(settings);
        ReadingSender.check(KafkaSettings.forProducer(settings));
    }

    String bootstrapServers() {
        return Objects.requireNonNull(settings.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    }

    Map<String, Object> adminSettings() {
        return KafkaSettings.forAdmin(settings);
    }

    Map<String, Object> producerSettings() {
        return KafkaSettings.forProducer(settings);
    }

    /** The codec that readings are compressed with, as Kafka's setting {@code compression.type} has it. */
    String compression() {
        return String.valueOf(
                ReadingSender.withDefaults(producerSettings()).get(ProducerConfig.COMPRESSION_TYPE_CONFIG));
    }
}
