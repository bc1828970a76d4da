package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import downsampling.producer.source.SparkplugPayload.Metric;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes readings of Sparkplug B messages: the key of each number is {@code GROUP/NODE[/DEVICE]/METRIC}, and its value
 * {@code {"ts":1700000000000,"value":21.5}}, with {@code "historical":true} where the metric says so. A message that cannot be
 * read, or whose metrics have no names yet, is sent as it is under its topic, since the processor has dead letters for such.
 *
 * <p>Only the birth of an edge node or device says what the aliases of its metrics mean. So births are remembered, and requested
 * anew if one is missing, or if messages are.
 */
final class SparkplugB implements MqttPayload {

    /** For how long at least an edge node is not asked again: its births may be thousands of metrics. */
    static final long PAUSE_MS = 30_000;

    private static final Pattern TOPIC =
            Pattern.compile("spBv1\\.0/([^/]+)/([ND])(BIRTH|DATA|DEATH)/([^/]+)((?:/[^/]+)?)");
    private static final Pattern COMMAND_OR_STATE =
            Pattern.compile("(?:spBv1\\.0/)?STATE/[^/]+|spBv1\\.0/[^/]+/(?:NCMD|DCMD/[^/]+)/[^/]+");

    /** Metrics that are there for the protocol. */
    private static final Pattern CONTROL = Pattern.compile("bdSeq|(?:Node|Device) Control/.*");

    private enum Event {
        BIRTHS,
        DEATHS,
        LATE_DEATHS,
        COMMANDS_AND_STATES,
        REBIRTHS_REQUESTED,
        OUT_OF_SEQUENCE,
        UNNAMED,
        UNREADABLE,
        NO_NUMBERS
    }

    private static final class Node {
        /** Of each device, and of the node itself under an empty name. */
        private final Map<String, Map<Object, Metric>> births = new HashMap<>();

        private @Nullable Number bdSeq;
        /** The sequence number to come; below 0 until there was one. */
        private long next = -1;

        private long requested;
    }

    private final Clock clock;
    private final MqttCounts<Event> counts;
    private final Map<String, Node> nodes = new HashMap<>();

    /**
     * Begins without any births.
     *
     * @param notes receives each line that a person has to know of
     */
    SparkplugB(Clock clock, Consumer<String> notes) {
        this.clock = clock;
        counts = new MqttCounts<>(Event.class, notes);
    }

    @Override
    public MqttCounts<?> counts() {
        return counts;
    }

    @Override
    public List<Message> read(String topic, byte[] payload, BiConsumer<String, byte[]> publish) {
        if (COMMAND_OR_STATE.matcher(topic).matches()) {
            counts.add(Event.COMMANDS_AND_STATES);
            return List.of();
        }
        Matcher levels = TOPIC.matcher(topic);
        if (levels.matches() && levels.group(2).equals("D") != levels.group(5).isEmpty()) {
            try {
                List<Message> readings = read(levels, SparkplugPayload.parse(payload), publish);
                if (readings != null) {
                    return readings;
                }
                note(Event.UNNAMED, topic, "no birth says what all its metrics are; it is sent as it is");
            } catch (InvalidProtocolBufferException e) {
                note(Event.UNREADABLE, topic, "it is no payload of Sparkplug B; it is sent as it is");
            }
        } else {
            note(Event.UNREADABLE, topic, "it is no topic of Sparkplug B; it is sent as it is");
        }
        return List.of(Message.of(topic.getBytes(UTF_8), payload));
    }

