package downsampling.processor.window;

import downsampling.processor.input.InputConsumers;
import downsampling.processor.input.InputEnd;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What the tasks of an instance share.
 *
 * @param wallClock       in epoch milliseconds
 * @param input           the consumers, see {@link InputConsumers}
 * @param inputPartitions how many partitions the input topic has
 * @param inputEnd        how far a partition of the input topic is known to be read, see {@link InputEnd}
 * @param limits          what a topic accepts, by its name
 * @param awaitRekeyed    returns when the topic that readings are rekeyed to can be written to
 */
public record Surroundings(
        LongSupplier wallClock,
        InputConsumers input,
        int inputPartitions,
        InputEnd.Watch inputEnd,
        Function<String, TopicLimits> limits,
        Metrics metrics,
        Faults faults,
        Runnable awaitRekeyed) {}
