/**
 * Generates and aggregates daily CSV log files. {@link downsampling.batch.Aggregate} holds the options of the latter,
 * {@link downsampling.batch.RowParser} says what a log row is, and {@link downsampling.batch.Aggregation} how the work
 * is spread over threads. Speed comes from {@link downsampling.batch.RowCollector}, which takes what is plain past the
 * parser; the tests hold it against a slow and obvious version. Start reading at {@code Aggregation}.
 */
package downsampling.batch;
