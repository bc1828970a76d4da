package downsampling.processor.input;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * Kafka Streams' clients, as it makes them itself; but {@link InputConsumers} watches those that read the input, and they can be
 * given up. Any thread may do that.
 */
public final class Clients implements KafkaClientSupplier {
    private final InputConsumers input;
    /** Those that stream threads have; one of a thread that died is nobody's. */
    private final Set<InputConsumer> consumers =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    public Clients(InputConsumers input) {
        this.input = input;
    }

    /** Stream threads that have a consumer from before end with a {@link WakeupException}: whoever replaces them has new ones made. */
    public void giveUp() {
        consumers.forEach(InputConsumer::giveUp);
        consumers.clear();
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
        InputConsumer consumer = new InputConsumer(config);
        consumers.add(consumer);
        return input.watched(consumer);
    }

    private static final class InputConsumer extends KafkaConsumer<byte[], byte[]> {
        private volatile boolean givenUp;

        private InputConsumer(Map<String, Object> config) {
            super(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        }

        private void giveUp() {
            givenUp = true;
            wakeup(); // out of a poll that would wait for the wall clock
        }

        @Override
        public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
            if (givenUp) { // another call may have been woken up instead
                throw new WakeupException();
            }
            return super.poll(timeout);
        }
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
        return consumer(config);
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
        return consumer(config);
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public Admin getAdmin(Map<String, Object> config) {
        return Admin.create(config);
    }

    private static Consumer<byte[], byte[]> consumer(Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
