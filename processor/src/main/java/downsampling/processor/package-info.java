/**
 * The processor: temperature readings in, one summary per sensor and tumbling window out.
 *
 * <p>Start reading at {@link downsampling.processor.DslTopology}, which says in Kafka Streams' own words what is computed,
 * then {@link downsampling.processor.ExactTopology} and {@link downsampling.processor.WindowProcessor}, which compute the
 * same and keep promises the first cannot.
 *
 * <p>{@link downsampling.processor.Main} turns options into a {@link downsampling.processor.Config};
 * {@link downsampling.processor.Service} runs a topology until it is told to stop or cannot go on.
 */
package downsampling.processor;
