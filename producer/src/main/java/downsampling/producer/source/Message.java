package downsampling.producer.source;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One message as it goes to the topic. What else a source knows about it is the business of that source. */
public interface Message {

    /** The sensor id in UTF-8; null or empty only in a message that is meant to be no reading. */
    byte @Nullable [] key();

    /** The JSON bytes; null only in a message that is meant to be no reading. */
    byte @Nullable [] value();

    /** The key as text, or null when there is none. */
    default @Nullable String sensor() {
        byte[] key = key();
        return key == null ? null : new String(key, StandardCharsets.UTF_8);
    }

    /** The value as text, or null when there is none. */
    default @Nullable String text() {
        byte[] value = value();
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    /** A message of which nothing more is known than its bytes. */
    static Message of(byte @Nullable [] key, byte @Nullable [] value) {
        record Bytes(byte @Nullable [] key, byte @Nullable [] value) implements Message {}
        return new Bytes(key, value);
    }
}
