package downsampling.localstack;

import downsampling.localstack.Board.Stream;
import downsampling.service.AllowedHosts;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;

/**
 * What the live page shows and where.
 *
 * @param host to listen on
 * @param port 1 to 65535, 0 for a free one, or null for {@value #DEFAULT_PORT}, and a free one if that is taken
 * @param topics the four topics and their roles
 * @param zone of readings whose time names none
 * @param allowedHosts by which it may be asked for
 */
record PageConfig(String host, Integer port, Map<String, Stream> topics, ZoneId zone, AllowedHosts allowedHosts) {
    static final int DEFAULT_PORT = 8080;

    /** @throws IllegalArgumentException in one line, if something makes no sense */
    PageConfig {
        if (host.isBlank()) {
            throw new IllegalArgumentException("--http-host: expected a name or an address, but was '" + host + "'");
        }
        if (port != null && (port < 0 || port > 65_535)) {
            throw new IllegalArgumentException("--http-port: expected 0 to 65535 or off, but was " + port);
        }
        topics = Map.copyOf(topics);
    }

    /** @throws IllegalArgumentException in one line, if one is no name of a topic or named twice */
    static Map<String, Stream> topics(String readings, String summaries, String late, String dead) {
        Map<String, Stream> topics = new LinkedHashMap<>();
        for (Map.Entry<String, Stream> topic : List.of(
                Map.entry(readings, Stream.READINGS),
                Map.entry(summaries, Stream.SUMMARIES),
                Map.entry(late, Stream.LATE),
                Map.entry(dead, Stream.DEAD))) {
            try {
                Topic.validate(topic.getKey());
            } catch (InvalidTopicException e) {
                throw new IllegalArgumentException("Topic '" + topic.getKey() + "': " + e.getMessage(), e);
            }
            if (topics.put(topic.getKey(), topic.getValue()) != null) {
                throw new IllegalArgumentException("Topic " + topic.getKey() + " is named twice");
            }
        }
        return topics;
    }
}
