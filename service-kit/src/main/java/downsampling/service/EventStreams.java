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
 * Open streams of server-sent events, so many at the most. None holds a thread. When all places are taken, a newcomer gets that
 * of the oldest if it has had its turn: browsers come back by themselves, so more pages than places take turns, and streams that
 * nobody reads hold no place for good.
 */
final class EventStreams {
    static final int MOST = 32;
    /** How long a stream keeps its place although others wait. */
    static final int TURN_SECONDS = 10;

    private static final Logger LOG = LoggerFactory.getLogger(EventStreams.class);
    private static final byte[] BEFORE = "data: ".getBytes(US_ASCII);
    private static final byte[] AFTER = "\n\n".getBytes(US_ASCII);

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

    /** @throws RefusedException if all places are taken, and their holders have not had their turn yet */
    void open(Response response, Connection connection, Supplier<byte[]> updates, Callback end) {
        Stream stream = new Stream(response, connection, updates, end);
        Stream oldest = null;
        synchronized (this) {
            if (closed) {
                throw RefusedException.unavailable("this server is being stopped");
            }
            if (open.size() >= MOST) {
                if (System.nanoTime() - open.peekFirst().opened < TimeUnit.SECONDS.toNanos(TURN_SECONDS)) {
                    throw RefusedException.unavailable("too many pages are open: " + MOST);
                }
                oldest = open.pollFirst();
            }
            open.addLast(stream);
        }
        if (oldest != null) {
            oldest.cut();
        }
        connections.streams(connection);
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

    /** Writes an update, waits until it is taken, then for a while, and so on. */
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
                ByteBuffer event = ByteBuffer.allocate(BEFORE.length + update.length + AFTER.length)
                        .put(BEFORE)
                        .put(update)
                        .put(AFTER)
                        .flip();
                connections.writes(connection);
                response.write(false, event, this);
            } catch (RuntimeException e) {
                LOG.error("A stream of events ends", e);
                cut();
            }
        }

        @Override
        public void succeeded() {
            connections.written(connection);
            scheduler.schedule(() -> threads.execute(this), HttpServer.UPDATE_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public void failed(Throwable e) {
            connections.written(connection);
            end(e);
        }

        /** The client notices and may come back. */
        void cut() {
            connection.getEndPoint().close();
            end(new EOFException("the stream is ended"));
        }

        private void end(Throwable why) {
            leave(this);
            if (!ended.getAndSet(true)) {
                end.failed(why);
            }
        }
    }
}
