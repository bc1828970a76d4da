package downsampling.page;

import downsampling.service.InvalidSettingException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.internals.Topic;

/**
 * The topics that the page shows, and how they are read.
 *
 * @param format of the readings
 */
record ShownTopics(List<ShownTopic> all, MessageFormat format) {
    /** @throws InvalidSettingException if one cannot be the name of a topic, or is given twice */
    ShownTopics {
        all = List.copyOf(all);
        Map<String, ShownTopic> byName = new HashMap<>();
        for (ShownTopic topic : all) {
            String option = topic.role().option();
            if (!Topic.isValid(topic.name())) {
                throw new InvalidSettingException(
                        option, topic.name(), "a topic's name, 1 to 249 of a to z, A to Z, 0 to 9, '.', '_' and '-'");
            }
            ShownTopic other = byName.put(topic.name(), topic);
            if (other != null) {
                throw new InvalidSettingException(
                        option,
                        topic.name(),
                        "another topic than that of " + other.role().option());
            }
        }
    }

    Map<String, ShownTopic> byName() {
        return all.stream().collect(Collectors.toMap(ShownTopic::name, topic -> topic));
    }

    /** What the windows of the summaries are called, those that readings are counted in (with an empty name) first. */
    List<String> levels() {
        return all.stream()
                .filter(topic -> topic.role() == TopicRole.SUMMARIES || topic.role() == TopicRole.ROLLUP)
                .map(ShownTopic::level)
                .toList();
    }
}
