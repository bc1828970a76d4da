package downsampling.processor;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Settings for Kafka's clients that this program passes through, such as those for TLS and SASL. */
final class KafkaSettings {
    private static final String PREFIX = "KAFKA_";

    private KafkaSettings() {}

    /**
     * What a properties file says, overridden by the environment: {@code KAFKA_SECURITY_PROTOCOL} is {@code
     * security.protocol}. Variables such as {@code KAFKA_HEAP_OPTS} that name no client setting are somebody else's.
     *
     * @param file properties as Kafka's own tools take them, or null
     */
    static Map<String, String> read(Path file, Map<String, String> environment) throws IOException {
        Map<String, String> settings = new HashMap<>();
        if (file != null) {
            Properties properties = new Properties();
            try (Reader in = Files.newBufferedReader(file)) {
                properties.load(in);
            }
            properties.forEach((name, value) -> settings.put(name.toString(), value.toString()));
        }
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX)) {
                String name = variable.substring(PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '.');
                if (isKnown(name)) {
                    settings.put(name, value);
                }
            }
        });
        return settings;
    }

    /** Whether any of the clients, or Kafka Streams with its prefixes, knows the setting. */
    private static boolean isKnown(String name) {
        for (String prefix : Set.of("main.consumer.", "restore.consumer.", "consumer.", "producer.", "admin.")) {
            if (name.startsWith(prefix)) {
                return isKnown(name.substring(prefix.length()));
            }
        }
        return StreamsConfig.configDef().names().contains(name)
                || ConsumerConfig.configNames().contains(name)
                || ProducerConfig.configNames().contains(name)
                || AdminClientConfig.configNames().contains(name);
    }
}
