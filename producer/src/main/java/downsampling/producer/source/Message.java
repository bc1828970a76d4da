package downsampling.producer.source;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One message as it goes to the topic. What else a source knows about it is the business of that source. */
public interface Message {

    /** Hears what became of a message, once, on any thread. Neither is called if the run ends before, or over this message. */
    interface Delivery {
        /** The broker has it. */
        void delivered();

        /** The broker does not take it and would not the next time, because it is too large; the run goes on. */
        void refused(Exception why);
    }

    /** The sensor id in UTF-8; null or empty only in a message that is meant to be no reading, or comes from elsewhere. */
    byte @Nullable [] key();

    /** The JSON bytes; null only in a message that is meant to be no reading. What comes from elsewhere may be anything. */
    byte @Nullable [] value();

    /** Headers of the record, by name. */
    default Map<String, byte[]> headers() {
        return Map.of();
    }

    /** Who waits to know what becomes of this message; null if nobody does, and the run ends when it is refused. */
    default @Nullable Delivery delivery() {
        return null;
    }

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
