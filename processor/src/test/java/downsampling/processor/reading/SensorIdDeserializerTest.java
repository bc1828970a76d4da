package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SensorIdDeserializerTest {
    private final SensorIdDeserializer ids = new SensorIdDeserializer();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sensor1",
                " ",
                "Fühler 7",
                "\uD83C\uDF21",
                "\uFFFD",
                "<script>",
                "a\u007f",
                "12345678",
                "0123456\u00e4"
            })
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "6180           | 0x80 at byte 1, which is not UTF-8, in \"a\uFFFD\"",
                "4bfc63 68652031| 0xfc at byte 1, as Latin-1 has it, in \"K\uFFFDche 1\"",
                "4bc3           | 0xc3 at byte 1, as Latin-1 has it, in \"K\uFFFD\"",
                "00000005       | 0x00000005, which may be the integer 5",
                "0000007f       | 0x0000007f, which may be the integer 127",
                "00003039       | 0x00003039, which may be the integer 12345",
                "fffffffb       | 0xfffffffb, which may be the integer -5",
                "1f000000       | 0x1f000000, which may be the integer 520093696",
                "0000000000000041 | 0x0000000000000041, which may be the integer 65",
                "00610031       | UTF-16",
                "61003100       | UTF-16",
                "fffe61003100   | UTF-16",
                "000000000561   | a byte 0 and then a schema's id, here 5, as serializers write it that have a schema registry",
                "1f8b08000000   | what begins like gzip",
                "610a           | 0x0a at byte 1, a control character, in \"a.\"",
                "6162636465666768 09 | 0x09 at byte 8, a control character, in \"abcdefgh.\"",
            })
    void shouldRefuseWhatIsNoText(String hex, String found) {
        byte[] key = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> ids.deserialize("raw", key))
                .withMessage("key: expected a sensor id as text in UTF-8, found " + found)
                .satisfies(e -> assertThat(e.reason()).isEqualTo(NotAReadingException.Reason.KEY));
    }

    /** Of 4 or 8 bytes, big-endian, as Kafka's serializers write them. */
    @Test
    void shouldRefuseEachIntegerThatPeopleNumberSensorsBy() {
        for (int id = -1000; id < 1 << 24; id += id < 100_000 ? 1 : 997) {
            int number = id;
            assertThatExceptionOfType(NotAReadingException.class)
                    .isThrownBy(() -> SensorIdDeserializer.require(
                            ByteBuffer.allocate(4).putInt(number).array()))
                    .withMessageMatching(".*(may be the integer " + number + "|UTF-16)");
            assertThatExceptionOfType(NotAReadingException.class)
                    .isThrownBy(() -> SensorIdDeserializer.require(
                            ByteBuffer.allocate(8).putLong(number).array()))
                    .withMessageEndingWith("may be the integer " + number);
        }
    }

    @Test
    void shouldTakeAnIdOf16KibibytesAndNoLongerOne() {
        assertThat(ids.deserialize("raw", "x".repeat(16 << 10).getBytes(UTF_8))).hasSize(16_384);
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> ids.deserialize("raw", new byte[(16 << 10) + 1]))
                .withMessage("key: expected at most 16384 bytes, found 16385")
                .satisfies(e -> assertThat(e.reason()).isEqualTo(NotAReadingException.Reason.SIZE));
    }
}