    /** The readings of a message; null if there is a metric of which it is not known what it is. */
    private @Nullable List<Message> read(Matcher topic, SparkplugPayload payload, BiConsumer<String, byte[]> publish) {
        String name = topic.group(1) + "/" + topic.group(4);
        String device = topic.group(5);
        String type = topic.group(3);
        if (device.isEmpty() && type.equals("DEATH")) {
            die(name, payload);
            return List.of();
        }
        Node node = nodes.computeIfAbsent(name, each -> new Node());
        if (device.isEmpty() && type.equals("BIRTH")) { // a new session, in which devices are born anew
            node.births.clear();
            node.bdSeq = bdSeq(payload);
            node.next = -1;
        }
        boolean complete = follows(name, node, payload.seq());
        List<Message> readings = List.of();
        if (type.equals("DEATH")) {
            counts.add(Event.DEATHS);
            node.births.remove(device);
        } else {
            if (type.equals("BIRTH")) {
                counts.add(Event.BIRTHS);
                node.births.put(device, born(payload));
            }
            complete &= node.births.containsKey("") && node.births.containsKey(device);
            readings = readings(name + device, payload, node.births.getOrDefault(device, Map.of()));
        }
        if (!complete || readings == null) {
            requestBirth(name, node, publish);
        }
        return readings;
    }

    private void note(Event event, String of, String note) {
        counts.add(event, () -> of + " is the first of its kind, others will be counted: " + note);
    }

    /** Forgets an edge node with its devices, unless it is back since the connection was lost for which this is published. */
    private void die(String name, SparkplugPayload payload) {
        Node node = nodes.get(name);
        Number bdSeq = bdSeq(payload);
        if (node != null && node.bdSeq != null && bdSeq != null && !node.bdSeq.equals(bdSeq)) {
            counts.add(Event.LATE_DEATHS);
        } else {
            counts.add(Event.DEATHS);
            nodes.remove(name);
        }
    }

    /** The number of the session of an edge node. */
    private static @Nullable Number bdSeq(SparkplugPayload payload) {
        for (Metric metric : payload.metrics()) {
            if (metric.name().equals("bdSeq")) {
                return metric.value();
            }
        }
        return null;
    }

    /** Whether a message is the next one of its edge node. If not, some are lost, or late, or it comes again. */
    private boolean follows(String name, Node node, @Nullable Long seq) {
        boolean follows = seq == null || node.next < 0 || node.next == seq;
        if (!follows) {
            note(Event.OUT_OF_SEQUENCE, name, "some messages are lost or late, or one comes again");
        }
        node.next = seq == null ? node.next : seq + 1 & 0xFF;
        return follows;
    }

    /** What a birth says, by the names and by the aliases of its metrics. */
    private static Map<Object, Metric> born(SparkplugPayload birth) {
        Map<Object, Metric> metrics = new HashMap<>();
        for (Metric metric : birth.metrics()) {
            metrics.put(metric.name(), metric);
            metrics.put(metric.key(), metric);
        }
        return metrics;
    }

    private void requestBirth(String name, Node node, BiConsumer<String, byte[]> publish) {
        long now = clock.millis();
        if (Math.abs(now - node.requested) >= PAUSE_MS) { // The clock may have been set back.
            node.requested = now;
            counts.add(Event.REBIRTHS_REQUESTED);
            publish.accept(
                    "spBv1.0/" + name.replace("/", "/NCMD/"), SparkplugPayload.command("Node Control/Rebirth", now));
        }
    }

    /** A reading of each number; null if there is a metric of which it is not known what it is. */
    private @Nullable List<Message> readings(String key, SparkplugPayload payload, Map<Object, Metric> birth) {
        List<Metric> metrics = payload.metrics().stream()
                .map(metric -> metric.bornAs(birth.getOrDefault(metric.key(), metric)))
                .filter(metric -> !CONTROL.matcher(metric.name()).matches())
                .toList();
        if (!metrics.stream().allMatch(Metric::isNamed)) {
            return null;
        }
        List<Message> readings = new ArrayList<>();
        for (Metric metric : metrics) {
            String number = metric.json();
            if (number != null) {
                Long time = metric.timestamp() == null ? payload.timestamp() : metric.timestamp();
                // Without a time it is a dead letter, unless the processor takes the record's.
                String json = (time == null ? "{" : "{\"ts\":" + Long.toUnsignedString(time) + ",") + "\"value\":"
                        + number + (metric.historical() ? ",\"historical\":true}" : "}");
                readings.add(Message.of((key + "/" + metric.name()).getBytes(UTF_8), json.getBytes(ISO_8859_1)));
            } else {
                note(Event.NO_NUMBERS, key + "/" + metric.name(), "left out: no number of type " + metric.datatype());
            }
        }
        return readings;
    }
}
