package downsampling.service;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;

/**
 * The connections of a server, so that no client keeps others out. There are so many at the most: a new one takes the place of
 * the one that is without a whole request for the longest time, be it slow or done, and only where there is none of these that of
 * the one whose answer takes the longest. So whoever asks and reads at once is always answered, and whoever is slow makes way. What is not completed in {@link #EXCHANGE_SECONDS} is cut off in any case: Jetty's own timeout
 * starts anew with each byte.
 *
 * <p>Streams are counted by whoever opens them, and hold none of these places; one that is not read is cut off as well.
 */
final class Connections implements Connection.Listener {
    static final int MOST = 64;
    /** Within this long a request has to arrive, be answered and its answer be read. */
    static final int EXCHANGE_SECONDS = 10;
    /** A stream whose client does not read for so long is cut off. */
    static final int STALL_SECONDS = 5;

    private record Since(long nanos) {}

    /** Since when each has no whole request, the one that has none for the longest first. */
    private final Map<Connection, Since> asking = new LinkedHashMap<>();
    /** Since when each is answered. */
    private final Map<Connection, Since> answering = new LinkedHashMap<>();
    /** Of streams, since when each waits for its client to read. */
    private final Map<Connection, Since> writing = new LinkedHashMap<>();

    @Override
    public void onOpened(Connection connection) {
        Connection oldest = null;
        synchronized (this) {
            asking.put(connection, new Since(System.nanoTime()));
            if (asking.size() + answering.size() > MOST) {
                Iterator<Connection> all =
                        (asking.size() > 1 ? asking : answering).keySet().iterator();
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
        asking.remove(connection);
        answering.remove(connection);
        writing.remove(connection);
    }

    /** A request has come. */
    synchronized void asked(Connection connection) {
        move(connection, asking, answering);
    }

    /** Its answer was taken. */
    synchronized void answered(Connection connection) {
        move(connection, answering, asking);
    }

    private static void move(Connection connection, Map<Connection, Since> from, Map<Connection, Since> to) {
        if (from.remove(connection) != null) {
            to.put(connection, new Since(System.nanoTime()));
        }
    }

    /** From now on this is a stream. */
    synchronized void streams(Connection connection) {
        asking.remove(connection);
        answering.remove(connection);
    }

    synchronized void writes(Connection connection) {
        writing.put(connection, new Since(System.nanoTime()));
    }

    synchronized void written(Connection connection) {
        writing.remove(connection);
    }

    /** Cuts off those that are overdue; to be called now and then. */
    void cutOff() {
        List<Connection> overdue = new ArrayList<>();
        synchronized (this) {
            takeOlder(asking, EXCHANGE_SECONDS, overdue);
            takeOlder(answering, EXCHANGE_SECONDS, overdue);
            takeOlder(writing, STALL_SECONDS, overdue);
        }
        overdue.forEach(connection -> connection.getEndPoint().close());
    }

    private static void takeOlder(Map<Connection, Since> from, int seconds, List<Connection> overdue) {
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
