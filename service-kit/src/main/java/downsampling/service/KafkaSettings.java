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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings for Kafka's clients that a program passes through, such as those for TLS and SASL. */
public final class KafkaSettings {
    /** The broker's address if nobody gave one. */
    public static final String DEFAULT_BOOTSTRAP_SERVERS = "localhost:19092";

    private static final Logger LOG = LoggerFactory.getLogger(KafkaSettings.class);

    private static final String VARIABLE_PREFIX = "KAFKA_";
    /** Variables of Kafka's own scripts and images, and those that Kubernetes sets for a service called kafka. */
    private static final Pattern VARIABLE_OF_OTHERS = Pattern.compile(
            "KAFKA_(?:(?:\\w*_)?OPTS|OPTS|HOME|VERSION|DEBUG|(?:LOG4J|JMX|CFG|BROKER|CONTROLLER|PORT|SERVICE|SCALA)(?:_\\w*)?"
                    + "|CLUSTER_ID|NODE_ID|PROCESS_ROLES|LISTENERS|LISTENER_\\w*|ADVERTISED_\\w*|INTER_BROKER_\\w*|LOG_\\w*"
                    + "|OFFSETS_\\w*|TRANSACTION_STATE_\\w*|AUTO_CREATE_\\w*|ZOOKEEPER_\\w*|DATA_DIR|USER|BROKERS)");

    /** Prefixes of settings that Kafka Streams passes to one kind of its clients alone. */
    private static final List<String> CLIENT_PREFIXES =
            List.of("main.consumer.", "restore.consumer.", "global.consumer.", "consumer.", "producer.", "admin.");

    private static final String ADDRESS = "\\s*(?:[A-Za-z0-9_]+://)?(?:\\[[^\\]]+]|[^:\\[\\]/\\s]+):[0-9]{1,5}\\s*";

    private KafkaSettings() {}

    /**
     * Reads the settings of a properties file and of the environment ({@code KAFKA_SECURITY_PROTOCOL} is
     * {@code security.protocol}). The environment wins over the file, and the bootstrap servers of an option win over both. A line
     * in the log names what no client of Kafka knows: such a variable is not used, and such a setting of the file is passed on,
     * since a plug-in may read it.
     *
     * @param file             properties as Kafka's own tools read them, or null for none
     * @param environment      environment of the process
     * @param bootstrapServers value of the option, or null if it was not given
     * @param more             names of settings that are known besides those of the consumer, the producer and the admin client; a
     *     name that ends in a dot stands for all names that begin with it
     * @return the settings, with {@code bootstrap.servers} among them
     * @throws InvalidSettingException if the file cannot be read, or the servers are no addresses
     */
    public static Map<String, String> read(
            @Nullable Path file, Map<String, String> environment, @Nullable String bootstrapServers, Set<String> more) {
        Map<String, String> settings = new HashMap<>();
        if (file != null) {
            readFile(file)
                    .forEach((name, value) -> settings.put(
                            name.toString().strip(), value.toString().strip()));
        }
        warn(
                settings.keySet().stream().filter(name -> !isKnown(name, more)).toList(),
                "of " + file + ": no client of Kafka knows that setting; it is passed on, as a plug-in may read it");
        Set<String> unknown = new TreeSet<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(VARIABLE_PREFIX) && !value.isEmpty()) {
                String name = variable.substring(VARIABLE_PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '.');
                if (isKnown(name, more)) {
                    settings.put(name, value);
                } else if (!VARIABLE_OF_OTHERS.matcher(variable).matches()) {
                    unknown.add(variable);
                }
            }
        });
        warn(unknown, "in the environment: no client of Kafka that this program uses has that setting; it is not used");
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
        } catch (IOException | IllegalArgumentException e) { // the latter if an escape is malformed
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
        return isClientSetting(bare)
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

    private static boolean isClientSetting(String name) {
        return ConsumerConfig.configNames().contains(name)
                || ProducerConfig.configNames().contains(name)
                || AdminClientConfig.configNames().contains(name);
    }

    /**
     * The settings for one client, with the precedence of Kafka Streams: a setting for that client alone wins over one for all. A
     * setting that only other clients know is left out, so that this one does not complain about it; a setting that no client
     * knows is kept, since it may belong to a plug-in.
     *
     * @param names    the settings that the client knows, as its {@code configNames()} has them
     * @param prefixes the prefixes of this client's settings; where several apply, the last one wins
     */
    public static Map<String, Object> forClient(Map<String, String> settings, Set<String> names, String... prefixes) {
        Map<String, Object> all = new HashMap<>();
        settings.forEach((name, value) -> {
            if (names.contains(name)
                    || (!isClientSetting(withoutPrefix(name))
                            && withoutPrefix(name).equals(name))) {
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

    /** The settings for an admin client. */
    public static Map<String, Object> forAdmin(Map<String, String> settings) {
        return forClient(settings, AdminClientConfig.configNames(), "admin.");
    }

    /** The settings for a consumer. */
    public static Map<String, Object> forConsumer(Map<String, String> settings) {
        return forClient(settings, ConsumerConfig.configNames(), "consumer.", "main.consumer.");
    }

    /** The settings for a producer. */
    public static Map<String, Object> forProducer(Map<String, String> settings) {
        return forClient(settings, ProducerConfig.configNames(), "producer.");
    }

    /** A setting that is a number. What makes no sense is left for Kafka to refuse, and the default stands here for it. */
    public static long number(Map<String, Object> settings, String name, long otherwise) {
        try {
            return settings.containsKey(name)
                    ? Long.parseLong(settings.get(name).toString().strip())
                    : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    /**
     * The settings without those that a user must not change, with and without a prefix. Each of these whose value would have
     * changed something is named in the log.
     *
     * @param fixed for each such setting the value that it always has, or the option that decides it
     */
    public static Map<String, String> without(Map<String, String> settings, Map<String, String> fixed) {
        Map<String, String> rest = new HashMap<>(settings);
        new TreeMap<>(settings).forEach((name, value) -> {
            String always = fixed.getOrDefault(name, fixed.get(withoutPrefix(name)));
            if (always != null) {
                rest.remove(name);
                if (!value.equalsIgnoreCase(always)) {
                    LOG.warn(
                            always.startsWith("--")
                                    ? "Kafka setting {}={} is not used: the option {} decides that"
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
