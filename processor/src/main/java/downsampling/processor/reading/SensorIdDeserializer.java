package downsampling.processor.reading;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * The record key: a sensor's id, UTF-8, not empty, at most {@value #MAX_BYTES} bytes. Strict, so that writing the id again gives the very bytes that were read.
 *
 * <p>A null key is refused as well, and so goes to the dead-letter topic: the DSL would drop it with a log line.
 */
public final class SensorIdDeserializer implements Deserializer<String> {
    /**
     * An id is part of each summary and of each open window's changelog record, whose topics accept a mebibyte or less: what is
     * accepted here has to fit there, with room to spare.
     */
    public static final int MAX_BYTES = 16 << 10;

    /** @throws NotAReadingException if there is no key, or it is empty, too large or not UTF-8 */
    @Override
    public String deserialize(String topic, byte[] key) {
        require(key);
        return new String(key, StandardCharsets.UTF_8);
    }

    /**
     * The id as it is on the wire.
     *
     * @throws NotAReadingException if there is no key, or it is empty, too large or not UTF-8
     */
    public static SensorId require(byte @Nullable [] key) {
        return require(key, "key");
    }

    /** @param where the id stands */
    static SensorId require(byte @Nullable [] id, String where) {
        if (id == null || id.length == 0) {
            throw NotAReadingException.expected(
                    NotAReadingException.Reason.KEY, where, "a sensor id", id == null ? "none" : "an empty one");
        }
        if (id.length > MAX_BYTES) {
            throw NotAReadingException.tooLarge(where, MAX_BYTES, id.length);
        }
        SensorId sensor = new SensorId(id);
        if (!sensor.isAscii()) { // so there is something to find out
            requireUtf8(id);
        }
        return sensor;
    }

    /** Only a key: a text of a message is what has been read as UTF-8. */
    private static void requireUtf8(byte[] key) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key));
        } catch (CharacterCodingException e) {
            throw NotAReadingException.expected(
                    NotAReadingException.Reason.KEY,
                    "key",
                    "a sensor id in UTF-8",
                    NotAReadingException.quote(new String(key, StandardCharsets.UTF_8)));
        }
    }
}
