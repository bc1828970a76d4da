package downsampling.service;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;

/**
 * The connections of a server, limited so that no client keeps others out. When all places are taken, a new connection gets the
 * place of the one that has been without a complete request for the longest time, whether its client is slow or done; only if
 * there is no such connection, that of the one whose answer has taken the longest. So a client that asks and reads at once is
 * always answered, and a slow one makes way. An exchange that takes longer than {@link #EXCHANGE_SECONDS} is cut off in any case,
 * since Jetty's own timeout starts anew with each byte.
 *
 * <p>Streams take none of these places: {@link EventStreams} counts them. A stream that its client does not read is cut off here
 * as well.
 */
final class Connections implements Connection.Listener {
    static final int MAX = 64;
    /** Within this time a request has to arrive, and its answer has to be written and read. */
    static final int EXCHANGE_SECONDS = 10;
    /** A stream whose client does not read for this long is cut off. */
    static final int STALL_SECONDS = 5;

    private record Since(long nanos) {}

    /** Connections without a complete request, in the order in which they began to wait for one. */
    private final Map<Connection, Since> idle = new LinkedHashMap<>();
    /** Connections whose request is being answered, in the order in which it was complete. */
    private final Map<Connection, Since> answering = new LinkedHashMap<>();
    /** Streams that wait for their clients to read, in the order in which they began to. */
    private final Map<Connection, Since> stalled = new LinkedHashMap<>();

    @Override
    public void onOpened(Connection connection) {
        Connection oldest = null;
        synchronized (this) {
            idle.put(connection, new Since(System.nanoTime()));
            if (idle.size() + answering.size() > MAX) {
                Iterator<Connection> all =
                        (idle.size() > 1 ? idle : answering).keySet().iterator();
                oldest = all.next();
                all.remove();
            }
        }
        if (oldest != null) {
            oldest.getEndPoint().close();
        }
    }

    @Override
    public synchronized void onClosed(Connection connection) {
        idle.remove(connection);
        answering.remove(connection);
        stalled.remove(connection);
    }

    /** Notes that a complete request has arrived. */
    synchronized void requestArrived(Connection connection) {
        move(connection, idle, answering);
    }

    /** Notes that the client has received the answer. */
    synchronized void answered(Connection connection) {
        move(connection, answering, idle);
    }

    private static void move(Connection connection, Map<Connection, Since> from, Map<Connection, Since> to) {
        if (from.remove(connection) != null) {
            to.put(connection, new Since(System.nanoTime()));
        }
    }

    /** Frees the place of a connection that is a stream from now on. */
    synchronized void becameStream(Connection connection) {
        idle.remove(connection);
        answering.remove(connection);
    }

    /** Notes that a stream waits for its client to read. */
    synchronized void writeBegan(Connection connection) {
        stalled.put(connection, new Since(System.nanoTime()));
    }

    /** Notes that the client of a stream has read. */
    synchronized void writeEnded(Connection connection) {
        stalled.remove(connection);
    }

    /** Cuts off all connections that are overdue; the server calls this once a second. */
    void cutOffOverdue() {
        List<Connection> overdue = new ArrayList<>();
        synchronized (this) {
            removeOlder(idle, EXCHANGE_SECONDS, overdue);
            removeOlder(answering, EXCHANGE_SECONDS, overdue);
            removeOlder(stalled, STALL_SECONDS, overdue);
        }
        overdue.forEach(connection -> connection.getEndPoint().close());
    }

    private static void removeOlder(Map<Connection, Since> from, int seconds, List<Connection> overdue) {
        long now = System.nanoTime();
        for (Iterator<Map.Entry<Connection, Since>> all = from.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Connection, Since> each = all.next();
            if (now - each.getValue().nanos() < TimeUnit.SECONDS.toNanos(seconds)) {
                return;
            }
            overdue.add(each.getKey());
            all.remove();
        }
    }
}
