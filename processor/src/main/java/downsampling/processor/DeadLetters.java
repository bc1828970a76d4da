package downsampling.processor;

import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;

/** Kafka's own handler, which sends what is no reading to the dead-letter topic, and counts it by its reason. */
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
        metrics.dead(exception instanceof NotAReadingException e ? e.reason() : NotAReadingException.Reason.OTHER);
        return super.handleError(context, record, exception);
    }
}
