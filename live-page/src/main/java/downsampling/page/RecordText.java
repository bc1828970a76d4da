package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Makes text that is short enough to keep and to show of what a record holds, which may be anything. */
final class RecordText {
    /** The longest id, value or reason, in UTF-16 units. */
    static final int LONGEST = 200;

    private RecordText() {}

    /** Does as {@link #shorten}, and returns null for null. */
    static @Nullable String of(byte @Nullable [] bytes) {
        return bytes == null ? null : shorten(bytes);
    }

    /** Replaces what is not UTF-8 by �, and cuts what is too long, with its length in bytes after it. */
    static String shorten(byte[] bytes) {
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

    /** The text of a header, or null if it is missing. */
    static @Nullable String of(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null ? null : of(header.value());
    }

    /** The decimal number in a header, or null if there is none. */
    static @Nullable Long number(Headers headers, String name) {
        String text = of(headers, name);
        try {
            return text == null ? null : Long.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
