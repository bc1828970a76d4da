package downsampling.producer.source;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Map;

/**
 * Messages in the order of sending. One thread uses a source.
 *
 * <p>{@link #hasNext()} may wait for a message, and may report that there will be none: an {@link UncheckedIOException} or a
 * {@link downsampling.service.FailedException} is an expected failure and ends the run with its one line; what was yielded
 * before is delivered all the same.
 */
public interface Source extends Iterator<Message>, AutoCloseable {

    /**
     * When the next message is due at the pace of the source itself, in ns after the first one; 0 or less is at once. It may
     * be asked only when {@link #hasNext()} is true.
     */
    long dueNanos();

    /** Readings per second at the pace of the source itself: infinite for as many as possible, NaN where nobody knows. */
    default double readingsPerSecond() {
        return Double.NaN;
    }

    /**
     * Whether more messages come only when earlier ones have been delivered, so that a delay of each is one of all that
     * follow.
     */
    default boolean waitsForDelivery() {
        return false;
    }

    /** Whether messages can come at all; false while what they come from cannot be reached. Any thread may ask. */
    default boolean isReady() {
        return true;
    }

    /** Shows what the source can say of itself among the metrics. */
    default void bindTo(MeterRegistry registry) {}

    /**
     * What the source has counted, by name and in the order of the summary line: what became of everything that did not
     * become a message, and what kinds of message there were, where there are kinds.
     */
    Map<String, Long> counts();

    @Override
    default void close() {}
}
