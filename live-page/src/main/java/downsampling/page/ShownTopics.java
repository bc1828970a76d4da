package downsampling.page;

import downsampling.service.InvalidSettingException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.internals.Topic;

/**
 * The topics that the page shows, and how they are read.
 *
 * @param roles the role of each topic, by the topic's name; every role once
 * @param format of the readings
 */
record ShownTopics(Map<String, TopicRole> roles, MessageFormat format) {
    ShownTopics {
        roles = Map.copyOf(roles);
    }

    /** @param topic one of the four */
    TopicRole role(String topic) {
        return Objects.requireNonNull(roles.get(topic), topic);
    }

    /**
     * @param names the name of the topic of each role
     * @throws InvalidSettingException if one cannot be the name of a topic, or is given twice
     */
    static ShownTopics of(EnumMap<TopicRole, String> names, MessageFormat format) {
        Map<String, TopicRole> roles = new HashMap<>();
        names.forEach((role, name) -> {
            if (!Topic.isValid(name)) {
                throw new InvalidSettingException(
                        role.option(), name, "a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'");
            }
            TopicRole other = roles.put(name, role);
            if (other != null) {
                throw new InvalidSettingException(role.option(), name, "another topic than that of " + other.option());
            }
        });
        return new ShownTopics(roles, format);
    }
}
