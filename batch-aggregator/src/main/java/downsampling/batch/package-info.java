/**
 * Generates daily CSV log files and aggregates them. {@link downsampling.batch.AggregateOption} names the options of
 * {@code aggregate}, {@link downsampling.batch.RowParser} decides what a log row is, and a
 * {@link downsampling.batch.AggregationPlan} divides the work among threads. The speed comes from
 * {@link downsampling.batch.PlainRowCollector}, which reads plain rows without the parser; the tests hold it against a
 * slow and obvious version. Start reading at {@link downsampling.batch.Aggregation}.
 *
 * <p>The package is flat because nearly every class serves one path, from bytes to groups to bytes, and package-private
 * access keeps calls on it free of interfaces. The module for Spark has the same package and reads with these classes.
 */
@NullMarked
package downsampling.batch;

import org.jspecify.annotations.NullMarked;
