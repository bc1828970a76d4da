package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;

/** Kafka Streams' inner workings, as far as {@link BeforeCommit} relies on them: fails when a new version changes them. */
class BeforeCommitTest {
    private int commits;

    @Test
    void shouldRunTheActionBeforeEachCommit() {
        Topology topology = new Topology()
                .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "in")
                .addProcessor("any", Counting::new, "in")
                .addStateStore(BeforeCommit.builder("before-commit"), "any")
                .addSink("out", "out", new ByteArraySerializer(), new ByteArraySerializer(), "any");
        var settings = new java.util.Properties();
        settings.putAll(
                Map.of(StreamsConfig.APPLICATION_ID_CONFIG, "any", StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1"));
        try (TopologyTestDriver driver = new TopologyTestDriver(topology, settings, Instant.EPOCH)) {
            var in = driver.createInputTopic("in", new ByteArraySerializer(), new ByteArraySerializer());
            in.pipeInput(new byte[1], new byte[1]);
            assertThat(commits).isEqualTo(1);
            in.pipeInput(new byte[1], new byte[1]);
            assertThat(commits).isEqualTo(2);
            var out = driver.createOutputTopic("out", new ByteArrayDeserializer(), new ByteArrayDeserializer());
            assertThat(out.readRecordsToList())
                    .as("what the action forwards")
                    .extracting(record -> record.value()[0])
                    .containsExactly((byte) 1, (byte) 2);
        }
    }

    private final class Counting implements Processor<byte[], byte[], byte[], byte[]> {
        @Override
        public void init(ProcessorContext<byte[], byte[]> context) {
            context.<BeforeCommit>getStateStore("before-commit").action(context, () -> {
                commits++;
                context.forward(new Record<>(new byte[0], new byte[] {(byte) commits}, commits));
            });
        }

        @Override
        public void process(Record<byte[], byte[]> record) {}
    }
}
