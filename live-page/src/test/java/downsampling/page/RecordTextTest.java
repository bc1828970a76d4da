package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecordTextTest {

    @Test
    void shouldLeaveShortTextAsItIs() {
        String longest = "☃".repeat(RecordText.LONGEST);

        assertThat(RecordText.of(bytes(longest))).isEqualTo(longest);
        assertThat(RecordText.of(bytes(""))).isEmpty();
        assertThat(RecordText.of((byte[]) null)).isNull();
    }

    @Test
    void shouldCutLongTextAndSayHowLongItWas() {
        assertThat(RecordText.of(bytes("x".repeat(1_000_000))))
                .isEqualTo("x".repeat(RecordText.LONGEST) + "… (1000000 bytes)");
    }

    @Test
    void shouldNotCutACharacterInTwo() {
        String text = "x".repeat(RecordText.LONGEST - 1) + "\uD83D\uDE00" + "tail";

        assertThat(RecordText.of(bytes(text))).startsWith("x".repeat(RecordText.LONGEST - 1) + "… (");
    }

    @Test
    void shouldReplaceWhatIsNoUtf8() {
        assertThat(RecordText.of(new byte[] {'a', (byte) 0xff, 'b'})).isEqualTo("a\uFFFDb");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
