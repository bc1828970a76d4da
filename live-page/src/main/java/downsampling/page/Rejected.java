package downsampling.page;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * A late or a dead reading, as its headers tell it. Whatever they do not tell is null.
 *
 * @param visible when this program had it, epoch milliseconds
 * @param sensor the key, shortened
 * @param value the raw value, shortened
 * @param windowStart of the window that a late reading missed, epoch milliseconds
 * @param byMs how far a late reading was behind what was closed already
 * @param reason why a dead one is none
 * @param source topic-partition@offset where it stood
 */
record Rejected(
        long visible,
        String sensor,
        String value,
        Long windowStart,
        Long windowEnd,
        Long byMs,
        String reason,
        String source) {

    static Rejected late(ConsumerRecord<byte[], byte[]> record, long now) {
        Headers headers = record.headers();
        return new Rejected(
                now,
                RecordText.of(record.key()),
                RecordText.of(record.value()),
                RecordText.number(headers, "late.window.start"),
                RecordText.number(headers, "late.window.end"),
                RecordText.number(headers, "late.by.ms"),
                null,
                source(headers, "source."));
    }

    static Rejected dead(ConsumerRecord<byte[], byte[]> record, long now) {
        Headers headers = record.headers();
        return new Rejected(
                now,
                RecordText.of(record.key()),
                RecordText.of(record.value()),
                null,
                null,
                null,
                RecordText.of(headers, "__streams.errors.message"),
                source(headers, "__streams.errors."));
    }

    private static String source(Headers headers, String prefix) {
        String topic = RecordText.of(headers, prefix + "topic");
        return topic == null
                ? null
                : topic + "-" + RecordText.of(headers, prefix + "partition") + "@"
                        + RecordText.of(headers, prefix + "offset");
    }
}
