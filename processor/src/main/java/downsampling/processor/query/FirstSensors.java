package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
    private final TreeMap<Bytes, Since> sensors = new TreeMap<>();
    private int bytes;
    private boolean cut;

    /** When the last reading arrived of a sensor that is silent; null where that is not asked for. */
    private record Since(@Nullable Long millis) {
        private static final Since NOT_ASKED = new Since(null);
    }

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
        return add(id, Since.NOT_ASKED);
    }

    /** Adds a sensor that is silent. One that several partitions have said it of has been so since the last of these times. */
    void addSilent(Bytes id, long since) {
        Since other = sensors.get(id);
        if (other == null || other.millis == null) {
            add(id, new Since(since));
        } else if (since > other.millis) {
            sensors.put(id, new Since(since));
        }
    }

    private boolean add(Bytes id, Since since) {
        if (id.compareTo(after) <= 0 || sensors.containsKey(id)) {
            return true;
        }
        if (cut && id.compareTo(sensors.lastKey()) > 0) {
            return false;
        }
        sensors.put(id, since);
        bytes += cost(id, since);
        while (sensors.size() > most || (bytes > MOST_BYTES && sensors.size() > 1)) {
            Map.Entry<Bytes, Since> last = sensors.pollLastEntry();
            bytes -= cost(last.getKey(), last.getValue());
            cut = true;
        }
        return true;
    }

    /** There are others after the last of these. */
    void cut() {
        cut = true;
    }

    List<SensorsPage.Sensor> sensors() {
        return sensors.entrySet().stream()
                .map(sensor ->
                        new SensorsPage.Sensor(new String(sensor.getKey().get(), UTF_8), sensor.getValue().millis))
                .toList();
    }

    /** The last of them if there are others after it, else null. */
    @Nullable
    String next() {
        return cut && !sensors.isEmpty() ? new String(sensors.lastKey().get(), UTF_8) : null;
    }

    /** In an answer: with quotes and a comma, and what JSON has to escape. */
    private static int cost(Bytes id, Since since) {
        int cost = since.millis == null ? 3 : SensorsPage.Sensor.MOST_BESIDE_ID;
        for (byte b : id.get()) {
            cost += (b >= 0 && b < ' ') || b == '"' || b == '\\' ? 6 : 1;
        }
        return cost;
    }
}
