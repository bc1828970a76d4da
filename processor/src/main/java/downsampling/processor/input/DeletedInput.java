package downsampling.processor.input;

/**
 * Records of the input topic that were deleted, by retention or by hand, before they were read: how many there were is not
 * known, only their offsets, markers of transactions among them. In the dead-letter topic it is a record of no key and no
 * value, with the headers of other dead letters and one for the last offset.
 *
 * @param first offset, inclusive
 * @param last  offset, inclusive
 */
public record DeletedInput(String topic, int partition, long first, long last) {
    /** The header that other dead letters do not have. */
    public static final String LAST = "deleted.last.offset";

    public long count() {
        return last + 1 - first;
    }

    /** As the log has it. */
    @Override
    public String toString() {
        return String.format(
                "Partition %d of %s was deleted from offset %d to %d before it was read: up to %d records are lost",
                partition, topic, first, last, count());
    }
}
