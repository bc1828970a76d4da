package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The ways in which a message can fail to be a reading; each makes such a message out of a sound one. */
enum Corruption {
    NULL_KEY,
    EMPTY_KEY,
    NULL_VALUE,
    EMPTY_VALUE,
    /** Never valid JSON: no JSON text begins with byte 0xFF. */
    BINARY,
    NOT_JSON("temperature is fine"),
    TRUNCATED,
    /** One and a half readings in one message. */
    TRAILING,
    NUMBER("42"),
    TEXT("\"42\""),
    ARRAY("[\"%s\",%s]"),
    EMPTY_OBJECT("{}"),
    NO_TIME("{%3$s:%2$s}"),
    NO_VALUE("{\"ts\":\"%s\"}"),
    TIME_NULL("{\"ts\":null,%3$s:%2$s}"),
    TIME_TEXT("{\"ts\":\"yesterday\",%3$s:%2$s}"),
    /** February has no 30th day. */
    TIME_NO_DATE("{\"ts\":\"2025-02-30T12:00:00Z\",%3$s:%2$s}"),
    VALUE_NULL("{\"ts\":\"%s\",%3$s:null}"),
    VALUE_TEXT("{\"ts\":\"%s\",%3$s:\"%s\"}"),
    VALUE_OBJECT("{\"ts\":\"%s\",%3$s:{\"celsius\":%s}}"),
    VALUE_NAN("{\"ts\":\"%s\",%3$s:NaN}"),
    /** A sound JSON number, but no finite double. */
    VALUE_INFINITE("{\"ts\":\"%s\",%3$s:1e999}");

    private static final Corruption[] ALL = values();

    /**
     * Argument 1 is the event time, argument 2 the number of the first field, argument 3 its name in quotes; empty where the
     * value is not made by a format.
     */
    private final Optional<String> format;

    Corruption() {
        format = Optional.empty();
    }

    Corruption(String format) {
        this.format = Optional.of(format);
    }

    static Corruption draw(SplittableRandom random) {
        return ALL[random.nextInt(ALL.length)];
    }

    /** @param field the name of the first field */
    SyntheticReading apply(SyntheticReading sound, String field, SplittableRandom random) {
        byte[] key = this == NULL_KEY ? null : this == EMPTY_KEY ? new byte[0] : sound.key();
        double[] none = new double[sound.readings().length];
        Arrays.fill(none, Double.NaN);
        return new SyntheticReading(
                SyntheticReading.Kind.CORRUPT, key, value(sound, field, random), sound.eventTime(), none);
    }

    private byte @Nullable [] value(SyntheticReading sound, String field, SplittableRandom random) {
        if (format.isPresent()) {
            return format.get()
                    .formatted(sound.eventTime(), (int) sound.reading(), ReadingJson.quoted(field))
                    .getBytes(UTF_8);
        }
        byte[] value = Objects.requireNonNull(sound.value());
        return switch (this) {
            case NULL_VALUE -> null;
            case EMPTY_VALUE -> new byte[0];
            case BINARY -> {
                byte[] bytes = new byte[random.nextInt(8, 64)];
                random.nextBytes(bytes);
                bytes[0] = (byte) 0xFF;
                yield bytes;
            }
            case TRUNCATED -> Arrays.copyOf(value, random.nextInt(1, value.length));
            case TRAILING -> {
                byte[] both = Arrays.copyOf(value, value.length + random.nextInt(1, value.length));
                System.arraycopy(value, 0, both, value.length, both.length - value.length);
                yield both;
            }
            default -> value;
        };
    }
}
