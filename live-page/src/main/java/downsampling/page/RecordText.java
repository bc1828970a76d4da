package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** What a record holds, as text that is short enough to keep and to show. Anything may come from a topic. */
final class RecordText {
    /** UTF-16 units of the longest id, value or reason. */
    static final int LONGEST = 200;

    private RecordText() {}

    /** Of null, null; what is not UTF-8 has � in its place. */
    static String of(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        // No character has more than 4 bytes, so this is enough to fill the length.
        String text = new String(bytes, 0, Math.min(bytes.length, 4 * LONGEST + 4), UTF_8);
        if (text.length() <= LONGEST && bytes.length <= 4 * LONGEST) {
            return text;
        }
        int end = Math.min(text.length(), LONGEST);
        if (end < text.length() && Character.isLowSurrogate(text.charAt(end))) {
            end--;
        }
        return text.substring(0, end) + "… (" + bytes.length + " bytes)";
    }

    /** Of a header that is not there, null. */
    static String of(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null ? null : of(header.value());
    }

    /** A header's decimal number, or null. */
    static Long number(Headers headers, String name) {
        String text = of(headers, name);
        try {
            return text == null ? null : Long.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
