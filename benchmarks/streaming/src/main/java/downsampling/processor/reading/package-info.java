/**
 * JMH benchmarks of the processor's own code on the way of every reading. They are in its package because what they
 * measure is package-private. {@code benchmark.py jmh} runs them.
 */
package downsampling.processor.reading;
