package downsampling.processor.reading;

/**
 * One usable reading, as {@link ReadingDeserializer} vouches for it.
 *
 * @param time  event time in milliseconds since the epoch, at least 0 and at most {@code --max-ahead} in the future
 * @param value finite
 */
public record Reading(long time, double value) {}
