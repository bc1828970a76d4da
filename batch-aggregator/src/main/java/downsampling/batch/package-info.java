/**
 * Generates and aggregates daily CSV log files. {@link downsampling.batch.AggregateOption} names the options of the
 * latter, {@link downsampling.batch.RowParser} says what a log row is, a {@link downsampling.batch.AggregationPlan} how the work is
 * spread over threads. Speed comes from {@link downsampling.batch.PlainRowCollector}, which takes plain rows past the
 * parser; the tests hold it against a slow and obvious version. Start reading at
 * {@link downsampling.batch.Aggregation}.
 */
package downsampling.batch;
