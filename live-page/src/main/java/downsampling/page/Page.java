package downsampling.page;

import downsampling.service.ErrorLine;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import org.apache.kafka.common.KafkaException;

/** The live page: what reads the topics, what it has read, and what serves it. */
final class Page implements AutoCloseable {
    private final TopicReader reader;
    private final PageServer server;
    private final PageConfig config;

    private Page(PageConfig config, TopicReader reader, PageServer server) {
        this.config = config;
        this.reader = reader;
        this.server = server;
    }

    /**
     * Starts to serve and to read. A broker that does not answer yet is waited for without end.
     *
     * @param kafka settings of a Kafka consumer, {@code bootstrap.servers} at least
     * @throws KafkaException if they make no sense
     * @throws IOException if the port is in use; its message is for people
     */
    static Page start(PageConfig config, Map<String, String> kafka) throws IOException {
        Board board = new Board(config.zone(), System::currentTimeMillis);
        TopicReader reader = new TopicReader(board, config.topics(), kafka);
        try {
            Page page = new Page(
                    config, reader, new PageServer(board, config.host(), choosePort(config), config.allowedHosts()));
            reader.start();
            return page;
        } catch (IOException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /**
     * A port to listen on: the one asked for, or when none was, the default one or a free one.
     *
     * @throws IOException if the one asked for is in use
     */
    static int choosePort(PageConfig config) throws IOException {
        int port = config.port() == null ? PageConfig.DEFAULT_PORT : config.port();
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(config.host()), port));
            return port;
        } catch (IOException e) {
            if (config.port() == null && e instanceof BindException) {
                return 0;
            }
            throw new IOException(
                    "The page cannot listen on %s:%d: %s".formatted(config.host(), port, ErrorLine.of(e)), e);
        }
    }

    /** Where it is, for people, and why there. */
    String address() {
        boolean moved = config.port() == null && server.port() != PageConfig.DEFAULT_PORT;
        String host = config.host().equals("127.0.0.1")
                ? "localhost"
                : config.host().contains(":") ? "[" + config.host() + "]" : config.host();
        return "http://%s:%d%s"
                .formatted(host, server.port(), moved ? " (port " + PageConfig.DEFAULT_PORT + " is in use)" : "");
    }

    /** Blocks until a person has to act before anything can be read, and tells what, in one line. */
    String awaitFailure() throws InterruptedException {
        return reader.awaitFailure();
    }

    @Override
    public void close() {
        reader.close();
        server.close();
    }
}
