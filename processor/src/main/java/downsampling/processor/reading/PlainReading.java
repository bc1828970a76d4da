package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code {"ts":"2025-01-01T12:00:00.123Z","value":42}}, the shape nearly every producer writes, without a JSON parser.
 *
 * <p>It takes only what it can prove to mean the same to {@link ReadingDeserializer}: these two fields in this order, spaces
 * at most after a colon or a comma, a time that {@link EventTime#quick} knows, a number without exponent. All else is the
 * careful parser's, which also words the errors. {@code ReadingDeserializerTest} holds the two against each other.
 */
final class PlainReading {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** The first six bytes of a message, as the lower part of eight. */
    private static final long TIME = eight("{\"ts\":\0\0");

    private static final int TIME_LENGTH = 6;
    private static final long TIME_MASK = (1L << Byte.SIZE * TIME_LENGTH) - 1;
    private static final long VALUE = eight("\"value\":");

    /** {@code {"ts":"2025-01-01T00:00:00","value":0}}. */
    private static final int SHORTEST = 38;

    /** Each is a double without rounding, and so is every whole number of this many digits: their quotient is rounded once. */
    private static final int MOST_DIGITS = 15;

    private static final double[] POWER_OF_TEN = new double[MOST_DIGITS + 1];

    static {
        for (int i = 0; i < POWER_OF_TEN.length; i++) {
            POWER_OF_TEN[i] = Math.pow(10, i);
        }
    }

    private final boolean utc;
    /** The day of the last reading, which is mostly that of the next. Threads may see different ones, each of which is whole. */
    private Day day = new Day(0, (short) 0, -1);

    /**
     * A day as its ten bytes have it.
     *
     * @param millis its first millisecond
     */
    private record Day(long first, short last, long millis) {}

    /** @param zone of a time that names none */
    PlainReading(ZoneId zone) {
        utc = zone.equals(ZoneOffset.UTC);
    }

    /** A reading from 1970 to 9999, or null where this is none or has another shape. Any thread may call. */
    @Nullable
    Reading read(byte[] data) {
        if (data.length < SHORTEST || ((long) LONGS.get(data, 0) & TIME_MASK) != TIME) {
            return null;
        }
        int at = pastSpaces(data, TIME_LENGTH);
        if (data.length - at < SHORTEST - TIME_LENGTH || data[at] != '"') {
            return null;
        }
        long midnight = midnight(data, at + 1);
        at += 1 + EventTime.DATE_LENGTH;
        long time = EventTime.timeOfDay(data, at, data.length, utc);
        at += (int) time & 0xFF;
        if (midnight < 0 || time < 0 || at + 2 > data.length || data[at] != '"' || data[at + 1] != ',') {
            return null;
        }
        at = pastSpaces(data, at + 2);
        if (at + Long.BYTES > data.length || (long) LONGS.get(data, at) != VALUE) {
            return null;
        }
        at = pastSpaces(data, at + Long.BYTES);
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
        return new Reading(midnight + (time >>> 8), negative ? -value : value);
    }

    private long midnight(byte[] data, int at) {
        Day known = day;
        long first = (long) LONGS.get(data, at);
        short last = (short) SHORTS.get(data, at + Long.BYTES);
        if (first != known.first || last != known.last) {
            known = new Day(first, last, EventTime.date(data, at));
            day = known;
        }
        return known.millis;
    }

    private static long eight(String text) {
        return (long) LONGS.get(text.getBytes(US_ASCII), 0);
    }

    private static int pastSpaces(byte[] data, int at) {
        int index = at;
        while (index < data.length && data[index] == ' ') {
            index++;
        }
        return index;
    }
}
