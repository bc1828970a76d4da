package downsampling.broker;

import downsampling.service.FailedException;
import downsampling.service.LocalPort;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.util.FileLock;
import org.jspecify.annotations.Nullable;

/**
 * One real Apache Kafka broker in this JVM: KRaft, broker and controller in one, reachable from this machine only
 * (127.0.0.1). Transactions, idempotent producers and compacted topics work. A topic has to be created: naming it is not
 * enough.
 *
 * <p>The broker is ready when {@link #start} returns. If the caller names a data folder, a later start on it continues with the
 * data, after a crash too; a temporary folder is removed by {@link #close}.
 *
 * <p>It starts what Kafka's own start script starts, through classes that are not Kafka's public API: see
 * {@code docs/decisions/local-broker.md}.
 */
public final class LocalKafka implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final int NODE_ID = 1;

    private final int port;
    private final Path dataDir;
    private final boolean temporary;
    private final KafkaRaftServer server;

    private LocalKafka(int port, Path dataDir, boolean temporary, KafkaRaftServer server) {
        this.port = port;
        this.dataDir = dataDir;
        this.temporary = temporary;
        this.server = server;
    }

    /**
     * Starts a broker on a free port, with a temporary data folder.
     *
     * @throws KafkaException if the broker cannot start
     */
    public static LocalKafka start() {
        return start(0, null, Map.of());
    }

    /**
     * Starts a broker.
     *
     * @param port from 1 to 65535, or 0 for a free one
     * @param dataDir where the data stays, created if missing, or null for a temporary folder
     * @param properties settings of the broker that are added or changed, by their names in {@code server.properties}; the
     *     listeners are called {@code CLIENT} and {@code CONTROLLER}
     * @throws FailedException if the port is in use
     * @throws KafkaException if the broker cannot start: another broker has the data folder, a property is refused; the message
     *     is one line for people
     */
    public static LocalKafka start(int port, @Nullable Path dataDir, Map<String, String> properties) {
        // Kafka finds out as well, but in the middle of its start, and with a page of log.
        int clientPort = LocalPort.orFree(port);
        KafkaRaftServer server = null;
        Path dir = null;
        try {
            dir = dataDir == null ? Files.createTempDirectory("local-kafka-") : createDirectory(dataDir);
            requireUnused(dir);
            Map<String, String> all = defaults(clientPort, LocalPort.free(), dir);
            if (hasCrashed(dir)) {
                // The controller does not let the broker in before the session of the process that crashed has ended,
                // and then only at the broker's next attempt; these come after 0.1, 0.3, 0.7 and 1.5 s.
                all.put("broker.session.timeout.ms", "1400");
                all.put("broker.heartbeat.interval.ms", "300");
            }
            all.putAll(properties);
            KafkaConfig config = new KafkaConfig(all, false);
            if (!isFormatted(dir)) {
                format(dir);
            }
            server = new KafkaRaftServer(config, Time.SYSTEM);
            server.startup();
            return new LocalKafka(clientPort, dir, dataDir == null, server);
        } catch (Exception e) {
            if (server != null) {
                server.shutdown();
            }
            if (dataDir == null && dir != null) {
                deleteTree(dir);
            }
            throw e instanceof KafkaException k ? k : new KafkaException("Kafka did not start: " + e.getMessage(), e);
        }
    }

    /** Where clients connect, in the form of {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    /** The folder the data is in. */
    public Path dataDir() {
        return dataDir;
    }

    /** Blocks until the broker has stopped, whether by {@link #close} or by a fault of its own. */
    public void awaitClose() {
        server.awaitShutdown();
    }

    /** Stops the broker in good order, so that the next start is quick, and removes a temporary data folder. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
        if (temporary) {
            deleteTree(dataDir);
        }
    }

    private static Map<String, String> defaults(int clientPort, int controllerPort, Path dir) {
        Map<String, String> p = new HashMap<>();
        p.put("process.roles", "broker,controller");
        p.put("node.id", String.valueOf(NODE_ID));
        p.put("listeners", "CLIENT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, clientPort, HOST, controllerPort));
        p.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        p.put("inter.broker.listener.name", "CLIENT");
        p.put("controller.listener.names", "CONTROLLER");
        p.put("controller.quorum.voters", "%d@%s:%d".formatted(NODE_ID, HOST, controllerPort));
        p.put("log.dirs", dir.toString());

        // A misspelt topic is noticed.
        p.put("auto.create.topics.enable", "false");

        // One broker holds every replica.
        p.put("offsets.topic.replication.factor", "1");
        p.put("offsets.topic.num.partitions", "1");
        p.put("transaction.state.log.replication.factor", "1");
        p.put("transaction.state.log.min.isr", "1");
        p.put("transaction.state.log.num.partitions", "1");
        p.put("share.coordinator.state.topic.replication.factor", "1");
        p.put("share.coordinator.state.topic.min.isr", "1");
        p.put("share.coordinator.state.topic.num.partitions", "1");

        // A group does not wait for more members, and the transaction of a producer that died is soon aborted.
        p.put("group.initial.rebalance.delay.ms", "0");
        p.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");

        // It is 128 MB by default; compacting a few topics needs no more than this.
        p.put("log.cleaner.dedupe.buffer.size", String.valueOf(4 << 20));
        return p;
    }

    private static boolean isFormatted(Path dir) {
        return Files.exists(dir.resolve("meta.properties"));
    }

    /** Whether the broker that last used the folder did not leave the file that it writes when it stops in good order. */
    private static boolean hasCrashed(Path dir) {
        return isFormatted(dir) && Files.notExists(dir.resolve(".kafka_cleanshutdown"));
    }

    private static void format(Path dir) throws Exception {
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream()))
                .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                .setClusterId(Uuid.randomUuid().toString())
                .setNodeId(NODE_ID)
                .setControllerListenerName("CONTROLLER")
                .setMetadataLogDirectory(dir.toString())
                .setDirectories(List.of(dir.toString()))
                .run();
    }

    private static Path createDirectory(Path dir) {
        try {
            return Files.createDirectories(dir);
        } catch (IOException e) {
            throw new KafkaException("Data folder %s cannot be created: %s".formatted(dir, e), e);
        }
    }

    /** Checks the lock file that a running broker holds. */
    private static void requireUnused(Path dir) throws IOException {
        FileLock lock = new FileLock(dir.resolve(".lock").toFile());
        try {
            if (!lock.tryLock()) {
                throw new KafkaException("Data folder %s is in use by another broker".formatted(dir));
            }
        } finally {
            lock.unlockAndClose();
        }
    }

    private static void deleteTree(Path dir) {
        try (Stream<Path> paths = Files.walk(dir)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Could not remove the temporary folder " + dir, e);
        }
    }
}
