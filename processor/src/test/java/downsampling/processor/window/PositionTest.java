package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.service.FailedException;
import java.nio.BufferUnderflowException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

class PositionTest {
    @Test
    void shouldReadWhatItWrote() {
        Position position = new Position(10_000, 21_500, 22_000, 22_001, 77);
        assertThat(Position.fromBytes(position.toBytes())).isEqualTo(position);
        assertThat(Position.fromBytes(Position.START.toBytes())).isEqualTo(Position.START);
    }

    @Test
    void shouldReadTheOneNumberOfVersionOhOne() {
        assertThat(Position.fromBytes(new byte[] {0, 0, 1, (byte) 0x93, (byte) 0xe5, 0, 0, 0}))
                .isEqualTo(new Position(0x193e5000000L, Position.NONE, Position.NONE, Position.NONE, -1));
    }

    @Test
    void shouldBeReadFromStateOfVersionOhOneAndThenKeepThatFromReadingIt() {
        KeyValueStore<Bytes, byte[]> store =
                Stores.inMemoryKeyValueStore("state").get();
        assertThat(Position.of(store)).isEqualTo(Position.START);
        Position position = new Position(10_000, 21_500, 22_000, 22_001, 77);
        store.put(Bytes.wrap(new byte[] {(byte) 0xFF}), position.toBytes());
        assertThat(Position.of(store)).isEqualTo(position);
        position.write(store, position);
        assertThat(Position.of(store)).isEqualTo(position);
        byte[] seenByOhOne = store.get(Bytes.wrap(new byte[] {(byte) 0xFF}));
        assertThatThrownBy(() -> Position.fromBytes(seenByOhOne)).isInstanceOf(BufferUnderflowException.class);
    }

    @Test
    void shouldNotGuessWhatANewerVersionWrote() {
        KeyValueStore<Bytes, byte[]> store =
                Stores.inMemoryKeyValueStore("state").get();
        store.put(Bytes.wrap(new byte[] {(byte) 0xFF}), new byte[] {3});
        assertThatThrownBy(() -> Position.of(store))
                .isInstanceOf(FailedException.class)
                .hasMessageStartingWith("the state has layout 3");
    }
}
