package downsampling.producer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import downsampling.producer.source.Message;
import downsampling.service.KafkaSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Delivers messages to one topic and counts what became of them. Each record carries the time of sending as its
 * timestamp, because brokers delete by it and event times may be years old, and a header {@code uuid}. One thread sends;
 * any thread may close, and read the counts.
 *
 * <p>A uuid is of version 8 (RFC 9562) in text form: 74 bits drawn once for each sender, then the number of the message
 * from 0 in the last 48. It only has to tell records apart, and random ones cannot be compressed: with them, a record was
 * measured to need 32 bytes instead of 13, and a third more processor time.
 */
public final class ReadingSender implements AutoCloseable {

    /** Settings that hold unless the caller says otherwise: large compressed batches. */
    private static final Map<String, Object> DEFAULTS = Map.of(
            ProducerConfig.CLIENT_ID_CONFIG,
            "downsampling-producer",
            ProducerConfig.COMPRESSION_TYPE_CONFIG,
            "zstd",
            ProducerConfig.LINGER_MS_CONFIG,
            20,
            ProducerConfig.BATCH_SIZE_CONFIG,
            128 * 1024);

    /** No loss, and no duplicates. */
    private static final Map<String, String> FIXED =
            Map.of(ProducerConfig.ACKS_CONFIG, "all", ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");

    private static final byte[] HEX = "0123456789abcdef".getBytes(ISO_8859_1);

    private final String topic;
    private final Runnable onFailure;
    private final byte[] firstUuid;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Callback delivered = (metadata, failure) -> delivered(failure);
    private final LongAdder sent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile Optional<Exception> firstFailure = Optional.empty();

    /** How many uuids have been given. */
    private long uuids;

    /**
     * Connects in the background.
     *
     * @param settings of the Kafka producer, {@code bootstrap.servers} at least; they win over the defaults of this class, except
     *     for acks and idempotence
     * @param seed of the uuids: the same seed gives the same ones again
     * @param onFailure is run when the first message has failed for good, on any thread
     * @throws KafkaException if the producer cannot be made of the settings
     */
    public ReadingSender(Map<String, Object> settings, String topic, long seed, Runnable onFailure) {
        this.topic = topic;
        this.onFailure = onFailure;
        firstUuid = firstUuid(new SplittableRandom(seed));
        producer = new KafkaProducer<>(withDefaults(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** A person's settings without those that cannot be changed, each of which is reported in a line. */
    static Map<String, String> withoutFixed(Map<String, String> settings) {
        Map<String, String> fixed = new HashMap<>(FIXED);
        fixed.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "none");
        fixed.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, "bytes");
        fixed.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, "bytes");
        return KafkaSettings.without(settings, fixed);
    }

    /** @throws ConfigException if the producer cannot be made of these */
    static void check(Map<String, Object> settings) {
        Map<String, Object> all = withDefaults(settings);
        all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        new ProducerConfig(all);
    }

    static Map<String, Object> withDefaults(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(DEFAULTS);
        all.putAll(settings);
        all.putAll(FIXED);
        return all;
    }

    /** Hands a message over for sending, and waits only while the send buffer is full. The counts say later whether it arrived. */
    @SuppressWarnings("FutureReturnValueIgnored") // the callback hears of every failure
    public void send(Message message) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, message.key(), message.value());
        record.headers().add("uuid", nextUuid());
        message.headers().forEach(record.headers()::add);
        Message.Delivery delivery = message.delivery();
        // No object of its own for a message that nobody waits for: it would keep the message until the broker has it.
        Callback callback = delivery == null ? delivered : (metadata, failure) -> ended(delivery, failure);
        try {
            producer.send(record, callback);
        } catch (KafkaException | IllegalStateException e) {
            failed(e);
        }
    }

    /** Waits until every message handed over is acknowledged or has failed. */
    public void flush() {
        producer.flush();
    }

    /** How many messages the broker has acknowledged. */
    public long sent() {
        return sent.sum();
    }

    /** How many messages have failed for good. */
    public long failed() {
        return failed.sum();
    }

    /** Why the first of them failed; empty if none has. */
    public Optional<Exception> firstFailure() {
        return firstFailure;
    }

    /** Puts the metrics of Kafka's producer into a registry, until the returned object is closed. */
    KafkaClientMetrics bindTo(MeterRegistry registry) {
        KafkaClientMetrics metrics = new KafkaClientMetrics(producer);
        metrics.bindTo(registry);
        return metrics;
    }

    /** Delivers what was handed over, and waits at most this long; what is not acknowledged by then has failed. */
    public void close(Duration timeout) {
        producer.close(timeout);
    }

    /** Does the same for as long as Kafka's {@code delivery.timeout.ms} allows. */
    @Override
    public void close() {
        producer.close();
    }

    private void ended(Message.Delivery delivery, @Nullable Exception failure) {
        if (failure == null) {
            delivery.delivered();
        }
        if (failure instanceof RecordTooLargeException) {
            delivery.refused(failure);
        } else {
            delivered(failure);
        }
    }

    private void delivered(@Nullable Exception failure) {
        if (failure == null) {
            sent.increment();
        } else {
            failed(failure);
        }
    }

    private void failed(Exception failure) {
        if (firstFailure.isEmpty()) {
            firstFailure = Optional.of(failure);
            onFailure.run();
        }
        failed.increment();
    }

    private static byte[] firstUuid(SplittableRandom random) {
        long high = random.nextLong() & 0xFFFFFFFF_FFFF0FFFL | 0x8000L;
        long low = random.nextLong() & 0x3FFF0000_00000000L | 0x80000000_00000000L;
        return new UUID(high, low).toString().getBytes(ISO_8859_1);
    }

    private byte[] nextUuid() {
        byte[] uuid = firstUuid.clone();
        long bits = uuids++;
        for (int i = uuid.length - 1; bits != 0; i--) {
            uuid[i] = HEX[(int) bits & 0xF];
            bits >>>= 4;
        }
        return uuid;
    }
}
