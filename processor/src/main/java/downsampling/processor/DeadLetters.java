package downsampling.processor;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;

/**
 * Kafka's own handler, which sends what is no reading to the dead-letter topic, and counts it by its reason.
 *
 * <p>For {@link DslTopology}. A record is deserialized as soon as it is next in turn; its dead letter may then be committed
 * before its offset, and after a crash it comes again. {@link WindowProcessor} does without.
 */
public final class DeadLetters extends LogAndContinueExceptionHandler {
    /** The setting that holds the {@link Metrics}. */
    static final String METRICS = "downsampling.metrics";

    private Metrics metrics;

    @Override
    public void configure(Map<String, ?> settings) {
        super.configure(settings);
        metrics = (Metrics) settings.get(METRICS);
    }

    @Override
    public Response handleError(
            ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
        metrics.dead(exception);
        return super.handleError(context, record, exception);
    }
}
