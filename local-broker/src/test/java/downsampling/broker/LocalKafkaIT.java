package downsampling.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import downsampling.service.FailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalKafkaIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void shouldGoOnWithItsDataAfterARestartOnTheSamePortAndFolder(@TempDir Path dir) throws Exception {
        int port;
        try (LocalKafka kafka = LocalKafka.start(0, dir, Map.of())) {
            port = Integer.parseInt(kafka.bootstrapServers().split(":")[1]);
            createTopic(kafka, "kept", Map.of());
            send(kafka, "kept", "key", "before");
        }

        try (LocalKafka kafka = LocalKafka.start(port, dir, Map.of())) {
            send(kafka, "kept", "key", "after");

            assertThat(readUntil(kafka, "kept", "key=after")).containsExactly("key=before", "key=after");
        }
        assertThat(dir.resolve("kept-0")).isDirectory();
    }

    @Test
    void shouldCarryOutATransactionAcrossARestart(@TempDir Path dir) throws Exception {
        int port;
        try (LocalKafka kafka = LocalKafka.start(0, dir, Map.of())) {
            port = Integer.parseInt(kafka.bootstrapServers().split(":")[1]);
            createTopic(kafka, "topic", Map.of());
            Producer<String, String> lost = transactionalProducer(kafka);
            lost.beginTransaction();
            lost.send(new ProducerRecord<>("topic", "key", "never committed")).get();
            lost.close(Duration.ZERO);
        }

        try (LocalKafka kafka = LocalKafka.start(port, dir, Map.of());
                Producer<String, String> producer = transactionalProducer(kafka)) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("topic", "key", "committed"));
            producer.commitTransaction();

            assertThat(readUntil(kafka, "topic", "key=committed")).containsExactly("key=committed");
        }
    }

    @Test
    void shouldRemoveItsTemporaryFolder() {
        Path dir;
        try (LocalKafka kafka = LocalKafka.start()) {
            dir = kafka.dataDir();
            assertThat(dir).isDirectory();
        }
        assertThat(dir).doesNotExist();
    }

    @Test
    void shouldKeepTheLastValueOfAKeyInACompactedTopic() throws Exception {
        try (LocalKafka kafka = LocalKafka.start(0, null, Map.of("log.cleaner.backoff.ms", "100"))) {
            createTopic(
                    kafka,
                    "compacted",
                    Map.of(
                            "cleanup.policy", "compact",
                            "segment.ms", "100",
                            "min.cleanable.dirty.ratio", "0.01"));
            send(kafka, "compacted", "key", "old");
            send(kafka, "compacted", "key", "new");

            // The segment being written to is never compacted; each further record may begin a new one.
            Instant deadline = Instant.now().plus(PATIENCE);
            List<String> records;
            do {
                send(kafka, "compacted", "end", "end");
                records = readUntil(kafka, "compacted", "end=end");
            } while (records.contains("key=old") && Instant.now().isBefore(deadline));

            assertThat(records).doesNotContain("key=old").contains("key=new");
        }
    }

    @Test
    void shouldTakeBrokerProperties() throws Exception {
        Map<String, String> properties = Map.of(
                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "listener.security.protocol.map", "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "super.users", "User:admin;User:ANONYMOUS",
                "sasl.enabled.mechanisms", "PLAIN",
                "sasl.mechanism.inter.broker.protocol", "PLAIN",
                "listener.name.client.plain.sasl.jaas.config",
                        plain("admin", "secret").replace(";", " user_admin=\"secret\";"));

        try (LocalKafka kafka = LocalKafka.start(0, null, properties)) {
            try (Admin admin = Admin.create(Map.of(
                    "bootstrap.servers",
                    kafka.bootstrapServers(),
                    "security.protocol",
                    "SASL_PLAINTEXT",
                    "sasl.mechanism",
                    "PLAIN",
                    "sasl.jaas.config",
                    plain("admin", "secret")))) {
                assertThat(admin.listTopics().names().get()).isEmpty();
            }
        }
    }

    @Test
    void shouldNotCreateATopicForBeingNamed() {
        try (LocalKafka kafka = LocalKafka.start();
                Producer<String, String> producer = producer(kafka, Map.of("max.block.ms", "1000"))) {
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> producer.send(new ProducerRecord<>("mispelt", "value"))
                            .get())
                    .withCauseInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void shouldSayThatThePortIsInUse(@TempDir Path dir) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatExceptionOfType(FailedException.class)
                    .isThrownBy(() -> LocalKafka.start(other.getLocalPort(), dir, Map.of()))
                    .withMessage("Port %d on 127.0.0.1 is in use", other.getLocalPort());
        }
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void shouldSayThatAnotherBrokerHasTheFolder(@TempDir Path dir) {
        try (LocalKafka first = LocalKafka.start(0, dir, Map.of())) {
            assertThatExceptionOfType(KafkaException.class)
                    .isThrownBy(() -> LocalKafka.start(0, first.dataDir(), Map.of()))
                    .withMessage("Data folder %s is in use by another broker", dir);
        }
    }

    private static String plain(String user, String password) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s\";"
                .formatted(user, password);
    }

    private static void createTopic(LocalKafka kafka, String topic, Map<String, String> config) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty()).configs(config)))
                    .all()
                    .get();
        }
    }

    private static void send(LocalKafka kafka, String topic, String key, String value) throws Exception {
        try (Producer<String, String> producer = producer(kafka, Map.of())) {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
        }
    }

    private static Producer<String, String> transactionalProducer(LocalKafka kafka) {
        Producer<String, String> producer = producer(kafka, Map.of("transactional.id", "id"));
        producer.initTransactions();
        return producer;
    }

    private static Producer<String, String> producer(LocalKafka kafka, Map<String, Object> config) {
        Map<String, Object> all = new HashMap<>(config);
        all.put("bootstrap.servers", kafka.bootstrapServers());
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    /** All records up to the given one, committed ones only, as {@code key=value}. */
    private static List<String> readUntil(LocalKafka kafka, String topic, String last) {
        Map<String, Object> config =
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "isolation.level", "read_committed");
        List<String> records = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partition = List.of(new TopicPartition(topic, 0));
            consumer.assign(partition);
            consumer.seekToBeginning(partition);
            Instant deadline = Instant.now().plus(PATIENCE);
            while (!records.contains(last)) {
                assertThat(Instant.now()).as("%s in %s", last, records).isBefore(deadline);
                consumer.poll(Duration.ofMillis(100)).forEach(r -> records.add(r.key() + "=" + r.value()));
            }
        }
        return records;
    }
}
