package downsampling.processor.window;

import downsampling.processor.input.DeletedInput;
import downsampling.processor.settings.TopicNames;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * What goes to the late and to the dead-letter topic: the raw record as it was, as far as it fits, and beside its own headers
 * those that say where it stood and what was the matter. One per task.
 */
final class RejectedRecords {
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
     * @param start of that window, and {@code end}: epoch milliseconds
     * @param by    how many milliseconds before the end of the closed windows the reading was taken
     */
    Record<byte[], byte[]> late(Record<byte[], byte[]> raw, RecordMetadata source, long start, long end, long by) {
        Headers headers = new RecordHeaders()
                .add("late.window.start", HeaderText.of(start))
                .add("late.window.end", HeaderText.of(end))
                .add("late.by.ms", HeaderText.of(by))
                .add("source.topic", HeaderText.of(source.topic()))
                .add("source.partition", HeaderText.of(source.partition()))
                .add("source.offset", HeaderText.of(source.offset()));
        return fit(raw, headers, lateLimit);
    }

    /** A record that is no reading, with the headers that Kafka's own dead letters have. */
    Record<byte[], byte[]> dead(Record<byte[], byte[]> raw, RecordMetadata source, RuntimeException why) {
        Headers headers = new RecordHeaders()
                .add("__streams.errors.exception", HeaderText.of(why.getClass().getName()))
                .add("__streams.errors.message", HeaderText.of(String.valueOf(why.getMessage())))
                .add("__streams.errors.stacktrace", HeaderText.of(trace(why)));
        return fit(raw, withPlace(headers, source.topic(), source.partition(), source.offset()), deadLimit);
    }

    /** Stands for records that were deleted before they were read: no key, no value, and a header for the last offset. */
    Record<byte[], byte[]> deleted(DeletedInput deleted, long timestamp) {
        Headers headers =
                new RecordHeaders().add("__streams.errors.message", HeaderText.of("deleted before it was read"));
        withPlace(headers, deleted.topic(), deleted.partition(), deleted.first())
                .add(DeletedInput.LAST, HeaderText.of(deleted.last()));
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

    private Record<byte[], byte[]> fit(Record<byte[], byte[]> raw, Headers added, SizeLimit limit) {
        SizeLimit.Fitting fitting = limit.fit(raw.key(), raw.value(), raw.headers(), added);
        if (fitting.isCut()) {
            metrics.cut();
        }
        return raw.withKey(fitting.key()).withValue(fitting.value()).withHeaders(fitting.headers());
    }
}
