package downsampling.processor.window;

import downsampling.processor.input.DeletedInput;
import downsampling.processor.input.InputConsumers;
import downsampling.processor.settings.Settings;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the records of a partition have been processed, so that each is processed once: also where the offsets of the group
 * were deleted, have expired or were set back. One per task, for its thread.
 */
final class Progress {
    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);

    private final Settings settings;
    private final TopicPartition partition;
    private final InputConsumers input;
    private final InputConsumers.Place place;
    private long newestTimestamp;
    private long nextOffset;
    /** What {@link #nextOffset} was when the store was last written. */
    private long writtenOffset;
    /** Whether records have been passed over, so that this is reported once. */
    private boolean passingOver;

    /** @param stored what the state says */
    Progress(Settings settings, TopicPartition partition, InputConsumers input, Position stored) {
        this.settings = settings;
        this.partition = partition;
        this.input = input;
        newestTimestamp = stored.newestTimestamp();
        nextOffset = stored.nextOffset();
        writtenOffset = nextOffset;
        place = input.resume(partition, settings.processing().isExactlyOnce() ? nextOffset : -1);
    }

    /** All records before this offset have been processed. */
    long nextOffset() {
        return nextOffset;
    }

    /**
     * A record is next in turn.
     *
     * @return false if it was processed before, as the state says: to count it again would be wrong, and to call it late as well
     * @throws downsampling.service.FailedException if it is newer than all that were processed, and so another record than the
     *     one that was
     */
    boolean accept(long offset, long timestamp) {
        if (offset < nextOffset) {
            passOver(offset, timestamp);
            return false;
        }
        nextOffset = offset + 1;
        newestTimestamp = Math.max(newestTimestamp, timestamp);
        return true;
    }

    private void passOver(long offset, long timestamp) {
        if (timestamp > newestTimestamp) {
            throw input.anotherTopic(
                    partition,
                    String.format(
                            "all records before offset %d were processed, but the record at offset %d is newer (%s)",
                            nextOffset, offset, Instant.ofEpochMilli(timestamp)));
        }
        if (!passingOver) {
            passingOver = true;
            LOG.warn(
                    "Partition {} is read again from offset {}, although all records up to offset {} were processed: the offsets"
                            + " of group {} were lost or set back. Records that were processed before are not counted again",
                    partition.partition(),
                    offset,
                    nextOffset - 1,
                    settings.applicationId());
        }
    }

    /**
     * Records are gone that nobody has read, up to an offset.
     *
     * @param headers of the record that stands for them
     * @return what was not processed of them, if anything
     */
    Optional<DeletedInput> acceptDeleted(Headers headers, long last) {
        long first = Math.max(nextOffset, InputConsumers.firstDeleted(headers));
        if (first > last) {
            return Optional.empty();
        }
        nextOffset = last + 1;
        return Optional.of(new DeletedInput(partition.topic(), partition.partition(), first, last));
    }

    /** What the store is to hold as of the commit that begins, where there are no windows. */
    Position committing(StreamTime time) {
        nextOffset = place.next(nextOffset);
        // Without transactions the state may outlive results that were on their way, but not those of the commit
        // before.
        long sure = settings.processing().isExactlyOnce() ? nextOffset : writtenOffset;
        writtenOffset = nextOffset;
        return new Position(Position.NONE, time.newest(), time.readUpTo(), newestTimestamp, sure);
    }
}
