package downsampling.processor.reading;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * The record key: a sensor's id, UTF-8 without control characters (those below U+0020), not empty, at most {@value #MAX_BYTES}
 * bytes. Strict, so that writing the id again gives the very bytes that were read. Nobody writes control characters in an id, but
 * each integer key has some, but for a few very large ones.
 *
 * <p>A null key is refused as well, and so goes to the dead-letter topic: the DSL would drop it with a log line.
 */
public final class SensorIdDeserializer implements Deserializer<String> {
    /**
     * An id is part of each summary and of each open window's changelog record, whose topics accept a mebibyte or less: what is
     * accepted here has to fit there, with room to spare.
     */
    public static final int MAX_BYTES = 16 << 10;

    /** @throws NotAReadingException if there is no key, or it is empty, too large or no text */
    @Override
    public String deserialize(String topic, byte[] key) {
        require(key);
        return new String(key, StandardCharsets.UTF_8);
    }

    /**
     * The id as it is on the wire.
     *
     * @throws NotAReadingException if there is no key, or it is empty, too large or no text
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
        if (!sensor.isPlain()) { // so there is something to find out
            requireText(id, where);
        }
        return sensor;
    }

    private static void requireText(byte[] key, String where) {
        int foreign = ForeignFormat.notUtf8(key, true);
        int control = 0;
        while (control < key.length && (key[control] < 0 || key[control] >= ' ')) {
            control++;
        }
        if (Math.min(foreign, control) < key.length) {
            throw NotAReadingException.expected(
                    NotAReadingException.Reason.KEY,
                    where,
                    "a sensor id as text in UTF-8",
                    found(key, foreign, control));
        }
    }

    private static String found(byte[] key, int foreign, int control) {
        if (ForeignFormat.utf16(key).isPresent()) {
            return "UTF-16";
        }
        boolean likeInteger = control < key.length || key[0] == -1;
        if (likeInteger && (key.length == Integer.BYTES || key.length == Long.BYTES)) {
            return ForeignFormat.hex(key) + ", which may be the integer " + new BigInteger(key);
        }
        int at = Math.min(foreign, control);
        String why = at == control
                ? ", a control character"
                : ForeignFormat.likeLatin(key, at) ? ", as Latin-1 has it" : ", which is not UTF-8";
        return ForeignFormat.of(key)
                .orElseGet(() -> ForeignFormat.hex(key[at]) + " at byte " + at + why + ", in "
                        + NotAReadingException.quote(new String(key, StandardCharsets.UTF_8)));
    }
}
