package downsampling.broker;

import downsampling.service.LocalPort;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * A Kafka broker with the API of Redpanda: it runs in this JVM, behind a proxy that answers {@code ApiVersions} as Redpanda does
 * and, also as Redpanda does, closes the connection of a client that asks for anything else. The broker itself has no transactions of
 * version 2 (KIP-890), no new group protocol (KIP-848, KIP-1071) and no share groups.
 *
 * <p>This shows that a program asks for nothing that Redpanda lacks. How Redpanda behaves where it is asked for what it has, only
 * Redpanda can show.
 */
public final class RedpandaApi implements AutoCloseable {

    /** An API in a version, such as {@code PRODUCE v7}. */
    public record Api(short key, short version) implements Comparable<Api> {
        @Override
        public int compareTo(Api other) {
            return key == other.key ? Short.compare(version, other.version) : Short.compare(key, other.key);
        }

        @Override
        public String toString() {
            return (ApiKeys.hasId(key) ? ApiKeys.forId(key).toString() : "API " + key) + " v" + version;
        }
    }

    private record Versions(short min, short max) {}

    /**
     * Key, lowest and highest version, as the protocol handlers of Redpanda v24.3.2 have them. Later versions of Redpanda have
     * more, and a program that needs no more than this works with them, too.
     */
    private static final short[][] TABLE = {
        {0, 0, 7}, // Produce
        {1, 4, 11}, // Fetch
        {2, 0, 4}, // ListOffsets
        {3, 0, 8}, // Metadata
        {8, 1, 8}, // OffsetCommit
        {9, 1, 7}, // OffsetFetch
        {10, 0, 3}, // FindCoordinator
        {11, 0, 6}, // JoinGroup
        {12, 0, 4}, // Heartbeat
        {13, 0, 4}, // LeaveGroup
        {14, 0, 4}, // SyncGroup
        {15, 0, 5}, // DescribeGroups
        {16, 0, 4}, // ListGroups
        {17, 0, 1}, // SaslHandshake
        {18, 0, 3}, // ApiVersions
        {19, 0, 6}, // CreateTopics
        {20, 0, 5}, // DeleteTopics
        {21, 0, 2}, // DeleteRecords
        {22, 0, 3}, // InitProducerId
        {23, 0, 4}, // OffsetForLeaderEpoch
        {24, 0, 3}, // AddPartitionsToTxn
        {25, 0, 1}, // AddOffsetsToTxn
        {26, 0, 3}, // EndTxn
        {28, 0, 3}, // TxnOffsetCommit
        {29, 0, 2}, // DescribeAcls
        {30, 0, 2}, // CreateAcls
        {31, 0, 2}, // DeleteAcls
        {32, 0, 4}, // DescribeConfigs
        {33, 0, 2}, // AlterConfigs
        {35, 0, 2}, // DescribeLogDirs
        {36, 0, 2}, // SaslAuthenticate
        {37, 0, 3}, // CreatePartitions
        {42, 0, 2}, // DeleteGroups
        {44, 0, 1}, // IncrementalAlterConfigs
        {45, 0, 0}, // AlterPartitionReassignments
        {46, 0, 0}, // ListPartitionReassignments
        {47, 0, 0}, // OffsetDelete
        {48, 0, 1}, // DescribeClientQuotas
        {49, 0, 1}, // AlterClientQuotas
        {61, 0, 0}, // DescribeProducers
        {65, 0, 0}, // DescribeTransactions
        {66, 0, 0}, // ListTransactions
    };

    private static final String HOST = "127.0.0.1";
    /** The last version of ApiVersions whose answer has no tagged fields and no compact arrays. */
    private static final int LAST_PLAIN = 2;

    private final LocalKafka kafka;
    private final int proxiedPort;
    private final ServerSocket server;
    private final SortedMap<Short, Versions> table;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<Api, Long> asked = new ConcurrentHashMap<>();
    private final Map<Api, Long> refused = new ConcurrentHashMap<>();

    private RedpandaApi(LocalKafka kafka, int proxiedPort, ServerSocket server, SortedMap<Short, Versions> table) {
        this.kafka = kafka;
        this.proxiedPort = proxiedPort;
        this.server = server;
        this.table = table;
    }

