package downsampling.processor;

import static downsampling.processor.Config.TopologyKind.DSL;
import static downsampling.processor.Config.TopologyKind.EXACT;

import downsampling.service.BrokerConnection;
import downsampling.service.Durations;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import downsampling.service.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics that are missing, leaves alone those that are there, and says where their settings break a promise. A
 * missing dead-letter topic in particular would stall the partition of the first dead record without a word.
 */
final class Topics {
    /** Largest record that late and dead topics made here take, and that is sent to them; more than any input topic's default. */
    static final int MAX_RECORD_BYTES = 32 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Topics.class);

    /**
     * How to make a topic.
     *
     * @param partitions  of the input topic if it is missing; the others get as many as that has
     * @param replication -1 for the broker's default
     * @param retention   null for the default: the broker's for the input, for good for all others
     */
    record Making(int partitions, short replication, Duration retention) {
        Making {
            if (partitions < 1 || partitions > 10_000) {
                throw new InvalidSettingException("--partitions", partitions, "1 to 10000");
            }
            if (replication != -1 && replication < 1) {
                throw new InvalidSettingException(
                        "--replication", replication, "at least 1, or -1 for the broker's default");
            }
        }
    }

    private final Admin admin;
    private final Making making;

    Topics(Admin admin, Making making) {
        this.admin = admin;
        this.making = making;
    }

    /** @throws FailedException if there is no answer within the given time, or a refusal */
    static Admin connect(downsampling.processor.Config config, Duration patience) {
        return BrokerConnection.open(KafkaSettings.forAdmin(config.kafka()), patience);
    }

    /**
     * Looks for changelogs of the application's state.
     *
     * @throws FailedException if there is state that was made by the other topology or with another window or grace: it would
     *     be left behind, or mixed, and readings be lost or windows lie
     */
    void checkState(downsampling.processor.Config config) {
        Pattern changelog = Pattern.compile(Pattern.quote(config.applicationId()) + "-(" + EXACT.store + "|" + DSL.store
                + ")-(\\w+)-(\\w+)-changelog");
        try {
            for (String topic : get(admin.listTopics().names())) {
                Matcher made = changelog.matcher(topic);
                if (made.matches() && !topic.equals(config.applicationId() + "-" + config.storeName() + "-changelog")) {
                    throw new FailedException(String.format(
                            "the state of %s was made with --topology %s --window %s --grace %s, now asked for are"
                                    + " --topology %s --window %s --grace %s: run it with the old ones, or with a new"
                                    + " --application-id (which reads its input from the start), or stop all instances and"
                                    + " reset it with kafka-streams-application-reset",
                            config.applicationId(),
                            made.group(1).equals(DSL.store) ? "dsl" : "exact",
                            made.group(2),
                            made.group(3),
                            config.topology() == DSL ? "dsl" : "exact",
                            Durations.format(config.window()),
                            Durations.format(config.grace())));
                }
            }
        } catch (ExecutionException e) {
            throw failure("cannot see what state " + config.applicationId() + " has", e);
        }
    }

    /**
     * @return partitions of the input topic
     * @throws FailedException if a topic is missing and cannot be made
     */
    int ensure(downsampling.processor.Config config) {
        int partitions = partitions(config.inputTopic())
                .orElseGet(() -> create(config.inputTopic(), making.partitions(), retention(null)));
        if (partitions < config.threads()) {
            LOG.warn(
                    "Topic {} has {} partitions: of {} threads, as many work",
                    config.inputTopic(),
                    partitions,
                    config.threads());
        }
        Map<String, String> kept = retention("-1");
        Map<String, String> keptWhole = new HashMap<>(kept);
        keptWhole.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(MAX_RECORD_BYTES));
        if (partitions(config.outputTopic()).isEmpty()) {
            create(config.outputTopic(), partitions, kept);
        }
        for (String topic : new String[] {config.lateTopic(), config.deadTopic()}) {
            if (partitions(topic).isEmpty()) {
                create(topic, partitions, keptWhole);
            }
        }
        awaitLeaders(
                List.of(config.inputTopic(), config.outputTopic(), config.lateTopic(), config.deadTopic()), partitions);
        check(config);
        return partitions;
    }

    /**
     * A topic just made is there when the leader of each partition answers: of an idempotent producer's first batches the first
     * can get lost on one that has not taken over yet (KAFKA-15591).
     */
    private void awaitLeaders(List<String> topics, int partitions) {
        Map<TopicPartition, OffsetSpec> ends = topics.stream()
                .flatMap(topic -> IntStream.range(0, partitions(topic).orElse(partitions))
                        .mapToObj(p -> new TopicPartition(topic, p)))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        for (long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
                ;
                LockSupport.parkNanos(100_000_000)) {
            try {
                get(admin.listOffsets(ends).all());
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException) || System.nanoTime() - deadline >= 0) {
                    throw failure("topics " + topics + " do not answer", e);
                }
            }
        }
    }

    /** Settings of existing topics under which records would be refused or vanish. */
    private void check(downsampling.processor.Config config) {
        Config output = settings(config.outputTopic());
        long ahead = number(output, TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, Long.MAX_VALUE);
        if (config.maxAhead().toMillis() >= ahead) {
            throw new InvalidSettingException(
                    "--max-ahead",
                    Durations.format(config.maxAhead()),
                    "less than the " + ahead + " ms that topic " + config.outputTopic()
                            + " allows a timestamp to be in the future ("
                            + TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG + ")");
        }
        long kept = number(output, TopicConfig.RETENTION_MS_CONFIG, -1);
        if (kept >= 0 && making.retention() == null) {
            LOG.warn(
                    "Topic {} deletes records older than {}: a summary carries its window's start, so those of readings older"
                            + " than that will vanish (set {}=-1 to keep them)",
                    config.outputTopic(),
                    Durations.format(Duration.ofMillis(kept)),
                    TopicConfig.RETENTION_MS_CONFIG);
        }
        Config input = settings(config.inputTopic());
        for (String topic : new String[] {config.lateTopic(), config.deadTopic()}) {
            Config settings = settings(topic);
            warnIfLess(
                    config.inputTopic(),
                    input,
                    topic,
                    settings,
                    TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
                    "would stop the processor");
            warnIfLess(
                    config.inputTopic(),
                    input,
                    topic,
                    settings,
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                    "goes there cut");
        }
    }

    private static void warnIfLess(
            String inputTopic, Config input, String topic, Config settings, String name, String what) {
        long takes = number(input, name, 0);
        long passesOn = number(settings, name, Long.MAX_VALUE);
        if (passesOn < takes) {
            LOG.warn(
                    "Topic {} has {}={}, but {} has {}: a record that only the second takes {}",
                    topic,
                    name,
                    passesOn,
                    inputTopic,
                    takes,
                    what);
        }
    }

    private static long number(Config settings, String name, long otherwise) {
        return settings.get(name) == null || settings.get(name).value() == null
                ? otherwise
                : Long.parseLong(settings.get(name).value());
    }

    /** Largest record that a topic takes without compression, in bytes; Kafka's default where this program may not ask. */
    long maxBytes(String topic) {
        return number(settings(topic), TopicConfig.MAX_MESSAGE_BYTES_CONFIG, 1 << 20);
    }

    /** Empty settings where this program may not read them: then the broker's word comes later. */
    private Config settings(String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            return get(admin.describeConfigs(List.of(resource)).values().get(resource));
        } catch (ExecutionException e) {
            LOG.debug("Settings of topic {} cannot be read", topic, e);
            return new Config(List.of());
        }
    }

    private Map<String, String> retention(String otherwise) {
        String millis = making.retention() == null
                ? otherwise
                : String.valueOf(making.retention().toMillis());
        return millis == null ? Map.of() : Map.of(TopicConfig.RETENTION_MS_CONFIG, millis);
    }

    /** @throws FailedException if the broker does not say */
    boolean exists(String topic) {
        return partitions(topic).isPresent();
    }

    private Optional<Integer> partitions(String topic) {
        try {
            return Optional.of(
                    get(admin.describeTopics(List.of(topic)).topicNameValues().get(topic))
                            .partitions()
                            .size());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw failure("cannot see topic " + topic, e);
        }
    }

    private int create(String topic, int partitions, Map<String, String> settings) {
        try {
            get(admin.createTopics(List.of(new NewTopic(topic, partitions, making.replication()).configs(settings)))
                    .all());
            LOG.info("Made topic {} with {} partitions", topic, partitions);
            return partitions;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) { // another instance was quicker
                return partitions(topic).orElse(partitions);
            }
            throw failure("topic " + topic + " is missing and cannot be made", e);
        }
    }

    private static FailedException failure(String what, ExecutionException e) {
        String why = e.getCause() instanceof AuthorizationException
                ? "no right to (" + e.getCause().getMessage() + ")"
                : e.getCause().getMessage();
        return new FailedException(what + ": " + why, e.getCause());
    }

    private static <T> T get(KafkaFuture<T> future) throws ExecutionException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted", e);
        }
    }
}
