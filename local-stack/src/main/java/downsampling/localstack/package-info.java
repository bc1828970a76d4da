/**
 * What {@code docker-compose.yml} gives, without Docker: one real Apache Kafka broker in a JVM, on the loopback
 * interface only, and a live page of what happens on the topics, for this broker or any other.
 * People start it by {@link downsampling.localstack.Main}, tests by {@link downsampling.localstack.LocalKafka} or, to
 * run on Redpanda as well, by the JUnit annotation {@code BrokerTest} in this module's test jar.
 * Start reading at {@code LocalKafka} for the broker and at {@code Page} for the page: a {@code TopicReader} puts what it reads on
 * a {@code Board}, a {@code PageServer} sends each open page what its {@code Viewer} finds new there.
 */
package downsampling.localstack;
