package downsampling.processor.window;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Kafka's own handler, which sends what is no reading to the dead-letter topic, and counts it by its reason.
 *
 * <p>For {@link DslTopology}. A record is deserialized as soon as it is next in turn; its dead letter may then be committed
 * before its offset, and after a crash it comes again. {@link WindowProcessor} does without.
 */
public final class DeadLetters extends LogAndContinueExceptionHandler {
    /** The setting that holds the {@link Metrics}. */
    static final String METRICS = "downsampling.metrics";

    /** The setting that holds what topics accept, by their names. */
    static final String LIMITS = "downsampling.limits";

    private Metrics metrics;
    private Faults faults;
    private SizeLimit sizes;
    private Function<String, TopicLimits> limits;

    @Override
    @SuppressWarnings("unchecked")
    public void configure(Map<String, ?> settings) {
        super.configure(settings);
        metrics = requireNonNull((Metrics) settings.get(METRICS));
        faults = new Faults(metrics);
        limits = requireNonNull((Function<String, TopicLimits>) settings.get(LIMITS));
        sizes = new SizeLimit(
                String.valueOf(settings.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG)), limits);
    }

    @Override
    public Response handleError(
            ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
        faults.dead(record.topic(), record.partition(), record.offset(), exception);
        return Response.resume(super.handleError(context, record, exception).deadLetterQueueRecords().stream()
                .map(letter -> fit(letter, record.headers(), exception))
                .toList());
    }

    private ProducerRecord<byte[], byte[]> fit(ProducerRecord<byte[], byte[]> letter, Headers own, Exception why) {
        Headers added = new RecordHeaders();
        for (Header header : letter.headers()) {
            if (header.key().startsWith("__streams.errors.")) {
                added.add(header);
            }
        }
        added.add(RejectedRecords.REASON, HeaderText.of(Faults.reason(why).label()));
        SizeLimit.Fitting fitting = sizes.fit(letter.key(), letter.value(), own, added);
        if (fitting.isCut()) {
            metrics.cut();
        }
        Record<byte[], byte[]> inTime = limits.apply(letter.topic())
                .fit(
                        new Record<>(
                                fitting.key(), fitting.value(), Math.max(0, letter.timestamp()), fitting.headers()),
                        System.currentTimeMillis());
        return new ProducerRecord<>(
                letter.topic(), letter.partition(), inTime.timestamp(), inTime.key(), inTime.value(), inTime.headers());
    }
}
