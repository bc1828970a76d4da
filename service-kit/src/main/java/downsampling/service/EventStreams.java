package downsampling.service;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open streams of server-sent events, limited in number. No stream holds a thread. When all places are taken, a new stream gets
 * the place of the oldest one if that has had its turn. Browsers reconnect by themselves, so if there are more pages than places
 * they take turns, and a stream that nobody reads does not keep its place for good.
 */
final class EventStreams {
    static final int MAX = 32;
    /** How long a stream keeps its place when others want it. */
    static final int TURN_SECONDS = 10;

    private static final Logger LOG = LoggerFactory.getLogger(EventStreams.class);
    private static final byte[] PREFIX = "data: ".getBytes(US_ASCII);
    private static final byte[] SUFFIX = "\n\n".getBytes(US_ASCII);

    private final Connections connections;
    private final Scheduler scheduler;
    private final Executor threads;
    private final Deque<Stream> open = new ArrayDeque<>();
    private boolean closed;

    EventStreams(Connections connections, Scheduler scheduler, Executor threads) {
        this.connections = connections;
        this.scheduler = scheduler;
        this.threads = threads;
    }

    /**
     * Opens a stream.
     *
     * @param updates gives the data of each event: one line of UTF-8
     * @param end     is failed when the stream ends
     * @throws RefusedException if all places are taken, and no stream has had its turn yet
     */
    void open(Response response, Connection connection, Supplier<byte[]> updates, Callback end) {
        Stream stream = new Stream(response, connection, updates, end);
        Stream oldest = null;
        synchronized (this) {
            if (closed) {
                throw RefusedException.unavailable("this server is being stopped");
            }
            if (open.size() >= MAX) {
                if (System.nanoTime() - open.getFirst().opened < TimeUnit.SECONDS.toNanos(TURN_SECONDS)) {
                    throw RefusedException.unavailable("too many pages are open: " + MAX);
                }
                oldest = open.removeFirst();
            }
            open.addLast(stream);
        }
        if (oldest != null) {
            oldest.cut();
        }
        connections.becameStream(connection);
        stream.run();
    }

    void close() {
        List<Stream> all;
        synchronized (this) {
            closed = true;
            all = new ArrayList<>(open);
        }
        all.forEach(Stream::cut);
    }

    private synchronized boolean isOpen(Stream stream) {
        return open.contains(stream);
    }

    private synchronized void leave(Stream stream) {
        open.remove(stream);
    }

    /** Writes an update, waits until the client has read it, pauses, and writes the next one. */
    private final class Stream implements Runnable, Callback {
        private final long opened = System.nanoTime();
        private final Response response;
        private final Connection connection;
        private final Supplier<byte[]> updates;
        private final Callback end;
        private final AtomicBoolean ended = new AtomicBoolean();

        Stream(Response response, Connection connection, Supplier<byte[]> updates, Callback end) {
            this.response = response;
            this.connection = connection;
            this.updates = updates;
            this.end = end;
        }

        @Override
        public void run() {
            if (!isOpen(this)) {
                return;
            }
            try {
                byte[] update = updates.get();
                ByteBuffer event = ByteBuffer.allocate(PREFIX.length + update.length + SUFFIX.length)
                        .put(PREFIX)
                        .put(update)
                        .put(SUFFIX)
                        .flip();
                connections.writeBegan(connection);
                response.write(false, event, this);
            } catch (RuntimeException e) {
                LOG.error("A stream of events ends because of an error", e);
                cut();
            }
        }

        @Override
        public void succeeded() {
            connections.writeEnded(connection);
            scheduler.schedule(() -> threads.execute(this), HttpServer.UPDATE_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public void failed(Throwable e) {
            connections.writeEnded(connection);
            end(e);
        }

        /** Closes the connection; the client notices and may reconnect. */
        void cut() {
            connection.getEndPoint().close();
            end(new EOFException("the stream is ended"));
        }

        private void end(Throwable cause) {
            leave(this);
            if (!ended.getAndSet(true)) {
                end.failed(cause);
            }
        }
    }
}
