package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.header;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import downsampling.processor.settings.TopologyKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.KafkaStreams;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing on the wire stops the processor: what is no reading goes to the dead-letter topic, with a reason. */
@BrokerTest
class DeadLettersIT {
    private static final byte[] KEY = bytes("a");
    private static final String TS = "\"ts\":\"2025-01-01T12:00:00Z\"";
    private static final int MB = 1 << 20;

    private final Broker broker;

    DeadLettersIT(Broker broker) {
        this.broker = broker;
    }

    /** A record that is no reading, and what its dead letter has to say. */
    private record NoReading(byte[] key, byte[] value, String reason) {
        NoReading(String value, String reason) {
            this(KEY, bytes(value), reason);
        }
    }

    private static List<NoReading> allKinds() {
        return List.of(
                new NoReading("21.5 degrees", "value: expected a JSON object, found 21.5"),
                new NoReading("warm", "value: expected JSON in UTF-8, found 'w' at byte 0, in \"warm\""),
                new NoReading("{" + TS + ",\"value\":4", "value: expected JSON in UTF-8, found the end at byte "),
                new NoReading("", "expected a JSON object, found nothing"),
                new NoReading("[1,2]", "expected a JSON object, found an array"),
                new NoReading("{" + TS + ",\"value\":1} {}", "expected nothing after the reading"),
                new NoReading("{\"value\":1}", "expected a field \"ts\", found none"),
                new NoReading(
                        "{\"ts\":\"yesterday\",\"value\":1}",
                        "ts: expected ISO-8601 or epoch milliseconds, found the text \"yesterday\""),
                new NoReading("{\"ts\":-1,\"value\":1}", "ts: expected a time since 1970, found -1"),
                new NoReading("{\"ts\":\"1969-12-31T23:59:59Z\",\"value\":1}", "ts: expected a time since 1970"),
                new NoReading("{\"ts\":\"2099-01-01T00:00:00Z\",\"value\":1}", "ts: expected at most 60000 ms ahead"),
                new NoReading("{" + TS + "}", "expected a number in field \"value\", found none"),
                new NoReading("{" + TS + ",\"value\":\"warm\"}", "found the text \"warm\""),
                new NoReading("{" + TS + ",\"value\":NaN}", "NaN"),
                new NoReading("{" + TS + ",\"value\":\"NaN\"}", "found the text \"NaN\""),
                new NoReading("{" + TS + ",\"value\":1e999}", "found 1e999"),
                new NoReading("{" + TS + ",\"value\":null}", "found null"),
                new NoReading(KEY, null, "value: expected a JSON object, found none"),
                new NoReading(null, bytes(Pipeline.json(T0, 1)), "key: expected a sensor id, found none"),
                new NoReading(bytes(""), bytes(Pipeline.json(T0, 1)), "key: expected a sensor id, found an empty one"),
                new NoReading(
                        "\u00ff\u00fe".getBytes(ISO_8859_1),
                        bytes(Pipeline.json(T0, 1)),
                        "key: expected a sensor id as text in UTF-8"),
                new NoReading(new byte[] {0, 0, 0, 5}, bytes(Pipeline.json(T0, 1)), "which may be the integer 5"),
                new NoReading(KEY, "{\"ts\":\"\u00ff\",\"value\":1}".getBytes(ISO_8859_1), "expected JSON"),
                new NoReading(KEY, new byte[] {0, 1, 2, (byte) 0xC3, (byte) 0x28}, "expected JSON"),
                new NoReading("{" + TS + ",\"value\":" + "[".repeat(1000) + "]".repeat(1000) + "}", "expected"),
                new NoReading("{" + TS + ",\"value\":" + "9".repeat(100_000) + "}", "expected JSON"),
                new NoReading(" ".repeat(10 * MB), "expected at most 1048576 bytes, found 10485760"));
    }

    @ParameterizedTest
    @EnumSource(TopologyKind.class)
    void shouldSetAsideWhatIsNoReadingAndGoOn(TopologyKind topology) {
        String raw = broker.newTopic("raw", 1, Map.of("max.message.bytes", "" + 20 * MB));
        List<NoReading> sent = allKinds();
        try (Pipeline pipeline = new Pipeline(broker, raw)) {
            pipeline.topology = topology;
            Service service = pipeline.start();

            long recordTime = Instant.now().toEpochMilli() - 1000;
            for (NoReading record : sent) {
                ProducerRecord<byte[], byte[]> raws =
                        new ProducerRecord<>(raw, 0, recordTime++, record.key, record.value);
                raws.headers().add("uuid", bytes("of " + record.reason));
                pipeline.send(raws);
                pipeline.send(0, "good", T0, 1);
            }
            pipeline.closeWindowsBefore(0, T0 + 10_000);

            assertThat(pipeline.windows(1))
                    .as("each good reading after a bad one counts")
                    .containsExactly(new Window("good", T0, T0 + 10_000, sent.size(), 1, 1, 1));
            List<ConsumerRecord<byte[], byte[]>> dead = pipeline.dead(sent.size());
            assertThat(dead).hasSameSizeAs(sent);
            for (int i = 0; i < sent.size(); i++) {
                NoReading record = sent.get(i);
                ConsumerRecord<byte[], byte[]> letter = dead.get(i);
                assertThat(header(letter, "__streams.errors.message")).contains(record.reason);
                assertThat(header(letter, "__streams.errors.message"))
                        .hasSizeLessThan(250)
                        .doesNotContain("\n", "Feature");
                assertThat(header(letter, "__streams.errors.topic")).isEqualTo(raw);
                assertThat(header(letter, "__streams.errors.partition")).isEqualTo("0");
                assertThat(header(letter, "__streams.errors.offset")).isEqualTo("" + 2 * i);
                assertThat(header(letter, "uuid")).isEqualTo("of " + record.reason);
                assertThat(letter.key()).isEqualTo(record.key);
                assertThat(letter.value()).isEqualTo(record.value);
                assertThat(letter.timestamp())
                        .as("record timestamp of the one that is " + record.reason)
                        .isEqualTo(recordTime - sent.size() + i);
            }
            assertThat(service.state()).isEqualTo(KafkaStreams.State.RUNNING);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
