package downsampling.processor.query;

import downsampling.processor.window.WindowReader;
import org.apache.kafka.streams.KafkaStreams;

/**
 * This instance while it works.
 *
 * @param streams    knows which instance works on which partitions
 * @param windows    of the partitions that this instance works on
 * @param partitions how many the input topic has; as long as there is state, that cannot change
 */
public record LocalInstance(KafkaStreams streams, WindowReader windows, int partitions) {}
