/**
 * The processor: temperature readings in, one summary per sensor and tumbling window out.
 *
 * <p>This package starts and configures it: {@link downsampling.processor.Main} is the command line,
 * {@code Service} one running instance until it is told to stop or cannot go on, {@code Reset} a subcommand. What is computed
 * is in the packages below, whose arrows point one way: {@code settings}, {@code reading}, {@code input}, {@code window},
 * {@code topics}, then {@code query} and {@code audit}. Start reading at
 * {@link downsampling.processor.window.DslTopology}, which says in Kafka Streams' own words what is computed, then
 * {@link downsampling.processor.window.ExactTopology}, which computes the same and keeps promises the first cannot.
 */
@NullMarked
package downsampling.processor;

import org.jspecify.annotations.NullMarked;
