package downsampling.page;

import downsampling.page.Board.Stream;
import downsampling.service.AllowedHosts;
import downsampling.service.InvalidSettingException;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
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
            throw new InvalidSettingException("--http-host", host, "a name or an address");
        }
        if (port != null && (port < 0 || port > 65_535)) {
            throw new InvalidSettingException("--http-port", port, "0 to 65535");
        }
        topics = Map.copyOf(topics);
    }

    /** @throws IllegalArgumentException in one line, if one is no name of a topic or named twice */
    static Map<String, Stream> topics(String readings, String summaries, String late, String dead) {
        Map<String, Stream> topics = new LinkedHashMap<>();
        put(topics, readings, Stream.READINGS);
        put(topics, summaries, Stream.SUMMARIES);
        put(topics, late, Stream.LATE);
        put(topics, dead, Stream.DEAD);
        return topics;
    }

    private static void put(Map<String, Stream> topics, String name, Stream role) {
        if (!Topic.isValid(name)) {
            throw new InvalidSettingException(
                    option(role), name, "a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'");
        }
        Stream other = topics.put(name, role);
        if (other != null) {
            throw new InvalidSettingException(option(role), name, "another topic than that of " + option(other));
        }
    }

    private static String option(Stream role) {
        return switch (role) {
            case READINGS -> "--input-topic";
            case SUMMARIES -> "--output-topic";
            case LATE -> "--late-topic";
            case DEAD -> "--dead-topic";
        };
    }
}
