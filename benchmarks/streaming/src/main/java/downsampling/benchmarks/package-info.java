/**
 * What {@code benchmark.py} runs and measures with: the readings of a run, the peers written in Java, and an observer that
 * watches all of them from outside in the same way. The script starts each in a JVM of its own. {@link
 * downsampling.benchmarks.Observer} is where to start reading.
 */
package downsampling.benchmarks;
