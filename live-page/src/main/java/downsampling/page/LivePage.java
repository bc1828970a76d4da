package downsampling.page;

import java.io.IOException;
import java.util.Map;
import org.apache.kafka.common.KafkaException;

/** The live page as a whole: what reads the topics, what is remembered of them, and what serves it. */
final class LivePage implements AutoCloseable {
    private final PageAddress address;
    private final TopicReader reader;
    private final PageServer server;

    private LivePage(PageAddress address, TopicReader reader, PageServer server) {
        this.address = address;
        this.reader = reader;
        this.server = server;
    }

    /**
     * Starts to serve and to read. For a broker that does not answer yet it waits without end.
     *
     * @param kafka settings of a Kafka consumer, {@code bootstrap.servers} at least
     * @throws KafkaException if the settings make no sense
     * @throws IOException if the port is in use; the message is one line for people
     */
    static LivePage start(PageAddress address, ShownTopics topics, Map<String, String> kafka) throws IOException {
        Board board = new Board(topics.levels(), topics.format(), System::currentTimeMillis);
        TopicReader reader = new TopicReader(board, topics, kafka);
        try {
            PageServer server = new PageServer(board, address.host(), address.choosePort(), address.allowedHosts());
            reader.start();
            return new LivePage(address, reader, server);
        } catch (IOException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /** The URL for people, with the reason where its port is not the default one. */
    String address() {
        return address.describe(server.port());
    }

    /** Blocks until the broker refuses the reader, so that a person has to act, and says why in one line. */
    String awaitRefusal() throws InterruptedException {
        return reader.awaitRefusal();
    }

    @Override
    public void close() {
        reader.close();
        server.close();
    }
}
