/**
 * Apache Flink as a contender of {@code benchmark.py}. It is in a module of its own because it brings another version
 * of Kafka's client and many more libraries. {@link downsampling.benchmarks.flink.FlinkWindows} is its only class.
 */
package downsampling.benchmarks.flink;
