package downsampling.processor.window;

import downsampling.processor.input.DeletedInput;
import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.settings.TopicNames;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/**
 * What goes to the late and to the dead-letter topic: the raw record as it was, as far as it fits, and beside its own headers
 * those that say where it stood and what was the matter. One per task.
 */
public final class RejectedRecords {
    /** The header of a dead letter that says in a word what the message says in a sentence. */
    static final String REASON = "dead.reason";

    /** Header of a dead letter: the index, from 0, of the element of the record's array that is no reading. */
    public static final String ELEMENT = "dead.element";

    /** Of a stack trace in a header, in characters: enough for the cause, and no more than any topic accepts. */
    private static final int MOST_TRACE = 4000;

    private final SizeLimit lateLimit;
    private final SizeLimit deadLimit;
    private final Metrics metrics;

    RejectedRecords(TopicNames topics, Function<String, TopicLimits> limits, Metrics metrics) {
        lateLimit = new SizeLimit(topics.late(), limits);
        deadLimit = new SizeLimit(topics.dead(), limits);
        this.metrics = metrics;
    }

    /**
     * A reading for a closed window, with headers that say which window it missed, and by how much.
     *
     * @param arrived when the record arrived: its timestamp, or the nearest that the changelog accepts
     * @param start of that window, and {@code end}: epoch milliseconds
     * @param by    how many milliseconds before the end of the closed windows the reading was taken
     */
    Record<byte[], byte[]> late(ConsumerRecord<byte[], byte[]> raw, long arrived, long start, long end, long by) {
        Headers headers = new RecordHeaders()
                .add("late.window.start", HeaderText.of(start))
                .add("late.window.end", HeaderText.of(end))
                .add("late.by.ms", HeaderText.of(by))
                .add("source.topic", HeaderText.of(raw.topic()))
                .add("source.partition", HeaderText.of(raw.partition()))
                .add("source.offset", HeaderText.of(raw.offset()));
        return fit(raw, arrived, headers, lateLimit);
    }

    /** A record that is no reading, with the headers that Kafka's own dead letters have, and its reason. */
    Record<byte[], byte[]> dead(ConsumerRecord<byte[], byte[]> raw, long arrived, RuntimeException why) {
        Headers headers = new RecordHeaders()
                .add("__streams.errors.exception", HeaderText.of(why.getClass().getName()))
                .add("__streams.errors.message", HeaderText.of(String.valueOf(why.getMessage())))
                .add("__streams.errors.stacktrace", HeaderText.of(trace(why)));
        withPlace(headers, raw.topic(), raw.partition(), raw.offset())
                .add(REASON, HeaderText.of(Faults.reason(why).label()));
        if (why instanceof NotAReadingException of && of.element() != NotAReadingException.WHOLE) {
            headers.add(ELEMENT, HeaderText.of(of.element()));
        }
        return fit(raw, arrived, headers, deadLimit);
    }

    /** Stands for records that were deleted before they were read: no key, no value, and a header for the last offset. */
    Record<byte[], byte[]> deleted(DeletedInput deleted, long timestamp) {
        Headers headers =
                new RecordHeaders().add("__streams.errors.message", HeaderText.of("deleted before it was read"));
        withPlace(headers, deleted.topic(), deleted.partition(), deleted.first())
                .add(DeletedInput.LAST, HeaderText.of(deleted.last()))
                .add(REASON, HeaderText.of("deleted"));
        return new Record<>(null, null, timestamp, headers);
    }

    private static Headers withPlace(Headers headers, String topic, int partition, long offset) {
        return headers.add("__streams.errors.topic", HeaderText.of(topic))
                .add("__streams.errors.partition", HeaderText.of(partition))
                .add("__streams.errors.offset", HeaderText.of(offset));
    }

    /** That of a {@link downsampling.processor.reading.NotAReadingException} is one line. */
    private static String trace(RuntimeException why) {
        StringWriter trace = new StringWriter();
        why.printStackTrace(new PrintWriter(trace, true));
        String text = trace.toString().strip();
        return text.length() > MOST_TRACE ? text.substring(0, MOST_TRACE) : text;
    }

    private Record<byte[], byte[]> fit(
            ConsumerRecord<byte[], byte[]> raw, long arrived, Headers added, SizeLimit limit) {
        if (arrived != raw.timestamp()) {
            added.add(TopicLimits.TIMESTAMP, HeaderText.of(raw.timestamp()));
        }
        SizeLimit.Fitting fitting = limit.fit(raw.key(), raw.value(), raw.headers(), added);
        if (fitting.isCut()) {
            metrics.cut();
        }
        return new Record<>(fitting.key(), fitting.value(), arrived, fitting.headers());
    }
}
