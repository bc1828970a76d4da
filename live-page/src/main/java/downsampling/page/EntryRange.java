package downsampling.page;

/**
 * Entries of a log by their numbers, which begin at 0.
 *
 * @param from the first one
 * @param until the one after the last one; {@code from} or higher
 */
record EntryRange(long from, long until) {
    /** How many entries there are in the range, whether they are still kept or not. */
    long count() {
        return until - from;
    }
}
