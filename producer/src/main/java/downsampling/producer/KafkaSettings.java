package downsampling.producer;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Client settings from all the places they may come from. */
final class KafkaSettings {

    private static final String ENVIRONMENT_PREFIX = "KAFKA_";
    private static final String ADDRESS = "\\s*([A-Za-z0-9_]+://)?(\\[[^\\]]+]|[^:\\[\\]/\\s]+):[0-9]{1,5}\\s*";

    private KafkaSettings() {}

    /**
     * Settings for the producer and for the admin client: those of the file, over them those of the environment ({@code
     * KAFKA_SECURITY_PROTOCOL} is {@code security.protocol}; what is no setting of a client is ignored), over them the
     * bootstrap servers given.
     *
     * @param file properties, as Kafka's own tools take them, or null
     * @param bootstrapServers or null if not given; the default is taken only when no other place has them
     * @throws IllegalArgumentException in one line, if they make no sense
     */
    static Map<String, Object> read(
            Path file, Map<String, String> environment, String bootstrapServers, String defaultBootstrapServers) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, defaultBootstrapServers);
        if (file != null) {
            Properties properties = new Properties();
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "--config " + file + ": allowed is a properties file that can be read", e);
            }
            properties.stringPropertyNames().forEach(name -> settings.put(name, properties.getProperty(name)));
        }
        environment.forEach((variable, value) -> {
            if (variable.startsWith(ENVIRONMENT_PREFIX)) {
                String name = variable.substring(ENVIRONMENT_PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '.');
                if (ProducerConfig.configNames().contains(name)
                        || AdminClientConfig.configNames().contains(name)) {
                    settings.put(name, value);
                }
            }
        });
        if (bootstrapServers != null) {
            settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        }
        check(settings);
        return settings;
    }

    /** The settings without those only a producer knows. */
    static Map<String, Object> forAdmin(Map<String, Object> settings) {
        Map<String, Object> admin = new HashMap<>(settings);
        admin.keySet()
                .removeIf(name -> ProducerConfig.configNames().contains(name)
                        && !AdminClientConfig.configNames().contains(name));
        return admin;
    }

    private static void check(Map<String, Object> settings) {
        String servers = settings.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG).toString();
        for (String server : servers.split(",", -1)) {
            if (!server.matches(ADDRESS)) {
                throw new IllegalArgumentException(
                        "--bootstrap-servers " + servers + ": allowed is host:port, several with commas between");
            }
        }
        try {
            Map<String, Object> producer = ReadingSender.withDefaults(settings);
            producer.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            producer.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
            new ProducerConfig(producer);
        } catch (ConfigException e) {
            throw new IllegalArgumentException("Kafka setting: " + e.getMessage(), e);
        }
    }
}
