package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.header;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.TopologyKind;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the input takes never stops the processor on its way out, however large it is there. */
@BrokerTest
class LargeRecordsIT {
    private static final int KB = 1 << 10;
    private static final int MB = 1 << 20;

    private final Broker broker;
    private final Random random = new Random(7);

    LargeRecordsIT(Broker broker) {
        this.broker = broker;
    }

    /** Compressed, they all fit a topic with Kafka's defaults. */
    @ParameterizedTest
    @CsvSource({"EXACT, true", "EXACT, false", "DSL, true", "DSL, false"})
    void shouldSendCutWhatDoesNotFitAndGoOn(TopologyKind topology, boolean topicsAreThere) throws Exception {
        // Given topics with Kafka's defaults, or those that the processor makes
        String raw = broker.newTopic("raw", 1);
        try (Pipeline pipeline = new Pipeline(broker, raw);
                Producer<byte[], byte[]> producer = compressing()) {
            pipeline.topology = topology;
            if (topicsAreThere) {
                for (String topic : List.of(pipeline.aggregated, pipeline.late, pipeline.dead)) {
                    pipeline.admin()
                            .createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                            .all()
                            .get();
                }
            }
            Service service = pipeline.startAndAwaitWork();
            String longest = text(16 * KB);

            // When records come that are large in each of the ways there are
            List<ProducerRecord<byte[], byte[]>> sent = List.of(
                    record(raw, "a".repeat(1_260_000), Pipeline.json(T0, 1)), // 0: dead
                    record(raw, longest, Pipeline.json(T0, 1)),
                    record(raw, "a", " ".repeat(33 * MB)), // 2: dead
                    with(record(raw, "a", Pipeline.json(T0, 2)), 1, 1_040_000),
                    with(record(raw, "a", "no reading"), 2000, 500), // 4: dead
                    record(raw, "closer", Pipeline.json(T0 + 20_000, 0)),
                    with(record(raw, "a", Pipeline.json(T0, 3)), 1, 1_040_000), // 6: late
                    record(raw, "a", Pipeline.json(T0, 4).replace("}", " ".repeat(MB - 100) + "}")), // 7: late
                    record(raw, "closer", Pipeline.json(T0 + 40_000, 0)));
            for (ProducerRecord<byte[], byte[]> record : sent) {
                producer.send(record).get();
            }
            pipeline.awaitAllRead();

            // Then all is where it belongs
            assertThat(pipeline.windows(2))
                    .containsExactlyInAnyOrder(
                            new Window(longest, T0, T0 + 10_000, 1, 1, 1, 1),
                            new Window("a", T0, T0 + 10_000, 1, 2, 2, 2));
            List<ConsumerRecord<byte[], byte[]>> dead = pipeline.dead(3);
            assertThat(dead)
                    .extracting(letter -> header(letter, "__streams.errors.offset"))
                    .containsExactly("0", "2", "4");
            assertThat(header(dead.get(0), "__streams.errors.message"))
                    .isEqualTo("key: expected at most 16384 bytes, found 1260000");
            assertThat(dead.get(1).value()).hasSize(16 * KB);
            assertThat(header(dead.get(1), "cut.value.bytes")).isEqualTo("" + 33 * MB);
            if (topicsAreThere) {
                assertThat(dead.get(0).key()).hasSize(16 * KB);
                assertThat(header(dead.get(0), "cut.key.bytes")).isEqualTo("1260000");
                assertThat(Long.parseLong(header(dead.get(2), "cut.headers.bytes")))
                        .isGreaterThan(1_000_000);
                assertThat(dead.get(2).headers().headers("own")).isEmpty();
            } else {
                assertThat(dead.get(0).key()).hasSize(1_260_000);
                assertThat(dead.get(2).headers().headers("own")).hasSize(2000);
            }
            assertThat(dead.get(2).value()).isEqualTo("no reading".getBytes(UTF_8));
            assertThat(service.state()).isEqualTo(KafkaStreams.State.RUNNING);
            assertThat(service.failed()).isFalse();
            if (topology == TopologyKind.EXACT) {
                List<ConsumerRecord<byte[], byte[]>> late = pipeline.late(2);
                assertThat(late).extracting(r -> header(r, "source.offset")).containsExactly("6", "7");
                assertThat(late).extracting(r -> new String(r.key(), UTF_8)).containsOnly("a");
                assertThat(late.get(0).headers().headers("own")).hasSize(topicsAreThere ? 0 : 1);
                assertThat(late.get(1).value())
                        .hasSize(topicsAreThere ? 16 * KB : sent.get(7).value().length);
                assertThat(audit(pipeline)).isZero();
            }
        }
    }

    private int audit(Pipeline pipeline) {
        return Main.run(
                Map.of(),
                "audit",
                "--bootstrap-servers=" + broker.bootstrapServers(),
                "--application-id=" + pipeline.applicationId,
                "--input-topic=" + pipeline.raw,
                "--output-topic=" + pipeline.aggregated,
                "--late-topic=" + pipeline.late,
                "--dead-topic=" + pipeline.dead);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, String key, String value) {
        return new ProducerRecord<>(topic, 0, key.getBytes(UTF_8), value.getBytes(UTF_8));
    }

    /** The record with headers that no codec makes smaller. */
    private ProducerRecord<byte[], byte[]> with(ProducerRecord<byte[], byte[]> record, int headers, int bytes) {
        for (int i = 0; i < headers; i++) {
            byte[] value = new byte[bytes];
            random.nextBytes(value);
            record.headers().add("own", value);
        }
        return record;
    }

    private String text(int length) {
        byte[] letters = new byte[length];
        for (int i = 0; i < length; i++) {
            letters[i] = (byte) ('!' + random.nextInt(94));
        }
        return new String(letters, US_ASCII);
    }

    private Producer<byte[], byte[]> compressing() {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        broker.bootstrapServers(),
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "zstd",
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        64 * MB,
                        ProducerConfig.BUFFER_MEMORY_CONFIG,
                        128 * MB),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }
}
