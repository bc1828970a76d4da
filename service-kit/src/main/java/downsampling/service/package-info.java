/**
 * What every program here is made of, and no message format: options with their environment variables, durations, Kafka
 * settings that are passed through, waiting for a broker, errors in one line with their exit codes, the format of the log, an HTTP
 * server, and the metrics of a process.
 *
 * <p>Start reading at {@link downsampling.service.Program}, which turns a command line into an exit code. Programs depend on
 * this package and not on each other; this package knows none of them.
 */
@NullMarked
package downsampling.service;

import org.jspecify.annotations.NullMarked;
