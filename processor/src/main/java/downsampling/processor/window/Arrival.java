package downsampling.processor.window;

import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * When a record arrived: its own timestamp, unless the changelog would refuse that, whose records carry it, too. Kafka Streams
 * asks for a batch, {@link WindowProcessor} for each of its records.
 */
final class Arrival implements TimestampExtractor {
    private final Supplier<TopicLimits> changelog;
    private volatile long clock;

    /** @param changelog what the changelog accepts */
    Arrival(Supplier<TopicLimits> changelog) {
        this.changelog = changelog;
    }

    /** @param timestamp of the record, whatever it is; both in epoch milliseconds */
    long of(long timestamp) {
        TopicLimits limits = changelog.get();
        if (timestamp >= 0 && timestamp <= clock && limits.before() == Long.MAX_VALUE) { // nearly always
            return timestamp;
        }
        clock = System.currentTimeMillis();
        return limits.timestamp(timestamp, clock);
    }

    @Override
    public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
        return of(record.timestamp());
    }
}
