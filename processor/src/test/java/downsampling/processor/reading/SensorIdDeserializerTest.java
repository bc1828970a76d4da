package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SensorIdDeserializerTest {
    private final SensorIdDeserializer ids = new SensorIdDeserializer();

    @ParameterizedTest
    @ValueSource(strings = {"Sensor1", " ", "Fühler 7", "\uD83C\uDF21", "\uFFFD", "<script>", "\u0000"})
    void shouldGiveBackAnyText(String id) {
        assertThat(ids.deserialize("raw", id.getBytes(UTF_8))).isEqualTo(id);
    }

    @Test
    void shouldRefuseNoKey() {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> ids.deserialize("raw", null))
                .withMessage("key: expected a sensor id, found none");
    }

    @Test
    void shouldRefuseAnEmptyKey() {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> ids.deserialize("raw", new byte[0]))
                .withMessage("key: expected a sensor id, found an empty one");
    }

    @Test
    void shouldRefuseInvalidUtf8() {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> ids.deserialize("raw", new byte[] {'a', (byte) 0xFF}))
                .withMessage("key: expected a sensor id in UTF-8, found \"a\uFFFD\"");
    }

    @Test
    void shouldTakeAnIdOf16KibibytesAndNoLongerOne() {
        assertThat(ids.deserialize("raw", new byte[16 << 10])).hasSize(16_384);
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> ids.deserialize("raw", new byte[(16 << 10) + 1]))
                .withMessage("key: expected at most 16384 bytes, found 16385")
                .satisfies(e -> assertThat(e.reason()).isEqualTo(NotAReadingException.Reason.SIZE));
    }
}
