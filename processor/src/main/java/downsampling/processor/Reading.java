package downsampling.processor;

/**
 * One usable reading, as {@link ReadingDeserializer} vouches for it.
 *
 * @param time  event time in milliseconds since the epoch, at least 0 and at most {@code --max-ahead} in the future
 * @param value finite
 * @param raw   the record's value as it was on the wire, kept because a late reading is passed on untouched; not copied
 */
record Reading(long time, double value, byte[] raw) {}
