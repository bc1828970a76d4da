package downsampling.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.hivemq.configuration.service.InternalConfigurations;
import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.migration.meta.PersistenceType;
import downsampling.mqtt.BrokerSettings.Tls;
import downsampling.service.FailedException;
import downsampling.service.LocalPort;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * One real MQTT broker in this JVM, reachable from this machine only (127.0.0.1), until the process ends. With a data folder,
 * sessions and messages that it has acknowledged survive that, however the process ends.
 */
final class LocalMqtt {
    private static final String HOST = "127.0.0.1";

    /** For each session. Beyond it, new messages are dropped, and {@link #dropped} counts them. */
    private static final int MAX_QUEUED = 1_000_000;

    /** Messages that a client has not acknowledged. Clients may ask for fewer; by default, HiveMQ grants no more than 50. */
    private static final int MAX_IN_FLIGHT = 1_000;

    private final EmbeddedHiveMQ hiveMq;
    private final int port;
    private final String listeners;

    private LocalMqtt(EmbeddedHiveMQ hiveMq, int port, String listeners) {
        this.hiveMq = hiveMq;
        this.port = port;
        this.listeners = listeners;
    }

    /**
     * Starts a broker, which is ready when this returns.
     *
     * @throws FailedException in one line: a port or the data folder is in use, a keystore cannot be read
     */
    static LocalMqtt start(BrokerSettings settings) {
        int port = LocalPort.orFree(settings.port());
        StringBuilder config = new StringBuilder(listener("tcp-listener", port, ""));
        StringBuilder listeners = new StringBuilder(HOST + ":" + port);
        settings.tls().ifPresent(tls -> {
            int its = LocalPort.orFree(tls.port());
            config.append(listener("tls-tcp-listener", its, tls(tls)));
            listeners.append(", by TLS on " + HOST + ":").append(its);
        });
        settings.webSocketPort().ifPresent(wanted -> {
            int its = LocalPort.orFree(wanted);
            config.append(listener("websocket-listener", its, "<path>/mqtt</path>"));
            listeners.append(", by WebSocket on " + HOST + ":").append(its).append("/mqtt");
        });
        useInternalSettings();
        try {
            // HiveMQ reads its settings from a file, once, and writes an id beside them if it has no other folder.
            Path folder = Files.createTempDirectory("local-mqtt-");
            try {
                Files.writeString(
                        folder.resolve("config.xml"),
                        config(config, settings.dataDir().isPresent()),
                        UTF_8);
                return new LocalMqtt(start(settings, folder), port, listeners.toString());
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new FailedException("The MQTT broker did not start", e);
        }
    }

    private static EmbeddedHiveMQ start(BrokerSettings settings, Path configFolder) throws IOException {
        Path dataDir =
                settings.dataDir().isPresent() ? createUnused(settings.dataDir().get()) : configFolder;
        EmbeddedHiveMQ hiveMq = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(configFolder)
                .withDataFolder(dataDir)
                .withExtensionsFolder(configFolder)
                .withEmbeddedExtension(EmbeddedExtension.builder()
                        .withId("access")
                        .withName("Who may do what")
                        .withVersion("1")
                        .withExtensionMain(new Access(settings.login(), settings.forbidden()))
                        .build())
                .withoutLoggingBootstrap()
                .build();
        try {
            hiveMq.start().get();
            return hiveMq;
        } catch (ExecutionException e) {
            throw new FailedException("The MQTT broker did not start", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("The MQTT broker was stopped before it had started", e);
        }
    }

    /** Where the broker listens: {@code 127.0.0.1:1883, by TLS on 127.0.0.1:8883, …}. */
    String listeners() {
        return listeners;
    }

    /** The port for MQTT without TLS. */
    int port() {
        return port;
    }

    /** How many messages were dropped since the start, such as those of QoS 0 that a client was too slow for. */
    long dropped() {
        return hiveMq.getMetricRegistry()
                .counter("com.hivemq.messages.dropped.count")
                .getCount();
    }

    /** What HiveMQ has no public settings for. */
    private static void useInternalSettings() {
        InternalConfigurations.MAX_INFLIGHT_WINDOW_SIZE_MESSAGES = MAX_IN_FLIGHT;
        // One kind of storage is enough, and RocksDB would add 50 MB to the jar.
        InternalConfigurations.PAYLOAD_PERSISTENCE_TYPE.set(PersistenceType.FILE);
        InternalConfigurations.RETAINED_MESSAGE_PERSISTENCE_TYPE.set(PersistenceType.FILE);
        InternalConfigurations.JMX_REPORTER_ENABLED.set(false);
    }

    private static String config(CharSequence listeners, boolean onDisk) {
        return """
                <hivemq>
                  <listeners>%s</listeners>
                  <mqtt>
                    <queued-messages>
                      <max-queue-size>%d</max-queue-size>
                      <strategy>discard</strategy>
                    </queued-messages>
                    <receive-maximum>
                      <server-receive-maximum>65535</server-receive-maximum>
                    </receive-maximum>
                  </mqtt>
                  <anonymous-usage-statistics>
                    <enabled>false</enabled>
                  </anonymous-usage-statistics>
                  <persistence>
                    <mode>%s</mode>
                  </persistence>
                </hivemq>
                """.formatted(listeners, MAX_QUEUED, onDisk ? "file" : "in-memory");
    }

    private static String listener(String kind, int port, String more) {
        return "<%1$s><port>%2$d</port><bind-address>%3$s</bind-address>%4$s</%1$s>".formatted(kind, port, HOST, more);
    }

    private static String tls(Tls tls) {
        checkStore(tls.keystore(), tls.password());
        Optional<Path> truststore = tls.truststore();
        truststore.ifPresent(its -> checkStore(its, tls.password()));
        String password = xml(tls.password());
        return """
                <tls>
                  <keystore>
                    <path>%1$s</path>
                    <password>%2$s</password>
                    <private-key-password>%2$s</private-key-password>
                  </keystore>
                  %3$s
                </tls>
                """.formatted(
                path(tls.keystore()),
                password,
                truststore.map(its -> """
                <truststore>
                  <path>%s</path>
                  <password>%s</password>
                </truststore>
                <client-authentication-mode>REQUIRED</client-authentication-mode>
                """.formatted(path(its), password)).orElse(""));
    }

    /** HiveMQ finds out only when the first client comes, and logs a page. */
    private static void checkStore(Path file, String password) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore.getInstance("PKCS12").load(in, password.toCharArray());
        } catch (IOException | GeneralSecurityException e) {
            throw new FailedException(file + " cannot be read as PKCS #12 with LOCAL_MQTT_BROKER_TLS_PASSWORD", e);
        }
    }

    private static String path(Path file) {
        return xml(file.toAbsolutePath().toString());
    }

    private static String xml(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static Path createUnused(Path dir) throws IOException {
        try {
            Files.createDirectories(dir);
        } catch (IOException e) {
            throw new FailedException("Data folder " + dir + " cannot be created", e);
        }
        // The file that HiveMQ locks while it runs.
        try (FileChannel channel = FileChannel.open(
                        dir.resolve("data.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                throw new FailedException("Data folder " + dir + " is in use by another broker");
            }
        }
        return dir;
    }
}
