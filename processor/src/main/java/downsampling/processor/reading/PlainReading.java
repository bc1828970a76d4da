package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.ZoneId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code {"ts":"2025-01-01T12:00:00.123Z","value":42}}, the shape nearly every producer writes, without a JSON parser.
 *
 * <p>It takes only what it can prove to mean the same to {@link ReadingDeserializer}: these two fields in this order, spaces
 * at most after a colon or a comma, a time that {@link EventTime#quick} knows, a number without exponent. All else is the
 * careful parser's, which also words the errors. {@code ReadingDeserializerTest} holds the two against each other.
 */
final class PlainReading {
    private static final byte[] TIME = "{\"ts\":".getBytes(US_ASCII);
    private static final byte[] VALUE = "\"value\":".getBytes(US_ASCII);

    /** Each is a double without rounding, and so is every whole number of this many digits: their quotient is rounded once. */
    private static final int MOST_DIGITS = 15;

    private static final double[] POWER_OF_TEN = new double[MOST_DIGITS + 1];

    static {
        for (int i = 0; i < POWER_OF_TEN.length; i++) {
            POWER_OF_TEN[i] = Math.pow(10, i);
        }
    }

    private PlainReading() {}

    /**
     * A reading from 1970 to 9999, or null where this is none or has another shape.
     *
     * @param zone of a time that names none
     */
    static @Nullable Reading read(byte[] data, ZoneId zone) {
        int at = after(TIME, data, 0);
        if (at >= data.length || data[at] != '"') {
            return null;
        }
        int timeFrom = ++at;
        while (at < data.length && data[at] != '"') {
            at++;
        }
        long time = EventTime.quick(data, timeFrom, at - timeFrom, zone);
        if (time < 0 || at + 1 >= data.length || data[at + 1] != ',') {
            return null;
        }
        at = after(VALUE, data, pastSpaces(data, at + 2));
        boolean negative = at < data.length && data[at] == '-';
        if (negative) {
            at++;
        }
        int numberFrom = at;
        int point = -1;
        long digits = 0;
        for (; at < data.length; at++) {
            byte b = data[at];
            if (b >= '0' && b <= '9') {
                digits = digits * 10 + (b - '0');
            } else if (b == '.' && point < 0 && at > numberFrom) {
                point = at;
            } else {
                break;
            }
        }
        int count = at - numberFrom - (point < 0 ? 0 : 1);
        boolean leadingZero = count > 1 && data[numberFrom] == '0' && point != numberFrom + 1;
        if (at != data.length - 1
                || data[at] != '}'
                || count == 0
                || count > MOST_DIGITS
                || leadingZero
                || point == at - 1
                || negative && digits == 0) { // whether that is 0 or -0 is the careful parser's to say
            return null;
        }
        double value = point < 0 ? digits : digits / POWER_OF_TEN[at - 1 - point];
        return new Reading(time, negative ? -value : value);
    }

    /** The index after a text that stands at an index, and after spaces that follow it; the end if it does not stand there. */
    private static int after(byte[] text, byte[] data, int at) {
        int end = at + text.length;
        if (end > data.length || !Arrays.equals(data, at, end, text, 0, text.length)) {
            return data.length;
        }
        return pastSpaces(data, end);
    }

    private static int pastSpaces(byte[] data, int at) {
        int index = at;
        while (index < data.length && data[index] == ' ') {
            index++;
        }
        return index;
    }
}
