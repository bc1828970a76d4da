package downsampling.processor.window;

import static org.assertj.core.api.Assertions.assertThat;

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
}
