package downsampling.processor;

import downsampling.processor.reading.NotAReadingException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Notices that most of what comes is dead for one and the same reason: then it is no odd record but a wrong clock, or a topic of
 * something else. Compares counts that are kept anyway, now and then.
 */
final class MostlyDead {
    /** Fewer say nothing. */
    private static final int FEWEST = 20;

    private static final Duration SAID_AGAIN_AFTER = Duration.ofMinutes(10);

    private final Map<Reason, Long> saidAt = new EnumMap<>(Reason.class);
    private Map<Reason, Long> deadBefore = Map.of();
    private long consumedBefore;

    /**
     * Compares what came with what was dead of it since the last look.
     *
     * @param consumed records read from the input, ever
     * @param dead     those of them that were dead, ever
     * @param now      epoch milliseconds
     * @return what a person should hear, in one line; the same no more often than each ten minutes
     */
    Optional<String> look(long consumed, Map<Reason, Long> dead, long now) {
        long came = consumed - consumedBefore;
        Map<Reason, Long> before = deadBefore;
        Reason most = null;
        long count = FEWEST - 1L;
        for (Map.Entry<Reason, Long> entry : dead.entrySet()) {
            long died = entry.getValue() - before.getOrDefault(entry.getKey(), 0L);
            if (died > count) {
                most = entry.getKey();
                count = died;
            }
        }
        if (most == null && came >= 0 && came < FEWEST) {
            return Optional.empty(); // too few yet to compare
        }
        consumedBefore = consumed;
        deadBefore = Map.copyOf(dead);
        if (most == null
                || came < 0 // a thread was replaced, and its count is gone
                || 2 * count <= came
                || now - saidAt.getOrDefault(most, Long.MIN_VALUE / 2) < SAID_AGAIN_AFTER.toMillis()) {
            return Optional.empty();
        }
        saidAt.put(most, now);
        return Optional.of(String.format(
                "%d of the last %d records were dead for one reason, %s: %s",
                count, Math.max(count, came), most.label(), meaning(most, now)));
    }

    private static String meaning(Reason reason, long now) {
        return switch (reason) {
            case FUTURE ->
                "their times are more than --max-ahead ahead of this machine's clock, which says "
                        + Instant.ofEpochMilli(now) + "; one of the clocks is wrong";
            case KEY -> "they have no sensor id, or none that is text, in the record's key";
            default -> "the headers of the records on the dead-letter topic say what was expected and what was found";
        };
    }
}
