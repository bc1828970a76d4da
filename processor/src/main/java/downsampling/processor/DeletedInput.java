package downsampling.processor;

import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Records of the input topic that were deleted, by retention or by hand, before they were read: how many there were is not
 * known, only their offsets, markers of transactions among them. In the dead-letter topic it is a record of no key and no
 * value, with the headers of other dead letters and one for the last offset.
 *
 * @param first offset, inclusive
 * @param last  offset, inclusive
 */
record DeletedInput(String topic, int partition, long first, long last) {
    /** The header that other dead letters do not have. */
    static final String LAST = "deleted.last.offset";

    long count() {
        return last + 1 - first;
    }

    Headers headers() {
        return new RecordHeaders()
                .add("__streams.errors.message", ClosedWindow.text("deleted before it was read"))
                .add("__streams.errors.topic", ClosedWindow.text(topic))
                .add("__streams.errors.partition", ClosedWindow.text(partition))
                .add("__streams.errors.offset", ClosedWindow.text(first))
                .add(LAST, ClosedWindow.text(last));
    }

    /** As the log has it. */
    @Override
    public String toString() {
        return String.format(
                "Partition %d of %s was deleted from offset %d to %d before it was read: up to %d records are lost",
                partition, topic, first, last, count());
    }
}
