package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.processor.input.InputConsumers;
import downsampling.processor.input.InputEnd;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.FailedException;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The step that rekeys, alone. */
class RekeyProcessorTest {
    private static final int PARTITIONS = 3;

    private final Settings settings =
            Driver.config(TopologyKind.EXACT, "--each=/data", "--sensor-field=id", "--fields=t,h", "--idle-close=off");
    private final Metrics metrics = new Metrics();
    /** Set to have the dead-letter topic fail. */
    private boolean failing;

    private InputEnd.Reached reached;

    private final RekeyProcessor processor = new RekeyProcessor(
            settings,
            new ReadingReader(settings.readings()),
            new Surroundings(
                    () -> Driver.NOW.toEpochMilli(),
                    new InputConsumers(settings, metrics::deletedUnread),
                    PARTITIONS,
                    (partition, nextOffset, atOnce) -> reached,
                    topic -> {
                        if (failing && topic.equals(settings.topics().dead())) {
                            throw new IllegalStateException("fenced");
                        }
                        return TopicLimits.NONE;
                    },
                    metrics,
                    new Faults(metrics),
                    () -> {}),
            "rekeyed");

    private MockProcessorContext<byte[], byte[]> context;

    @BeforeEach
    void begin() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        context = new MockProcessorContext<>(properties, new TaskId(0, 2), new File("target"));
        context.setCurrentSystemTimeMs(Driver.NOW.toEpochMilli());
        KeyValueStore<Bytes, byte[]> store = Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(Settings.REKEY_STORE), Serdes.Bytes(), Serdes.ByteArray())
                .withLoggingDisabled()
                .build();
        store.init(context.getStateStoreContext(), store);
        BeforeCommit beforeCommit = BeforeCommit.builder(BatchProcessor.beforeCommit(Settings.REKEY_STORE))
                .build();
        beforeCommit.init(context.getStateStoreContext(), beforeCommit);
        processor.init(context);
    }

    @Test
    void shouldWriteEachReadingOnceToThePartitionOfItsSensor() {
        process(
                "{\"ts\":1,\"data\":[{\"id\":\"a\",\"t\":1},{\"id\":\"b\",\"h\":2.5},{\"t\":3},{\"id\":\"a\",\"ts\":0,\"t\":-4,\"h\":5}]}");

        assertThat(readings())
                .containsExactlyInAnyOrder(
                        "a at 0/0: 1 [1.0, NaN]", "b at 0/1: 1 [NaN, 2.5]", "a at 0/3: 0 [-4.0, 5.0]");
        for (var forwarded : context.forwarded("rekeyed")) {
            int to = RekeyedReadings.to(forwarded.record().key());
            var cursor = cursor(forwarded.record().value(), new Reading(2));
            assertThat(cursor.from()).isEqualTo(2);
            while (cursor.next()) {
                assertThat(to)
                        .isEqualTo(RekeyedReadings.partition(cursor.sensor().get(), PARTITIONS));
            }
        }
        assertThat(context.forwarded(RekeyProcessor.DEAD))
                .singleElement()
                .satisfies(dead -> assertThat(new String(
                                dead.record()
                                        .headers()
                                        .lastHeader("dead.element")
                                        .value(),
                                UTF_8))
                        .isEqualTo("2"));
    }

    /** Kafka Streams uses the same processor when it starts a task anew. */
    @Test
    void shouldForgetWhatABatchThatFailedHasLeft() {
        String first = "{\"ts\":1,\"data\":[{\"id\":\"a\",\"t\":1}]}";
        failing = true;
        assertThatThrownBy(() -> process(first, "{}")).hasMessage("fenced");

        failing = false;
        begin();
        process(first, "{}");

        assertThat(readings()).containsExactly("a at 0/0: 1 [1.0, NaN]");
    }

    @Test
    void shouldMakeRecordsThatEveryTopicTakes() {
        String elements = Stream.generate(() -> "{\"id\":\"" + "x".repeat(1000) + "\",\"t\":7}")
                .limit(900)
                .reduce((a, b) -> a + "," + b)
                .orElseThrow();
        String message = "{\"ts\":1,\"data\":[" + elements + "]}";
        process(message);

        assertThat(readings()).hasSize(900);
        assertThat(context.forwarded("rekeyed"))
                .allSatisfy(forwarded -> assertThat(forwarded.record().value()).hasSizeLessThan(70_000));
    }

    /** To all partitions, also where there are no readings, and not again as long as it has not changed. */
    @Test
    void shouldSayHowFarTheInputHasBeenRead() {
        reached = new InputEnd.Reached(0, 0, 1234, 0);
        var timer = context.scheduledPunctuators().get(0);
        timer.getPunctuator().punctuate(Driver.NOW.toEpochMilli());
        timer.getPunctuator().punctuate(Driver.NOW.toEpochMilli());

        assertThat(context.forwarded("rekeyed"))
                .extracting(forwarded -> RekeyedReadings.to(forwarded.record().key()) + " "
                        + cursor(forwarded.record().value(), new Reading(2)).readUpTo())
                .containsExactly("0 1234", "1 1234", "2 1234");
    }

    /** Else their values would be taken for those of other fields. */
    @Test
    void shouldNotBeReadWithOtherFields() {
        process("{\"ts\":1,\"data\":[{\"id\":\"a\",\"t\":1}]}");
        byte[] record = context.forwarded("rekeyed").get(0).record().value();
        for (String fields : List.of("t", "h,t", "t,h,x", "t,h2", "hh,t")) {
            SummaryLayout other = SummaryLayout.of(Driver.config(TopologyKind.EXACT, "--fields=" + fields));
            assertThatThrownBy(() -> new RekeyedReadings.Cursor(record, "raw", other, new Reading(3)))
                    .isInstanceOf(FailedException.class)
                    .hasMessageContaining("other --fields");
        }
        reached = new InputEnd.Reached(0, 0, Long.MAX_VALUE, 0);
        context.scheduledPunctuators().get(0).getPunctuator().punctuate(Driver.NOW.toEpochMilli());
        byte[] without = context.forwarded("rekeyed").get(1).record().value();
        SummaryLayout other = SummaryLayout.of(Driver.config(TopologyKind.EXACT, "--fields=t"));
        assertThat(new RekeyedReadings.Cursor(without, "raw", other, new Reading(1)).readUpTo())
                .isEqualTo(Long.MAX_VALUE);
    }

    private void process(String... messages) {
        List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>();
        for (String message : messages) {
            batch.add(new ConsumerRecord<>(
                    "raw",
                    2,
                    batch.size(),
                    Driver.NOW.toEpochMilli(),
                    TimestampType.CREATE_TIME,
                    0,
                    0,
                    null,
                    message.getBytes(UTF_8),
                    new RecordHeaders(),
                    java.util.Optional.empty()));
        }
        processor.process(new Record<>(new byte[0], batch, 0));
    }

    /** All that was forwarded, in the order of the partitions. */
    private List<String> readings() {
        List<String> readings = new ArrayList<>();
        for (var forwarded : context.forwarded("rekeyed")) {
            Reading reading = new Reading(2);
            var cursor = cursor(forwarded.record().value(), reading);
            while (cursor.next()) {
                readings.add(new String(cursor.sensor().get(), UTF_8) + " at " + cursor.offset() + "/"
                        + cursor.element() + ": " + reading.time() + " " + Arrays.toString(reading.values()));
            }
        }
        return readings;
    }

    private RekeyedReadings.Cursor cursor(byte[] record, Reading reading) {
        return new RekeyedReadings.Cursor(record, "raw", SummaryLayout.of(settings), reading);
    }
}
