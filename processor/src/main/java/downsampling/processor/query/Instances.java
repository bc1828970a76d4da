package downsampling.processor.query;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.processor.settings.Settings;
import downsampling.service.Answer;
import downsampling.service.Call;
import downsampling.service.RefusedException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.StreamsMetadata;
import org.apache.kafka.streams.errors.StreamsNotStartedException;
import org.apache.kafka.streams.state.HostInfo;

/**
 * Asks all instances of the application, this one among them, and makes one answer of what they say.
 *
 * <p>A sensor is in the partition that its producer chose, and producers choose differently. So all partitions are asked, each
 * at the instance that works on it, and the answer is whole or it is a 503. A question that is passed on names the partitions
 * that it is for, and is answered from one instance alone or not at all: so nothing can go round in circles.
 */
final class Instances {
    /** The parameter by which a question that is passed on names its partitions. */
    static final String PARTITIONS = "partitions";

    /** Questions that may be under way to other instances; each holds what comes back. */
    private static final int MOST_AT_ONCE = 8;

    private final String windowedTopic;
    private final HostInfo self;
    private final Supplier<LocalInstance> local;
    private final Peers peers = new Peers();
    private final Semaphore turns = new Semaphore(MOST_AT_ONCE);

    Instances(Settings settings, Supplier<LocalInstance> local) {
        windowedTopic = settings.windowedTopic();
        self = HostInfo.buildFromEndpoint(settings.http().orElseThrow().address());
        this.local = local;
    }

    /**
     * What is to be known of some partitions.
     *
     * @param path       to ask other instances for
     * @param parameters to ask them with
     * @param here       what this instance says of its partitions; throws a {@link RefusedException} if it has not all of them
     * @param elsewhere  what another instance said of its partitions, of its JSON; throws an {@link IllegalArgumentException} if
     *     that is something else
     * @param joined     makes one answer of what all have said
     */
    record Question<T>(
            String path,
            Map<String, String> parameters,
            BiFunction<LocalInstance, Set<Integer>, T> here,
            BiFunction<Set<Integer>, JsonNode, T> elsewhere,
            Function<List<T>, Answer> joined) {}

    /** Answers for the partitions that the call names, or, if it names none, for all. */
    <T> CompletionStage<Answer> ask(Call call, Question<T> question) {
        LocalInstance instance = local.get();
        if (instance == null) {
            throw RefusedException.unavailable("starting");
        }
        String named = call.parameter(PARTITIONS);
        if (named != null) {
            Set<Integer> partitions = Parameters.partitions(named, instance.partitions());
            return CompletableFuture.completedFuture(
                    question.joined.apply(List.of(question.here.apply(instance, partitions))));
        }
        if (!turns.tryAcquire()) {
            throw RefusedException.unavailable("too many queries at once");
        }
        CompletableFuture<Answer> answer;
        try {
            answer = askAll(instance, question);
        } catch (RuntimeException e) {
            turns.release();
            throw e;
        }
        return answer.whenComplete((done, e) -> turns.release());
    }

    private <T> CompletableFuture<Answer> askAll(LocalInstance instance, Question<T> question) {
        Map<HostInfo, Set<Integer>> instances = partitionsByInstance(instance);
        Set<Integer> own = instances.remove(self);
        List<CompletableFuture<T>> others = new ArrayList<>();
        instances.forEach((other, partitions) -> others.add(peers.ask(
                other,
                partitions,
                question.path,
                question.parameters,
                json -> question.elsewhere.apply(partitions, json))));
        List<T> answers = new ArrayList<>();
        if (own != null) {
            answers.add(question.here.apply(instance, own));
        }
        return CompletableFuture.allOf(others.toArray(CompletableFuture[]::new)).thenApply(all -> {
            others.stream().map(CompletableFuture::join).forEach(answers::add);
            return question.joined.apply(answers);
        });
    }

    /** Who works on which partitions, as of the last rebalance that this instance knows of. */
    private Map<HostInfo, Set<Integer>> partitionsByInstance(LocalInstance instance) {
        Map<HostInfo, Set<Integer>> instances = new HashMap<>();
        Set<Integer> missing = IntStream.range(0, instance.partitions()).boxed().collect(Collectors.toSet());
        try {
            for (StreamsMetadata other : instance.streams().metadataForAllStreamsClients()) {
                for (TopicPartition partition : other.topicPartitions()) {
                    if (partition.topic().equals(windowedTopic) && missing.remove(partition.partition())) {
                        instances
                                .computeIfAbsent(other.hostInfo(), host -> new TreeSet<>())
                                .add(partition.partition());
                    }
                }
            }
        } catch (IllegalStateException | StreamsNotStartedException e) {
            throw RefusedException.unavailable("starting or stopping");
        }
        if (!missing.isEmpty()) {
            throw RefusedException.unavailable("no instance that can be asked works on partitions " + missing);
        }
        return instances;
    }
}
