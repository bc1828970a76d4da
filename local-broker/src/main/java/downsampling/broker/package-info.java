/**
 * What {@code docker-compose.yml} gives, without Docker: one real Apache Kafka broker in a JVM, which listens on the loopback
 * interface only. People start it by {@link downsampling.broker.Main}, tests by {@link downsampling.broker.LocalKafka} or, to
 * run on Redpanda as well, by the JUnit annotation {@code BrokerTest} in this module's test jar.
 * Start reading at {@code LocalKafka}.
 */
@NullMarked
package downsampling.broker;

import org.jspecify.annotations.NullMarked;
