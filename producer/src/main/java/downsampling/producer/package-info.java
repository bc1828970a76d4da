/**
 * Writes sensor readings to a Kafka topic: made up from a seed, or replayed from a CSV file. A {@link
 * downsampling.producer.Source} yields each message as plain data and says when it is due, a {@link
 * downsampling.producer.ReadingSender} delivers it, and {@link downsampling.producer.Run}, where to start reading, joins
 * the two. {@link downsampling.producer.SyntheticSource} is also what tests of other modules draw
 * readings from, because it tells of each one what kind it is.
 */
package downsampling.producer;
