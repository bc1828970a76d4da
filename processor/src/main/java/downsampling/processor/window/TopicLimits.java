package downsampling.processor.window;

import java.time.Duration;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/**
 * What a topic accepts, by its settings and those of the producer that writes to it. A record that its broker refuses ends the
 * transaction and the stream thread, again and again, so none is sent that it would refuse: what does not fit is made to, and
 * says so in its headers; sizes are {@link SizeLimit}'s concern.
 *
 * <p>Nothing is lost by it. A summary has its window in value and headers, and late and dead readings name the place in the
 * input where they stand as they were.
 *
 * @param bytes  the largest record
 * @param before how many milliseconds before the broker's now a timestamp may lie
 * @param after  how many milliseconds after it
 */
public record TopicLimits(long bytes, long before, long after) {
    /** Largest record that late and dead topics made here accept, and that is sent to them; more than any topic's default. */
    public static final int MAX_RECORD_BYTES = 32 << 20;

    /** The timestamp that a record came with, where it goes on with another; epoch milliseconds as decimal text. */
    public static final String TIMESTAMP = "source.timestamp";

    /** Of a topic that accepts all that is sent to it. */
    public static final TopicLimits NONE = new TopicLimits(MAX_RECORD_BYTES, Long.MAX_VALUE, Long.MAX_VALUE);

    /** For clocks that differ, and for the time that a record is under way. */
    private static final long MARGIN = Duration.ofMinutes(5).toMillis();

    /** The nearest timestamp that the topic accepts. */
    long timestamp(long timestamp, long now) {
        long latest = after > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + after - Math.min(after, MARGIN);
        long earliest = Math.max(0, now - before + Math.min(before, MARGIN));
        return Math.max(earliest, Math.min(timestamp, latest));
    }

    /** The record if the topic accepts its timestamp, else with the nearest that it accepts. */
    Record<byte[], byte[]> fit(Record<byte[], byte[]> record, long now) {
        long timestamp = timestamp(record.timestamp(), now);
        if (timestamp == record.timestamp()) {
            return record;
        }
        Headers headers = new RecordHeaders(record.headers());
        if (headers.lastHeader(TIMESTAMP) == null) { // else it was moved on its way in
            headers.add(TIMESTAMP, HeaderText.of(record.timestamp()));
        }
        return record.withHeaders(headers).withTimestamp(timestamp);
    }
}
