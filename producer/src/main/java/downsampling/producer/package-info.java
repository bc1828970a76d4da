/**
 * Writes sensor readings to a Kafka topic. A {@link downsampling.producer.source.Source} yields messages, a {@link
 * downsampling.producer.ReadingSender} delivers them, and {@link downsampling.producer.SendLoop}, where to start reading,
 * joins the two. {@link downsampling.producer.Main} makes all of it from the command line.
 */
@NullMarked
package downsampling.producer;

import org.jspecify.annotations.NullMarked;
