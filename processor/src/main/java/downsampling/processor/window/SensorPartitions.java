package downsampling.processor.window;

import downsampling.processor.reading.NotAReadingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices sensors whose readings stand in more than one partition of the input topic, since each partition makes a summary of
 * its own for the same window. The usual cause is a second client library, which places keys in another way.
 *
 * <p>Each window that closes is reported to it. What it remembers is bounded: a table with a hash and a partition for each sensor,
 * where a sensor may push out another one, and a few ids. A hash alone accuses nobody: a sensor whose hash was last seen in
 * another partition is a suspect, with its id, and is found out when that very id comes again where it was before. So a sensor
 * that has moved once, for good, is no case, and of a million sensors in two partitions each some are found and not all.
 *
 * <p>Shared by all tasks of an instance; any thread may call.
 */
final class SensorPartitions {
    private static final Logger LOG = LoggerFactory.getLogger(SensorPartitions.class);

    /** A power of two; of eight bytes each. */
    private static final int SLOTS = 1 << 20;

    private static final int MOST_IDS = 1000;
    private static final int MOST_LINES = 10;
    private static final long PARTITION = 0xFFFF;

    /** The upper 48 bits of the hash of the sensor seen last, and its partition plus one; 0 for none yet. */
    private long @Nullable [] seen;
    /** By id, the partition where it was seen after another one. */
    private final Map<Bytes, Integer> suspects = new HashMap<>();

    private int passedOver;
    private final Set<Bytes> found = new HashSet<>();
    private final ToLongFunction<byte[]> hashing;

    SensorPartitions() {
        this(SensorPartitions::hash);
    }

    /** With another hash, for tests. */
    SensorPartitions(ToLongFunction<byte[]> hashing) {
        this.hashing = hashing;
    }

    /** A window of the sensor closed in a partition. */
    synchronized void seen(Bytes sensor, int partition) {
        long[] last = seen;
        if (last == null) {
            last = new long[SLOTS];
            seen = last;
        }
        long hash = hashing.applyAsLong(sensor.get());
        int slot = (int) hash & SLOTS - 1;
        long now = hash & ~PARTITION | partition + 1 & PARTITION;
        long before = last[slot];
        last[slot] = now;
        if (now != before && (now & ~PARTITION) == (before & ~PARTITION)) {
            moved(sensor, (int) (before & PARTITION) - 1, partition);
        }
    }

    /** How many such sensors were found, {@value #MOST_IDS} at most. */
    synchronized int inTwoPartitions() {
        return found.size();
    }

    private void moved(Bytes sensor, int from, int to) {
        if (found.contains(sensor)) {
            return;
        }
        Integer suspected = suspects.get(sensor);
        if (suspected != null && suspected == from) {
            suspects.remove(sensor);
            found(sensor, from, to);
        } else if (suspects.size() < MOST_IDS || suspected != null) {
            suspects.put(sensor, to);
        } else if (++passedOver == 16 * SLOTS) { // those there are have moved once and not come back
            passedOver = 0;
            suspects.clear();
        }
    }

    /** A sensor is known to be in two partitions. */
    synchronized void found(Bytes sensor, int one, int other) {
        if (found.size() == MOST_IDS || !found.add(sensor)) {
            return;
        }
        if (found.size() <= MOST_LINES) {
            LOG.warn(
                    "Sensor {} has readings in partitions {} and {}, so each window has a summary for each partition. Check that"
                            + " all of its producers place keys alike (those on librdkafka need partitioner=murmur2_random), or start"
                            + " the processor with --rekey",
                    NotAReadingException.quote(new String(sensor.get(), StandardCharsets.UTF_8)),
                    Math.min(one, other),
                    Math.max(one, other));
        } else if (found.size() == MOST_LINES + 1) {
            LOG.warn(
                    "More than {} sensors have readings in two partitions; downsampling_sensors_in_two_partitions counts them",
                    MOST_LINES);
        }
    }

    /** FNV-1a, with the bits mixed once more since both ends are used. */
    private static long hash(byte[] bytes) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : bytes) {
            hash = (hash ^ b & 0xFF) * 0x100000001B3L;
        }
        hash ^= hash >>> 32;
        hash *= 0xD6E8FEB86659FD93L;
        return hash ^ hash >>> 32;
    }
}
