package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.TreeSet;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The first sensors after a given one, by the bytes of their ids in UTF-8: so many at the most, and no more than
 * fit in an answer, but one in any case. For one thread.
 */
final class FirstSensors {
    /** What the ids of a page may take in JSON. */
    static final int MOST_BYTES = 256 << 10;

    private final Bytes after;
    private final int most;
    private final TreeSet<Bytes> ids = new TreeSet<>();
    private int bytes;
    private boolean cut;

    /** @param after before all if empty */
    FirstSensors(Bytes after, int most) {
        this.after = after;
        this.most = most;
    }

    Bytes after() {
        return after;
    }

    /** Adds a sensor, and returns whether there was room for it; if not, there is none for a greater id either. */
    boolean add(Bytes id) {
        if (id.compareTo(after) <= 0 || ids.contains(id)) {
            return true;
        }
        if (cut && id.compareTo(ids.last()) > 0) {
            return false;
        }
        ids.add(id);
        bytes += cost(id);
        while (ids.size() > most || (bytes > MOST_BYTES && ids.size() > 1)) {
            bytes -= cost(ids.pollLast());
            cut = true;
        }
        return true;
    }

    /** There are others after the last of these. */
    void cut() {
        cut = true;
    }

    List<String> ids() {
        return ids.stream().map(id -> new String(id.get(), UTF_8)).toList();
    }

    /** The last of them if there are others after it, else null. */
    @Nullable
    String next() {
        return cut && !ids.isEmpty() ? new String(ids.last().get(), UTF_8) : null;
    }

    /** With quotes and a comma, and what JSON has to escape. */
    private static int cost(Bytes id) {
        int cost = 3;
        for (byte b : id.get()) {
            cost += (b >= 0 && b < ' ') || b == '"' || b == '\\' ? 6 : 1;
        }
        return cost;
    }
}
