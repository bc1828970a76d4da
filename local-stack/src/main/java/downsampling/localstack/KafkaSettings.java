package downsampling.localstack;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/** Settings for the page's consumer that this program passes through, such as those for TLS and SASL. */
final class KafkaSettings {
    private static final String PREFIX = "KAFKA_";

    private KafkaSettings() {}

    /**
     * What a properties file says, overridden by the environment: {@code KAFKA_SECURITY_PROTOCOL} is {@code
     * security.protocol}. Variables that name no consumer setting are somebody else's.
     *
     * @param file properties as Kafka's own tools take them, or null
     * @throws IllegalArgumentException in one line, if the file cannot be read
     */
    static Map<String, Object> read(Path file, Map<String, String> environment) {
        Map<String, Object> settings = new HashMap<>();
        if (file != null) {
            Properties properties = new Properties();
            try (Reader in = Files.newBufferedReader(file)) {
                properties.load(in);
            } catch (IOException | IllegalArgumentException e) { // the second: a malformed escape
                throw new IllegalArgumentException("--config: expected a readable properties file, but was " + file, e);
            }
            properties.forEach((name, value) -> settings.put(name.toString(), value));
        }
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX)) {
                String name = variable.substring(PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '.');
                if (ConsumerConfig.configNames().contains(name)) {
                    settings.put(name, value);
                }
            }
        });
        return settings;
    }
}
