package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

/** Values of record headers. Numbers are decimal text: every console shows them, and every language reads them. */
final class HeaderText {
    private HeaderText() {}

    static byte[] of(String text) {
        return text.getBytes(UTF_8);
    }

    static byte[] of(long number) {
        return Long.toString(number).getBytes(US_ASCII);
    }
}
