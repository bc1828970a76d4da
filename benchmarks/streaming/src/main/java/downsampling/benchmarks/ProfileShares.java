package downsampling.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Says where the time went, by the execution samples of a flight recording: by thread, and within the stream threads by
 * part. A sample belongs to the part of the innermost frame that one of the rules knows, so that work of the JDK counts
 * for the part that called it.
 */
final class ProfileShares {
    /** Prefixes of class and method, the most specific first within a part; every frame is tried in this order. */
    private static final Map<String, String> RULES = new LinkedHashMap<>();

    static {
        rule("parsing", "com.fasterxml.jackson.core", "downsampling.processor.reading.");
        rule("parsing", "com.fasterxml.jackson.databind", "java.time.");
        rule(
                "summaries written",
                "downsampling.processor.window.SummaryJson",
                "downsampling.processor.window.SummaryRecord");
        rule("window", "downsampling.processor.");
        rule("record cache", "org.apache.kafka.streams.state.internals.ThreadCache");
        rule("record cache", "org.apache.kafka.streams.state.internals.NamedCache");
        rule("record cache", "org.apache.kafka.streams.state.internals.Caching");
        rule("record cache", "org.apache.kafka.streams.state.internals.LRUCacheEntry");
        rule("changelog", "org.apache.kafka.streams.state.internals.ChangeLogging");
        rule("RocksDB", "org.rocksdb", "org.apache.kafka.streams.state.internals.RocksDB");
        rule("suppress", "org.apache.kafka.streams.kstream.internals.suppress");
        rule("suppress", "org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer");
        rule("store", "org.apache.kafka.streams.state");
        rule("record collector", "org.apache.kafka.streams.processor.internals.RecordCollector");
        rule("producer", "org.apache.kafka.clients.producer");
        rule("record queue", "org.apache.kafka.streams.processor.internals.RecordQueue");
        rule("record queue", "org.apache.kafka.streams.processor.internals.PartitionGroup");
        rule("record queue", "org.apache.kafka.streams.processor.internals.RecordDeserializer");
        rule("record queue", "org.apache.kafka.streams.processor.internals.StampedRecord");
        rule("record queue", "org.apache.kafka.streams.processor.internals.TimestampTracker");
        rule("poll", "org.apache.kafka.clients.consumer", "org.apache.kafka.clients.NetworkClient");
        rule("metrics", "org.apache.kafka.common.metrics", "org.apache.kafka.streams.processor.internals.metrics");
        rule("runtime", "org.apache.kafka.streams");
    }

    private ProfileShares() {}

    private static void rule(String part, String... prefixes) {
        for (String prefix : prefixes) {
            RULES.put(prefix, part);
        }
    }

    /**
     * Counts samples by thread (without its number), by part of the stream threads, and by their innermost frame.
     *
     * @param from seconds since the epoch
     * @param to   seconds since the epoch
     */
    static Map<String, Object> of(Path recording, double from, double to) throws IOException {
        Map<String, Integer> threads = new TreeMap<>();
        Map<String, Integer> parts = new TreeMap<>();
        Map<String, Integer> frames = new TreeMap<>();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                String type = event.getEventType().getName();
                if (!(type.equals("jdk.ExecutionSample") || type.equals("jdk.NativeMethodSample"))
                        || event.getStackTrace() == null
                        || event.getStartTime().toEpochMilli() < from * 1000
                        || event.getStartTime().toEpochMilli() >= to * 1000
                        || event.getThread("sampledThread") == null) {
                    continue;
                }
                String thread = String.valueOf(event.getThread("sampledThread").getJavaName());
                RecordedFrame innermost = event.getStackTrace().getFrames().get(0);
                if (type.equals("jdk.NativeMethodSample") && isWaiting(innermost)) {
                    continue;
                }
                boolean streamThread = thread.contains("StreamThread-") && !thread.contains("network-thread");
                threads.merge(streamThread ? "stream threads" : group(thread), 1, Integer::sum);
                if (streamThread) {
                    parts.merge(part(event), 1, Integer::sum);
                    frames.merge(name(innermost), 1, Integer::sum);
                }
            }
        }
        return Map.of("threads", threads, "parts", parts, "frames", frames);
    }

    /** Whether the thread waits; in native code, one that waits for the network looks as busy as one that works. */
    private static boolean isWaiting(RecordedFrame frame) {
        return name(frame).matches(".*(epollWait|EPoll\\.wait|accept|poll0?|read0|park)");
    }

    private static String group(String thread) {
        return thread.replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "*").replaceAll("[0-9]+", "*");
    }

    private static String part(RecordedEvent event) {
        for (RecordedFrame frame : event.getStackTrace().getFrames()) {
            String name = name(frame);
            for (Map.Entry<String, String> rule : RULES.entrySet()) {
                if (name.startsWith(rule.getKey())) {
                    return rule.getValue();
                }
            }
        }
        return "other";
    }

    private static String name(RecordedFrame frame) {
        return frame.isJavaFrame() && frame.getMethod() != null
                ? frame.getMethod().getType().getName() + "."
                        + frame.getMethod().getName()
                : "?";
    }
}
