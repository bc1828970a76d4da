package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.service.AllowedHosts;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The topics, with a rollup to 1m and names that no other test uses, and what the services write to them. */
final class TestTopics implements AutoCloseable {
    final String readings = "raw-" + UUID.randomUUID();
    final String summaries = "agg-" + UUID.randomUUID();
    final String rollup = summaries + "-1m";
    final String status = "status-" + UUID.randomUUID();
    final String late = "late-" + UUID.randomUUID();
    final String dead = "dead-" + UUID.randomUUID();

    /** That of the options' defaults. */
    static final MessageFormat USUAL_FORMAT = MessageFormat.of("temperature=value", "ts", EpochUnit.MS, ZoneOffset.UTC);

    private final Map<String, Object> settings;
    private final Producer<byte[], byte[]> producer;

    TestTopics(String bootstrapServers) {
        this(Map.of("bootstrap.servers", bootstrapServers));
    }

    TestTopics(Map<String, Object> settings) {
        this.settings = settings;
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    TestTopics create() throws Exception {
        try (Admin admin = Admin.create(settings)) {
            List<NewTopic> topics = new ArrayList<>();
            for (String topic : List.of(readings, summaries, rollup, late, dead, status)) {
                topics.add(new NewTopic(topic, Optional.of(2), Optional.empty()));
            }
            admin.createTopics(topics).all().get();
        }
        return this;
    }

    /** On a free port of this machine. */
    static PageAddress address() {
        return new PageAddress("127.0.0.1", 0, new AllowedHosts(List.of()));
    }

    ShownTopics shown() {
        return new ShownTopics(
                List.of(
                        new ShownTopic(readings, TopicRole.READINGS),
                        new ShownTopic(summaries, TopicRole.SUMMARIES),
                        new ShownTopic(rollup, TopicRole.ROLLUP, "1m", true),
                        new ShownTopic(late, TopicRole.LATE),
                        new ShownTopic(dead, TopicRole.DEAD),
                        new ShownTopic(status, TopicRole.STATUS)),
                USUAL_FORMAT);
    }

    void reading(String sensor, long time, double value) throws Exception {
        send(readings, sensor, "{\"ts\":%d,\"value\":%s}".formatted(time, value), Map.of());
    }

    void summary(String sensor, long start, int count, double min, double max, double mean) throws Exception {
        send(summaries, sensor, summaryJson(start, count, min, max, mean), window(start));
    }

    static String summaryJson(long start, int count, double min, double max, double mean) {
        return "{\"time\":%d,\"temperature\":{\"count\":%d,\"min\":%s,\"max\":%s,\"mean\":%s}}"
                .formatted(start + 10_000, count, min, max, mean);
    }

    static Map<String, String> window(long start) {
        return Map.of("window.start", String.valueOf(start), "window.end", String.valueOf(start + 10_000));
    }

    /** With what is new in it, it replaces the summary of the same window. */
    void corrected(String sensor, long start, int count, double min, double max, double mean) throws Exception {
        Map<String, String> headers = new HashMap<>(window(start));
        headers.put("revision", "1");
        send(summaries, sensor, summaryJson(start, count, min, max, mean), headers);
    }

    void silent(String sensor, long since) throws Exception {
        send(
                status,
                sensor,
                "{\"sensor\":\"%s\",\"status\":\"silent\",\"since\":%d}".formatted(sensor, since),
                Map.of());
    }

    void back(String sensor, long after) throws Exception {
        send(status, sensor, "{\"sensor\":\"%s\",\"status\":\"back\",\"after\":%d}".formatted(sensor, after), Map.of());
    }

    void late(String sensor, long windowStart, String value) throws Exception {
        send(
                late,
                sensor,
                value,
                Map.of(
                        "late.window.start",
                        String.valueOf(windowStart),
                        "late.window.end",
                        String.valueOf(windowStart + 10_000),
                        "late.by.ms",
                        "12345",
                        "source.topic",
                        readings,
                        "source.partition",
                        "1",
                        "source.offset",
                        "7"));
    }

    void dead(String sensor, String value, String reason) throws Exception {
        send(dead, sensor, value, Map.of("__streams.errors.message", reason));
    }

    void send(String topic, String key, String value, Map<String, String> headers) throws Exception {
        producer.send(record(topic, key, value, headers)).get();
    }

    static ProducerRecord<byte[], byte[]> record(String topic, String key, String value, Map<String, String> headers) {
        List<Header> all = new ArrayList<>();
        headers.forEach((name, text) -> all.add(new RecordHeader(name, text.getBytes(UTF_8))));
        return new ProducerRecord<>(topic, null, null, key.getBytes(UTF_8), value.getBytes(UTF_8), all);
    }

    Producer<byte[], byte[]> transactional() {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("transactional.id", readings);
        Producer<byte[], byte[]> transactional =
                new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
        transactional.initTransactions();
        return transactional;
    }

    @Override
    public void close() {
        producer.close();
    }
}
