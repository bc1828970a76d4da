package downsampling.service;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings for Kafka's clients that a program passes through, such as those for TLS and SASL. */
public final class KafkaSettings {
    /** Where a broker is looked for that nobody named. */
    public static final String DEFAULT_BOOTSTRAP_SERVERS = "localhost:19092";

    private static final Logger LOG = LoggerFactory.getLogger(KafkaSettings.class);

    private static final String VARIABLE_PREFIX = "KAFKA_";
    /** Kafka's own scripts and images, and what Kubernetes sets for a service called kafka. */
    private static final Pattern VARIABLE_OF_OTHERS = Pattern.compile(
            "KAFKA_(?:(?:\\w*_)?OPTS|OPTS|HOME|VERSION|DEBUG|(?:LOG4J|JMX|CFG|BROKER|CONTROLLER|PORT|SERVICE|SCALA)(?:_\\w*)?"
                    + "|CLUSTER_ID|NODE_ID|PROCESS_ROLES|LISTENERS|LISTENER_\\w*|ADVERTISED_\\w*|INTER_BROKER_\\w*|LOG_\\w*"
                    + "|OFFSETS_\\w*|TRANSACTION_STATE_\\w*|AUTO_CREATE_\\w*|ZOOKEEPER_\\w*|DATA_DIR|USER|BROKERS)");

    /** Prefixes by which Kafka Streams tells one of its clients from the others. */
    private static final List<String> CLIENT_PREFIXES =
            List.of("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.");

    private static final String ADDRESS = "\\s*(?:[A-Za-z0-9_]+://)?(?:\\[[^\\]]+]|[^:\\[\\]/\\s]+):[0-9]{1,5}\\s*";

    private KafkaSettings() {}

    /**
     * What a properties file says, over it the environment ({@code KAFKA_SECURITY_PROTOCOL} is {@code security.protocol}), over
     * it the bootstrap servers that were named. What none of Kafka's clients knows is told in a line: a variable is not used
     * then, and a line of the file is left for whatever plug-in may read it.
     *
     * @param file             properties as Kafka's own tools take them, or null
     * @param bootstrapServers as an option has them, or null
     * @param more             settings beside those of the consumer, the producer and the admin client, or names they begin with
     *                         if there is a dot at their end
     * @return with {@code bootstrap.servers} among them
     * @throws InvalidSettingException if the file cannot be read, or the servers are none
     */
    public static Map<String, String> read(
            Path file, Map<String, String> environment, String bootstrapServers, Set<String> more) {
        Map<String, String> settings = new HashMap<>();
        if (file != null) {
            readFile(file)
                    .forEach((name, value) -> settings.put(
                            name.toString().strip(), value.toString().strip()));
        }
        warn(
                settings.keySet().stream().filter(name -> !isKnown(name, more)).toList(),
                "of " + file + ": no client of Kafka knows that setting, it is passed on for a plug-in");
        Set<String> nobodys = new TreeSet<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(VARIABLE_PREFIX) && !value.isEmpty()) {
                String name = variable.substring(VARIABLE_PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '.');
                if (isKnown(name, more)) {
                    settings.put(name, value);
                } else if (!VARIABLE_OF_OTHERS.matcher(variable).matches()) {
                    nobodys.add(variable);
                }
            }
        });
        warn(nobodys, "in the environment: no client of Kafka that this program uses has that setting, it is not used");
        if (bootstrapServers != null) {
            settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        }
        settings.putIfAbsent(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, DEFAULT_BOOTSTRAP_SERVERS);
        checkAddresses(settings.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
        return settings;
    }

    private static Properties readFile(Path file) {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
        } catch (IOException | IllegalArgumentException e) { // the second: a malformed escape
            throw new InvalidSettingException("--config", file, "a properties file that can be read");
        }
        return properties;
    }

    private static void warn(Iterable<String> names, String what) {
        String all = String.join(", ", names);
        if (!all.isEmpty()) {
            LOG.warn("{} {}", all, what);
        }
    }

    private static void checkAddresses(String servers) {
        for (String server : servers.split(",", -1)) {
            if (!server.matches(ADDRESS)) {
                throw new InvalidSettingException(
                        "--bootstrap-servers", servers, "HOST:PORT, several with commas between them");
            }
        }
    }

    private static boolean isKnown(String name, Set<String> more) {
        String bare = withoutPrefix(name);
        return isOfAClient(bare)
                || more.contains(name)
                || more.stream().anyMatch(prefix -> prefix.endsWith(".") && name.startsWith(prefix));
    }

    private static String withoutPrefix(String name) {
        for (String prefix : CLIENT_PREFIXES) {
            if (name.startsWith(prefix)) {
                return name.substring(prefix.length());
            }
        }
        return name;
    }

    private static boolean isOfAClient(String name) {
        return ConsumerConfig.configNames().contains(name)
                || ProducerConfig.configNames().contains(name)
                || AdminClientConfig.configNames().contains(name);
    }

    /**
     * What one client is given, with Kafka Streams' own precedence: what is said for that client alone wins over what is said
     * for all. What only other clients know is left out, so that none complains of it; what nobody knows may be a plug-in's.
     *
     * @param names    settings that the client knows, as its {@code configNames()} says
     * @param prefixes of this client, the one that wins last
     */
    public static Map<String, Object> forClient(Map<String, String> settings, Set<String> names, String... prefixes) {
        Map<String, Object> all = new HashMap<>();
        settings.forEach((name, value) -> {
            if (names.contains(name)
                    || (!isOfAClient(withoutPrefix(name)) && withoutPrefix(name).equals(name))) {
                all.put(name, value);
            }
        });
        for (String prefix : prefixes) {
            settings.forEach((name, value) -> {
                if (name.startsWith(prefix)) {
                    all.put(name.substring(prefix.length()), value);
                }
            });
        }
        return all;
    }

    /** {@link #forClient} for an admin client. */
    public static Map<String, Object> forAdmin(Map<String, String> settings) {
        return forClient(settings, AdminClientConfig.configNames(), "admin.");
    }

    /** {@link #forClient} for a consumer. */
    public static Map<String, Object> forConsumer(Map<String, String> settings) {
        return forClient(settings, ConsumerConfig.configNames(), "consumer.", "main.consumer.");
    }

    /** {@link #forClient} for a producer. */
    public static Map<String, Object> forProducer(Map<String, String> settings) {
        return forClient(settings, ProducerConfig.configNames(), "producer.");
    }

    /**
     * Takes out what must not be changed, in whatever form it was given, and says so in a line for each that would have changed
     * something.
     *
     * @param fixed name to the value that it always has, or to the option that says it
     */
    public static Map<String, String> without(Map<String, String> settings, Map<String, String> fixed) {
        Map<String, String> rest = new HashMap<>(settings);
        new TreeSet<>(settings.keySet()).forEach(name -> {
            String always = fixed.getOrDefault(name, fixed.get(withoutPrefix(name)));
            if (always != null) {
                String value = rest.remove(name);
                if (!value.equalsIgnoreCase(always)) {
                    LOG.warn(
                            always.startsWith("--")
                                    ? "Kafka setting {}={} is not used: {} says that"
                                    : "Kafka setting {}={} is not used: it is always {}, since the results depend on it",
                            name,
                            ErrorLine.printable(value),
                            always);
                }
            }
        });
        return rest;
    }
}
