package downsampling.broker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** What the services need from a broker, on each kind of broker. */
@BrokerTest
class BrokerIT {

    private final Broker broker;

    BrokerIT(Broker broker) {
        this.broker = broker;
    }

    @Test
    void shouldGiveBackEveryRecordOfAPartitionInOrder() throws Exception {
        String topic = broker.newTopic("in-order", 1);

        try (Producer<String, String> producer = producer(Map.of("enable.idempotence", "true"))) {
            for (int i = 0; i < 1000; i++) {
                producer.send(new ProducerRecord<>(topic, "key", "value " + i));
            }
        }

        assertThat(broker.read(topic, 1000))
                .extracting(BrokerIT::value)
                .hasSize(1000)
                .startsWith("value 0", "value 1")
                .endsWith("value 998", "value 999")
                .doesNotHaveDuplicates();
    }

    @Test
    void shouldShowCommittedTransactionsOnly() throws Exception {
        String topic = broker.newTopic("transactions", 2);

        try (Producer<String, String> producer = producer(Map.of("transactional.id", topic))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, "committed")).get();
            producer.send(new ProducerRecord<>(topic, 1, null, "committed too")).get();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, "aborted")).get();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, "committed last"))
                    .get();
            producer.commitTransaction();
        }

        assertThat(broker.read(topic, 3))
                .extracting(BrokerIT::value)
                .containsExactlyInAnyOrder("committed", "committed too", "committed last");
    }

    private Producer<String, String> producer(Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(config);
        all.put("bootstrap.servers", broker.bootstrapServers());
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    private static String value(ConsumerRecord<byte[], byte[]> r) {
        return new String(r.value(), UTF_8);
    }
}
