package downsampling.processor.window;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Timelines by the time at which something is to be done with them. For one thread. */
final class Agenda {
    private final TreeMap<Long, List<Timeline>> byTime = new TreeMap<>();

    void add(long time, Timeline timeline) {
        byTime.computeIfAbsent(time, none -> new ArrayList<>(1)).add(timeline);
    }

    boolean isEmpty() {
        return byTime.isEmpty();
    }

    /** The first time at which there is something to do; only to be asked where there is. */
    long first() {
        return byTime.firstKey();
    }

    /** Whether there is something to do by a time. */
    boolean isDue(long time) {
        return !byTime.isEmpty() && byTime.firstKey() <= time;
    }

    /** Takes out what is to be done by a time. */
    List<Timeline> take(long time) {
        List<Timeline> due = new ArrayList<>();
        for (Map.Entry<Long, List<Timeline>> next = byTime.firstEntry();
                next != null && next.getKey() <= time;
                next = byTime.firstEntry()) {
            due.addAll(next.getValue());
            byTime.pollFirstEntry();
        }
        return due;
    }
}
