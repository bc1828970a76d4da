package downsampling.processor.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.processor.settings.TopologyKind;
import downsampling.processor.window.Driver;
import downsampling.processor.window.Metrics;
import downsampling.service.FailedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With Kafka's own consumer for tests, which throws where an offset is out of range, as the real one does for Kafka Streams. */
class InputConsumersTest {
    private static final TopicPartition PARTITION = new TopicPartition("raw", 0);

    private static final Batches.BatchDeserializer BATCHES = new Batches.BatchDeserializer();

    private final Metrics metrics = new Metrics();
    private final InputConsumers input = new InputConsumers(Driver.config(TopologyKind.EXACT), metrics::deletedUnread);
    private final MockConsumer<byte[], byte[]> broker = new MockConsumer<>("none");
    private final Consumer<byte[], byte[]> consumer = input.watched(broker);

    @BeforeEach
    void assign() {
        consumer.assign(List.of(PARTITION));
        setRange(0, 100);
        consumer.seek(PARTITION, 10);
    }

    private void setRange(long begin, long end) {
        broker.updateBeginningOffsets(Map.of(PARTITION, begin));
        broker.updateEndOffsets(Map.of(PARTITION, end));
    }

    private List<ConsumerRecord<byte[], byte[]>> poll() {
        return consumer.poll(Duration.ZERO).records(PARTITION).stream()
                .flatMap(batch -> BATCHES.deserialize("raw", batch.headers(), batch.value()).stream())
                .toList();
    }

    private void add(long... offsets) {
        for (long offset : offsets) {
            broker.addRecord(new ConsumerRecord<>("raw", 0, offset, null, new byte[] {1}));
        }
    }

    @Test
    void shouldPutARecordInThePlaceOfThoseThatAreGone() {
        input.resume(PARTITION, 10);
        setRange(70, 100);
        add(70);
        assertThatThrownBy(this::poll).isInstanceOf(OffsetOutOfRangeException.class);
        consumer.seekToBeginning(List.of(PARTITION)); // as Kafka Streams does

        assertThat(poll()).extracting(ConsumerRecord::offset).containsExactly(69L, 70L);
        assertThat(poll()).isEmpty();
    }

    @Test
    void shouldHoldItBackWhileKafkaStreamsTakesNothing() {
        input.resume(PARTITION, 10);
        setRange(70, 100);
        add(70);
        assertThatThrownBy(this::poll).isInstanceOf(OffsetOutOfRangeException.class);
        consumer.seekToBeginning(List.of(PARTITION));
        consumer.pause(List.of(PARTITION));
        assertThat(poll()).isEmpty();
        consumer.resume(List.of(PARTITION));

        assertThat(poll()).first().satisfies(gone -> {
            assertThat(gone.value()).isSameAs(InputConsumers.DELETED);
            assertThat(InputConsumers.firstDeleted(gone.headers())).isEqualTo(10);
            assertThat(gone.offset()).isEqualTo(69);
        });
    }

    @Test
    void shouldTellTheRestWhenMoreIsDeletedBeforeAnythingIsRead() {
        input.resume(PARTITION, 10);
        setRange(70, 100);
        add(90);
        assertThatThrownBy(this::poll).isInstanceOf(OffsetOutOfRangeException.class);
        consumer.seekToBeginning(List.of(PARTITION));
        setRange(80, 100);
        consumer.seek(PARTITION, 70); // where it stood by then
        assertThatThrownBy(this::poll).isInstanceOf(OffsetOutOfRangeException.class);
        consumer.seekToBeginning(List.of(PARTITION));

        ConsumerRecord<byte[], byte[]> gone = poll().get(0);
        assertThat(InputConsumers.firstDeleted(gone.headers())).isEqualTo(10);
        assertThat(gone.offset()).isEqualTo(79);
    }

    @Test
    void shouldReadFromWhereTheStateStands() {
        input.resume(PARTITION, 5);
        add(5, 6, 10);

        assertThat(poll()).extracting(ConsumerRecord::offset).containsExactly(5L, 6L, 10L);
    }

    @Test
    void shouldReadFromWhereTheGroupStandsIfTheStateDoesNotSay() {
        input.resume(PARTITION, -1);
        add(5, 6, 10);

        assertThat(poll()).extracting(ConsumerRecord::offset).containsExactly(10L);
    }

    @Test
    void shouldRefuseATopicThatEndsBeforeTheState() {
        input.resume(PARTITION, 101);

        assertThatThrownBy(this::poll)
                .isInstanceOf(FailedException.class)
                .hasMessage(
                        "topic raw is not the one that the state of test is from: in partition 0, all records before offset 101"
                                + " were processed, but it ends at offset 100; if the topic was created anew, stop all instances"
                                + " and run \"processor reset\", or use another --application-id");
    }

    @Test
    void shouldKnowTheOffsetThatIsCommittedBehindAGap() {
        InputConsumers.Place place = input.resume(PARTITION, 10);
        add(10, 11, 14, 15);
        poll();
        add(19);
        poll();

        assertThat(place.next(11)).isEqualTo(11);
        assertThat(place.next(12)).isEqualTo(14);
        assertThat(place.next(16)).isEqualTo(19);
        assertThat(place.next(20)).isEqualTo(20);
    }

    @Test
    void shouldTellWhereTheStateHasNoOffset() {
        setRange(70, 100);
        add(70);
        assertThatThrownBy(this::poll).isInstanceOf(OffsetOutOfRangeException.class);

        assertThat(metrics.offsetsDeletedUnread()).isEqualTo(60);
    }
}
