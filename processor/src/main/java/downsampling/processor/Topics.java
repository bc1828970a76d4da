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
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
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

    private static final String ANEW = "with a new --application-id (which reads its input from the start), or stop all"
            + " instances and run \"processor reset\"";

    private final Admin admin;
    private final Making making;

    Topics(Admin admin, Making making) {
        this.admin = admin;
        this.making = making;
    }

    /** @throws FailedException if there is no answer within the given time, or a refusal */
    static Admin connect(downsampling.processor.Config config, Duration patience) {
        return BrokerConnection.open(
                KafkaSettings.forAdmin(config.kafka()),
                patience,
                config.guarantee() == downsampling.processor.Config.Guarantee.EXACTLY_ONCE_V2);
    }

    /**
     * The names of the changelogs of an application's state, of both topologies and of all settings; those of another
     * application, however its name begins, never match. The groups are topology, window and grace where they are in the name.
     */
    static Pattern changelogs(String applicationId) {
        String duration = "(\\d+(?:ms|s|d))";
        return Pattern.compile(Pattern.quote(applicationId) + "-(?:(" + EXACT.store + "|" + DSL.store + ")-" + duration
                + "-" + duration + "|" + DslTopology.SUPPRESSED + "-store)-changelog");
    }

    /**
     * Looks whether the application's state, its group and the input topic go together. What is asked for here may be what
     * was done before, or what another instance does at this moment.
     *
     * @param partitions of the input topic at the start, null then
     * @return why this application must not go on, in one line
     * @throws FailedException if the broker does not say
     */
    Optional<String> obstacle(downsampling.processor.Config config, Integer partitions) {
        Set<String> topics;
        try {
            topics = get(admin.listTopics().names());
        } catch (ExecutionException e) {
            throw failure("cannot see what state " + config.applicationId() + " has", e);
        }
        return otherState(config, topics)
                .or(() -> otherInput(config))
                .or(() -> otherPartitions(config, topics, partitions));
    }

    /** State that was made with another topology, window or grace would be left behind, or mixed, and windows lie. */
    private static Optional<String> otherState(downsampling.processor.Config config, Set<String> topics) {
        Pattern changelog = changelogs(config.applicationId());
        for (String topic : topics) {
            Matcher made = changelog.matcher(topic);
            if (made.matches() && made.group(1) != null && !topic.equals(config.changelog())) {
                return Optional.of(String.format(
                        "the state of %s was made with --topology %s --window %s --grace %s, now asked for are"
                                + " --topology %s --window %s --grace %s: run it with the old ones, or %s",
                        config.applicationId(),
                        made.group(1).equals(DSL.store) ? "dsl" : "exact",
                        made.group(2),
                        made.group(3),
                        config.topology() == DSL ? "dsl" : "exact",
                        Durations.format(config.window()),
                        Durations.format(config.grace()),
                        ANEW));
            }
        }
        return Optional.empty();
    }

    /** Two inputs in one group keep each other from working, and one state cannot be that of both. */
    private Optional<String> otherInput(downsampling.processor.Config config) {
        Set<String> read = new TreeSet<>();
        try {
            get(admin.listConsumerGroupOffsets(config.applicationId()).partitionsToOffsetAndMetadata())
                    .keySet()
                    .forEach(partition -> read.add(partition.topic()));
            get(admin.describeConsumerGroups(List.of(config.applicationId()))
                            .describedGroups()
                            .get(config.applicationId()))
                    .members()
                    .forEach(member ->
                            member.assignment().topicPartitions().forEach(partition -> read.add(partition.topic())));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupAuthorizationException) {
                throw failure("cannot see group " + config.applicationId(), e);
            }
            LOG.debug("Group {} is not known", config.applicationId(), e);
        }
        read.removeIf(topic -> topic.equals(config.inputTopic()) || topic.startsWith(config.applicationId() + "-"));
        return read.isEmpty()
                ? Optional.empty()
                : Optional.of(String.format(
                        "group %s reads topic %s, now asked for is --input-topic %s: run it with the old one, or %s",
                        config.applicationId(), String.join(", ", read), config.inputTopic(), ANEW));
    }

    /** A sensor that is in another partition than before would have two summaries for one window. */
    private Optional<String> otherPartitions(
            downsampling.processor.Config config, Set<String> topics, Integer atStart) {
        Integer made = topics.contains(config.changelog())
                ? partitions(config.changelog()).orElse(atStart)
                : atStart;
        if (made == null) {
            return Optional.empty();
        }
        Optional<Integer> input = partitions(config.inputTopic());
        if (input.isEmpty()) {
            return Optional.of("topic " + config.inputTopic() + " does not exist any more, but state of "
                    + config.applicationId() + " does: make the topic again with " + made + " partitions, and " + ANEW);
        }
        return input.get().equals(made)
                ? Optional.empty()
                : Optional.of(String.format(
                        "topic %s has %d partitions, and the state of %s was made with %d: a sensor may be in another"
                                + " partition now, and its open windows would come twice; go on %s",
                        config.inputTopic(), input.get(), config.applicationId(), made, ANEW));
    }

    /** What the topics take that records are written to, as far as this program may read their settings. */
    Map<String, Limits> limits(downsampling.processor.Config config) {
        Map<String, Limits> limits = new HashMap<>();
        for (String topic : List.of(config.outputTopic(), config.lateTopic(), config.deadTopic(), config.changelog())) {
            limits.put(topic, limits(settings(topic)));
        }
        return limits;
    }

    private static Limits limits(Config settings) {
        boolean ownTime = "LogAppendTime".equals(text(settings, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG));
        long none = Long.MAX_VALUE;
        return new Limits(
                ownTime ? none : number(settings, TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, none),
                ownTime ? none : number(settings, TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, none));
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
                    "Topic {} has {} partitions, so that of the {} threads no more than that have work",
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
        checkRights(config);
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
        Limits taken = limits(output);
        if (config.maxAhead().toMillis() >= taken.after()) {
            throw new InvalidSettingException(
                    "--max-ahead",
                    Durations.format(config.maxAhead()),
                    "less than the " + taken.after() + " ms that topic " + config.outputTopic()
                            + " allows a timestamp to be in the future ("
                            + TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG + ")");
        }
        if (taken.before() < Long.MAX_VALUE) {
            LOG.warn(
                    "Topic {} refuses timestamps that are older than {} ({}): the summary of an older window carries the"
                            + " oldest one that it accepts, and the right one in header {}",
                    config.outputTopic(),
                    Durations.format(Duration.ofMillis(taken.before())),
                    TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG,
                    Limits.TIMESTAMP);
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
        warnIfCompacted(config.inputTopic(), input, "readings that have not been read yet vanish");
        warnIfCompacted(config.outputTopic(), output, "only the last summary of each sensor stays");
        Config late = settings(config.lateTopic());
        warnIfCompacted(config.lateTopic(), late, "only the last late reading of each sensor stays");
        warnIfCut(config.inputTopic(), input, config.lateTopic(), late);
        Config dead = settings(config.deadTopic());
        warnIfCut(config.inputTopic(), input, config.deadTopic(), dead);
        if (isCompacted(dead)) {
            throw new FailedException("topic " + config.deadTopic() + " has " + TopicConfig.CLEANUP_POLICY_CONFIG + "="
                    + text(dead, TopicConfig.CLEANUP_POLICY_CONFIG)
                    + ", and so refuses dead records without a key: expected delete");
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
        long takes = number(input, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, 0);
        long passesOn = number(settings, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Long.MAX_VALUE);
        if (passesOn < takes) {
            LOG.warn(
                    "Topic {} has {}={}, but {} has {}: a record that only the second accepts is cut to fit the first",
                    topic,
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                    passesOn,
                    inputTopic,
                    takes);
        }
    }

    /**
     * Sees that this program may do what it is going to do, as far as the broker says so beforehand.
     *
     * @throws FailedException if a right is missing
     */
    private void checkRights(downsampling.processor.Config config) {
        for (String topic : List.of(
                config.inputTopic(),
                config.outputTopic(),
                config.lateTopic(),
                config.deadTopic(),
                config.changelog())) {
            try {
                require(
                        get(admin.describeTopics(
                                                List.of(topic),
                                                new DescribeTopicsOptions().includeAuthorizedOperations(true))
                                        .topicNameValues()
                                        .get(topic))
                                .authorizedOperations(),
                        Incurable.operations(topic, config),
                        "topic " + topic);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) { // a changelog that is not made yet
                    throw failure("cannot see topic " + topic, e);
                }
            }
        }
        try {
            require(
                    get(admin.describeConsumerGroups(
                                            List.of(config.applicationId()),
                                            new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                                    .describedGroups()
                                    .get(config.applicationId()))
                            .authorizedOperations(),
                    List.of(AclOperation.READ),
                    "group " + config.applicationId());
        } catch (ExecutionException e) {
            LOG.debug("Rights on group {} are not known", config.applicationId(), e);
        }
    }

    private static void require(Set<AclOperation> has, List<AclOperation> needed, String resource) {
        if (has == null || has.isEmpty()) { // a broker that does not say
            return;
        }
        Set<AclOperation> missing = new TreeSet<>(needed);
        missing.remove(AclOperation.CREATE); // it is there
        missing.removeAll(has);
        if (!missing.isEmpty() && !has.contains(AclOperation.ALL)) {
            throw new FailedException(Incurable.noRight(missing, resource));
        }
    }

    private static long number(Config settings, String name, long otherwise) {
        String text = text(settings, name);
        return text == null ? otherwise : Long.parseLong(text);
    }

    private static String text(Config settings, String name) {
        return settings.get(name) == null ? null : settings.get(name).value();
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
                : Incurable.why(e.getCause());
        return new FailedException(what + ": " + why, e.getCause());
    }

    /** @throws FailedException if the thread is interrupted meanwhile */
    static <T> T get(KafkaFuture<T> future) throws ExecutionException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted", e);
        }
    }
}
