/**
 * Apache Flink as a contender of {@code benchmark.py}, in a module of its own because of what it brings: other versions of
 * Kafka's client and many libraries more. {@link downsampling.benchmarks.flink.FlinkWindows} is all there is.
 */
package downsampling.benchmarks.flink;
