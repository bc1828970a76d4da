package downsampling.page;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * A late or a dead reading, as the headers of its record describe it. What they do not say is null.
 *
 * @param visible when this program read it, in milliseconds since the epoch
 * @param sensor the key, shortened
 * @param value the raw value, shortened
 * @param windowStart start of the window that a late reading missed, in milliseconds since the epoch
 * @param windowEnd end of that window, exclusive
 * @param byMs by how many milliseconds a late reading missed it
 * @param reason why a dead reading is none
 * @param source where its record stood, as {@code topic-partition@offset}
 */
record RejectedReading(
        long visible,
        @Nullable String sensor,
        @Nullable String value,
        @Nullable Long windowStart,
        @Nullable Long windowEnd,
        @Nullable Long byMs,
        @Nullable String reason,
        @Nullable String source) {

    static RejectedReading late(ConsumerRecord<byte[], byte[]> record, long now) {
        Headers headers = record.headers();
        return new RejectedReading(
                now,
                RecordText.of(record.key()),
                RecordText.of(record.value()),
                RecordText.number(headers, "late.window.start"),
                RecordText.number(headers, "late.window.end"),
                RecordText.number(headers, "late.by.ms"),
                null,
                source(headers, "source."));
    }

    static RejectedReading dead(ConsumerRecord<byte[], byte[]> record, long now) {
        Headers headers = record.headers();
        return new RejectedReading(
                now,
                RecordText.of(record.key()),
                RecordText.of(record.value()),
                null,
                null,
                null,
                RecordText.of(headers, "__streams.errors.message"),
                source(headers, "__streams.errors."));
    }

    private static @Nullable String source(Headers headers, String prefix) {
        String topic = RecordText.of(headers, prefix + "topic");
        return topic == null
                ? null
                : topic + "-" + RecordText.of(headers, prefix + "partition") + "@"
                        + RecordText.of(headers, prefix + "offset");
    }
}
