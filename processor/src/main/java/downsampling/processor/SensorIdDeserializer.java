package downsampling.processor;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * The record key: a sensor's id, UTF-8, not empty. Strict, so that writing the id again gives the very bytes that were read.
 *
 * <p>A null key is refused as well, and so goes to the dead-letter topic: the DSL would drop it with a log line.
 *
 * <p>Ids come again and again, so those read lately are kept. Threads share the table without locks: an entry is immutable,
 * and what one thread overwrites another decodes once more.
 */
final class SensorIdDeserializer implements Deserializer<String> {
    /** Longer ids are decoded each time, so that the table stays small whatever is sent. */
    private static final int LONGEST_KNOWN = 64;

    private record Known(byte[] key, String id) {}

    private final Known[] known = new Known[1 << 13];

    /** @throws NotAReadingException if there is no key, or it is empty or not UTF-8 */
    @Override
    public String deserialize(String topic, byte[] key) {
        if (key == null || key.length == 0) {
            throw NotAReadingException.expected(
                    NotAReadingException.Reason.KEY, "a sensor id", key == null ? "none" : "an empty one");
        }
        if (key.length > LONGEST_KNOWN) {
            return decode(key);
        }
        int place = Arrays.hashCode(key) & (known.length - 1);
        Known last = known[place];
        if (last != null && Arrays.equals(last.key, key)) {
            return last.id;
        }
        String id = decode(key);
        known[place] = new Known(key.clone(), id);
        return id;
    }

    private static String decode(byte[] key) {
        String id = new String(key, StandardCharsets.UTF_8);
        if (id.indexOf('\uFFFD') >= 0) { // either somebody really wrote U+FFFD, or these bytes are no UTF-8
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key));
            } catch (CharacterCodingException e) {
                throw NotAReadingException.expected(
                        NotAReadingException.Reason.KEY, "a sensor id in UTF-8", NotAReadingException.quote(id));
            }
        }
        return id;
    }
}