    /** Starts the broker, on a temporary folder, and the proxy, on a free port. */
    public static RedpandaApi start() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName(HOST));
        int clientPort = LocalPort.free();
        int proxiedPort = LocalPort.free();
        int controllerPort = LocalPort.free();
        // What the broker asks of itself, such as WriteTxnMarkers, goes by the listener CLIENT and past the proxy.
        LocalKafka kafka = LocalKafka.start(
                clientPort,
                null,
                Map.of(
                        "listeners",
                        "CLIENT://%s:%d,PROXIED://%s:%d,CONTROLLER://%s:%d"
                                .formatted(HOST, clientPort, HOST, proxiedPort, HOST, controllerPort),
                        "advertised.listeners",
                        "CLIENT://%s:%d,PROXIED://%s:%d".formatted(HOST, clientPort, HOST, server.getLocalPort()),
                        "listener.security.protocol.map",
                        "CLIENT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
                        "controller.quorum.voters",
                        "1@%s:%d".formatted(HOST, controllerPort)));
        try {
            disableNewFeatures(kafka);
            RedpandaApi api = new RedpandaApi(kafka, proxiedPort, server, common(proxiedPort));
            thread("redpanda-api-accept", api::accept);
            return api;
        } catch (Exception e) {
            server.close();
            kafka.close();
            throw new IOException("The proxy did not start", e);
        }
    }

    private static void disableNewFeatures(LocalKafka kafka) throws ExecutionException, InterruptedException {
        FeatureUpdate off = new FeatureUpdate((short) 0, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.updateFeatures(
                            Map.of(
                                    "transaction.version", off,
                                    "group.version", off,
                                    "share.version", off,
                                    "streams.version", off),
                            new UpdateFeaturesOptions())
                    .all()
                    .get();
        }
    }

    /** What Redpanda and the broker both have, so that the broker keeps what the proxy promises. */
    private static SortedMap<Short, Versions> common(int proxiedPort) throws IOException {
        SortedMap<Short, Versions> both = new TreeMap<>();
        try (Socket socket = new Socket(HOST, proxiedPort)) {
            ByteBuffer request = ByteBuffer.allocate(10)
                    .putShort(ApiKeys.API_VERSIONS.id)
                    .putShort((short) 0)
                    .putInt(0)
                    .putShort((short) -1);
            writeFrame(new DataOutputStream(socket.getOutputStream()), request.array());
            ByteBuffer answer = ByteBuffer.wrap(readFrame(new DataInputStream(socket.getInputStream())));
            answer.getInt();
            answer.getShort();
            Map<Short, Versions> brokers = new TreeMap<>();
            for (int i = answer.getInt(); i > 0; i--) {
                brokers.put(answer.getShort(), new Versions(answer.getShort(), answer.getShort()));
            }
            for (short[] redpandas : TABLE) {
                Versions versions = brokers.get(redpandas[0]);
                if (versions != null && versions.min <= redpandas[2] && versions.max >= redpandas[1]) {
                    both.put(redpandas[0], new Versions((short) Math.max(versions.min, redpandas[1]), (short)
                            Math.min(versions.max, redpandas[2])));
                }
            }
        }
        return both;
    }

    /** Where clients find the proxy, and through it the broker. */
    public String bootstrapServers() {
        return HOST + ":" + server.getLocalPort();
    }

    /** What clients asked for, refused or not, and how often. */
    public SortedMap<Api, Long> asked() {
        return new TreeMap<>(asked);
    }

    /** What clients asked for that Redpanda lacks, and how often. */
    public SortedMap<Api, Long> refused() {
        return new TreeMap<>(refused);
    }

    private void accept() {
        while (true) {
            try {
                Socket client = server.accept();
                open.add(client);
                thread("redpanda-api-requests", () -> serve(client));
            } catch (SocketException e) { // the proxy was closed
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Passes on the requests of one connection until either side, or a request that is refused, ends it. */
    private void serve(Socket client) {
        try (client;
                Socket broker = new Socket(HOST, proxiedPort)) {
            open.add(broker);
            client.setTcpNoDelay(true);
            broker.setTcpNoDelay(true);
            thread("redpanda-api-answers", () -> passOnAnswers(broker, client));
            DataInputStream requests = new DataInputStream(client.getInputStream());
            DataOutputStream toBroker = new DataOutputStream(broker.getOutputStream());
            DataOutputStream toClient = new DataOutputStream(client.getOutputStream());
            while (true) {
                byte[] request = readFrame(requests);
                ByteBuffer header = ByteBuffer.wrap(request);
                Api api = new Api(header.getShort(), header.getShort());
                int correlationId = header.getInt();
                asked.merge(api, 1L, Long::sum);
                if (api.key == ApiKeys.API_VERSIONS.id) {
                    // The first request of a connection, which is answered before the next is sent: no answer of the
                    // broker is on its way.
                    writeFrame(toClient, apiVersions(correlationId, api.version));
                } else if (isKnown(api)) {
                    writeFrame(toBroker, request);
                } else {
                    refused.merge(api, 1L, Long::sum);
                    return;
                }
            }
        } catch (IOException e) {
            // One of the two has gone; the other notices the end of its connection.
        } finally {
            open.remove(client);
        }
    }

    private boolean isKnown(Api api) {
        Versions versions = table.get(api.key);
        return versions != null && versions.min <= api.version && api.version <= versions.max;
    }

    private void passOnAnswers(Socket broker, Socket client) {
        try (broker;
                client) {
            broker.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            // As in serve.
        } finally {
            open.remove(broker);
        }
    }

    /** For a version that Redpanda lacks, the answer is an error with the table in version 0, as KIP-511 has it. */
    private byte[] apiVersions(int correlationId, short version) {
        boolean tooNew = version > table.get(ApiKeys.API_VERSIONS.id).max;
        boolean plain = tooNew || version <= LAST_PLAIN;
        ByteBuffer answer = ByteBuffer.allocate(32 + 8 * table.size());
        answer.putInt(correlationId);
        answer.putShort((tooNew ? Errors.UNSUPPORTED_VERSION : Errors.NONE).code());
        if (plain) {
            answer.putInt(table.size());
        } else {
            answer.put((byte) (table.size() + 1)); // a varint of one byte, as long as there are fewer than 127
        }
        table.forEach((key, versions) -> {
            answer.putShort(key).putShort(versions.min).putShort(versions.max);
            if (!plain) {
                answer.put((byte) 0); // no tagged fields
            }
        });
        if (!tooNew && version > 0) {
            answer.putInt(0); // throttled for 0 ms
        }
        if (!plain) {
            answer.put((byte) 0);
        }
        byte[] bytes = new byte[answer.position()];
        answer.flip().get(bytes);
        return bytes;
    }

    private static byte[] readFrame(DataInputStream in) throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        if (frame.length < 8) {
            throw new EOFException("expected a header of 8 bytes or more, but was " + frame.length);
        }
        return frame;
    }

    private static void writeFrame(DataOutputStream out, byte[] frame) throws IOException {
        byte[] all = ByteBuffer.allocate(4 + frame.length)
                .putInt(frame.length)
                .put(frame)
                .array();
        out.write(all);
    }

    private static void thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
        kafka.close();
    }
}
