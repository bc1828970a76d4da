package downsampling.broker;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs every test of a class twice: on Apache Kafka in this JVM ({@link LocalKafka}) and on Redpanda in a container.
 * Where no Docker engine answers, the tests on Redpanda are skipped, and counted as such.
 *
 * <p>The constructor or the test methods of the class have a {@link Broker} as parameter. All classes of a JVM share one broker of
 * each kind, so each test has topics of its own: see {@link Broker#newTopic}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ClassTemplate
@ExtendWith(BrokerExtension.class)
public @interface BrokerTest {}
