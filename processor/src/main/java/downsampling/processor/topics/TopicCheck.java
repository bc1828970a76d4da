package downsampling.processor.topics;

import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopicNames;
import downsampling.processor.window.TopicLimits;
import downsampling.service.Durations;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the settings of the topics: what they accept, and where they would break a promise. */
public final class TopicCheck {
    private static final Logger LOG = LoggerFactory.getLogger(TopicCheck.class);

    /** Kafka's default for a topic; it stands for what this program may not ask, or for a topic that is not there yet. */
    private static final long USUAL_RECORD_BYTES = (1 << 20) + 12;

    private TopicCheck() {}

    /** What the topics accept that records are written to, by their names, as far as this program may read their settings. */
    public static Map<String, TopicLimits> limits(Admin admin, Settings settings) {
        Map<String, TopicLimits> limits = new HashMap<>();
        Stream.concat(settings.results().stream(), settings.internalTopics().stream())
                .forEach(topic -> limits.put(topic, limits(Cluster.settings(admin, topic), settings)));
        return limits;
    }

    private static TopicLimits limits(Config topic, Settings settings) {
        boolean ownTime = "LogAppendTime".equals(text(topic, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG));
        long none = Long.MAX_VALUE;
        long accepts = number(topic, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, USUAL_RECORD_BYTES);
        return new TopicLimits(
                Math.min(accepts, sends(settings.kafka())),
                ownTime ? none : number(topic, TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, none),
                ownTime ? none : number(topic, TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, none));
    }

    /** The largest record that the producer sends. */
    private static long sends(Map<String, String> kafka) {
        Map<String, Object> producer = KafkaSettings.forProducer(kafka);
        return Math.min(
                KafkaSettings.number(producer, ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicLimits.MAX_RECORD_BYTES),
                KafkaSettings.number(producer, ProducerConfig.BUFFER_MEMORY_CONFIG, TopicLimits.MAX_RECORD_BYTES));
    }

    /**
     * Looks for settings of existing topics under which records would be refused or vanish, and warns of them.
     *
     * @param keptForGood whether nobody has asked for a retention
     * @throws FailedException if the processor could not work with a topic
     */
    public static void check(Admin admin, Settings settings, boolean keptForGood) {
        TopicNames topics = settings.topics();
        settings.levels().forEach(level -> checkOutput(admin, topics.output(level), settings, keptForGood));
        Config input = Cluster.settings(admin, topics.input());
        warnIfCompacted(topics.input(), input, "readings that have not been read yet vanish");
        Config late = Cluster.settings(admin, topics.late());
        warnIfCompacted(topics.late(), late, "only the last late reading of each sensor stays");
        warnIfCut(topics.input(), input, topics.late(), late);
        Config dead = Cluster.settings(admin, topics.dead());
        warnIfCut(topics.input(), input, topics.dead(), dead);
        if (isCompacted(dead)) {
            throw new FailedException("topic " + topics.dead() + " has " + TopicConfig.CLEANUP_POLICY_CONFIG + "="
                    + text(dead, TopicConfig.CLEANUP_POLICY_CONFIG)
                    + ", and so refuses dead records without a key: expected delete");
        }
    }

    private static void checkOutput(Admin admin, String topic, Settings settings, boolean keptForGood) {
        Config output = Cluster.settings(admin, topic);
        checkTimes(topic, output, settings);
        long kept = number(output, TopicConfig.RETENTION_MS_CONFIG, -1);
        if (kept >= 0 && keptForGood) {
            LOG.warn(
                    "Topic {} deletes records older than {}. The timestamp of a summary is the start of its window, so summaries of"
                            + " older readings will be deleted (set {}=-1 to keep them)",
                    topic,
                    Durations.format(Duration.ofMillis(kept)),
                    TopicConfig.RETENTION_MS_CONFIG);
        }
        warnIfCompacted(topic, output, "only the last summary of each sensor stays");
    }

    private static void checkTimes(String topic, Config output, Settings settings) {
        TopicLimits limits = limits(output, settings);
        Duration maxAhead = settings.readings().maxAhead();
        if (maxAhead.toMillis() >= limits.after()) {
            throw new InvalidSettingException(
                    "--max-ahead",
                    Durations.format(maxAhead),
                    "less than the " + limits.after() + " ms that topic " + topic
                            + " allows a timestamp to be in the future ("
                            + TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG + ")");
        }
        if (limits.before() < Long.MAX_VALUE) {
            LOG.warn(
                    "Topic {} refuses timestamps that are older than {} ({}): the summary of an older window has the oldest"
                            + " timestamp that the topic accepts, and its own one in header {}",
                    topic,
                    Durations.format(Duration.ofMillis(limits.before())),
                    TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG,
                    TopicLimits.TIMESTAMP);
        }
    }

    private static void warnIfCompacted(String topic, Config settings, String consequence) {
        if (isCompacted(settings)) {
            LOG.warn(
                    "Topic {} has {}={}: {}, and an audit finds them missing (set it to delete)",
                    topic,
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    text(settings, TopicConfig.CLEANUP_POLICY_CONFIG),
                    consequence);
        }
    }

    private static boolean isCompacted(Config settings) {
        String policy = text(settings, TopicConfig.CLEANUP_POLICY_CONFIG);
        return policy != null && policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT);
    }

    private static void warnIfCut(String inputTopic, Config input, String topic, Config settings) {
        long comesIn = number(input, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, 0);
        long goesOut = number(settings, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Long.MAX_VALUE);
        if (goesOut < comesIn) {
            LOG.warn(
                    "Topic {} has {}={}, but {} has {}: a record that only the second accepts is cut to fit the first",
                    topic,
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                    goesOut,
                    inputTopic,
                    comesIn);
        }
    }

    private static long number(Config settings, String name, long otherwise) {
        String text = text(settings, name);
        return text == null ? otherwise : Long.parseLong(text);
    }

    private static @Nullable String text(Config settings, String name) {
        return settings.get(name) == null ? null : settings.get(name).value();
    }
}
