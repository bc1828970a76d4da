package downsampling.processor;

import java.time.Duration;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/**
 * What timestamps a topic takes by its settings; {@link RecordLimit} is the same for sizes. A record that its broker refuses ends the transaction and the stream thread, again and
 * again, so none is sent that it would refuse: what does not fit is made to, and says so in its headers.
 *
 * <p>Nothing is lost by it. A summary has its window in value and headers, and late and dead readings name the place in the
 * input where they stand as they were.
 *
 * @param before how many milliseconds before the broker's now a timestamp may lie
 * @param after  how many milliseconds after it
 */
record Limits(long before, long after) {
    /** The timestamp that a record came with, where it goes on with another; epoch milliseconds as decimal text. */
    static final String TIMESTAMP = "source.timestamp";

    static final Limits NONE = new Limits(Long.MAX_VALUE, Long.MAX_VALUE);

    /** For clocks that differ, and for the time that a record is under way. */
    private static final long MARGIN = Duration.ofMinutes(5).toMillis();

    /** The nearest timestamp that the topic takes. */
    long timestamp(long timestamp, long now) {
        long latest = after > Long.MAX_VALUE - now ? Long.MAX_VALUE : now + after - Math.min(after, MARGIN);
        long earliest = Math.max(0, now - before + Math.min(before, MARGIN));
        return Math.max(earliest, Math.min(timestamp, latest));
    }

    /** The record if the topic takes its timestamp, else with the nearest that it takes. */
    Record<byte[], byte[]> fit(Record<byte[], byte[]> record, long now) {
        long timestamp = timestamp(record.timestamp(), now);
        if (timestamp == record.timestamp()) {
            return record;
        }
        Headers headers = new RecordHeaders(record.headers());
        if (headers.lastHeader(TIMESTAMP) == null) { // else it was moved on its way in
            headers.add(TIMESTAMP, ClosedWindow.text(record.timestamp()));
        }
        return record.withHeaders(headers).withTimestamp(timestamp);
    }
}
