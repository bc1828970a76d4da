/**
 * The programs with which {@code benchmark.py} runs and measures: the readings of a run, the peers that are written in
 * Java, and an observer that watches all of them from outside in the same way. The script starts each program in a JVM
 * of its own. Start reading at {@link downsampling.benchmarks.Observer}.
 */
package downsampling.benchmarks;
