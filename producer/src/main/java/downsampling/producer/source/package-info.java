/**
 * Where readings come from. A {@link downsampling.producer.source.Source} yields {@link downsampling.producer.source.Message
 * messages} in the order of sending and says when each is due; {@link downsampling.producer.source.SourceOptions}, where to
 * start reading, chooses one and opens it. Each source stands beside the options that describe it, and knows nothing of the
 * others or of Kafka.
 *
 * <p>{@link downsampling.producer.source.SyntheticSource} is also what tests of other modules draw readings from, because it
 * says of each one what kind it is.
 */
@NullMarked
package downsampling.producer.source;

import org.jspecify.annotations.NullMarked;
