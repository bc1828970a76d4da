/**
 * JMH benchmarks of what is the processor's own on the way of every reading. They are in its package because what they
 * measure is package-private. Run by {@code benchmark.py jmh}.
 */
package downsampling.processor;
