package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;

/**
 * Writes {@code {"ts":"2025-01-01T12:00:00.123456Z","value":42}} by hand, because at a million readings a second a
 * date-time formatter alone takes longer than all the rest. The tests hold it against Jackson and {@link Instant#parse}.
 * It reuses its buffer, so only one thread may use it.
 */
final class ReadingJson {

    static final Instant MIN_TIME = Instant.parse("0000-01-01T00:00:00Z");
    static final Instant MAX_TIME = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final int SECONDS_PER_DAY = 86_400;

    private final byte[] beforeTime;
    private final byte[] beforeValue;
    private final byte[] end;
    private final byte[] buffer = new byte[128];
    private int length;
    private long lastDay = Long.MIN_VALUE;
    private byte[] lastDate = {};

    /** @param doubleEncoded whether to write a JSON string that holds the object, for readers that decode twice */
    ReadingJson(boolean doubleEncoded) {
        String outerQuote = doubleEncoded ? "\"" : "";
        String quote = doubleEncoded ? "\\\"" : "\"";
        beforeTime = (outerQuote + "{'ts':'".replace("'", quote)).getBytes(ISO_8859_1);
        beforeValue = "Z','value':".replace("'", quote).getBytes(ISO_8859_1);
        end = ("}" + outerQuote).getBytes(ISO_8859_1);
    }

    /** Whether a time has the four digits for the year that the format has. */
    static boolean canWrite(Instant eventTime) {
        return !eventTime.isBefore(MIN_TIME) && !eventTime.isAfter(MAX_TIME);
    }

    /**
     * The value of one message. The time has six fraction digits, nine where six would lose something; a whole number
     * has no fraction.
     *
     * @throws IllegalArgumentException if the time is not in the years 0000 to 9999, or the reading is not finite
     */
    byte[] write(Instant eventTime, double reading) {
        if (!canWrite(eventTime)) {
            throw new IllegalArgumentException("time " + eventTime + " is not in the years 0000 to 9999");
        }
        if (!Double.isFinite(reading)) {
            throw new IllegalArgumentException("reading " + reading + " is not a finite number");
        }
        length = 0;
        append(beforeTime);
        appendTime(eventTime);
        append(beforeValue);
        appendNumber(reading);
        append(end);
        return Arrays.copyOf(buffer, length);
    }

    private void appendTime(Instant time) {
        long day = Math.floorDiv(time.getEpochSecond(), SECONDS_PER_DAY);
        if (day != lastDay) {
            lastDate = LocalDate.ofEpochDay(day).toString().getBytes(ISO_8859_1);
            lastDay = day;
        }
        append(lastDate);
        int second = Math.floorMod(time.getEpochSecond(), SECONDS_PER_DAY);
        buffer[length++] = 'T';
        appendDigits(second / 3600, 2);
        buffer[length++] = ':';
        appendDigits(second / 60 % 60, 2);
        buffer[length++] = ':';
        appendDigits(second % 60, 2);
        buffer[length++] = '.';
        int nanos = time.getNano();
        if (nanos % 1000 == 0) {
            appendDigits(nanos / 1000, 6);
        } else {
            appendDigits(nanos, 9);
        }
    }

    private void appendNumber(double number) {
        long whole = (long) number;
        if (whole >= 0 && whole < 1000 && whole == number) {
            appendDigits((int) whole, whole < 10 ? 1 : whole < 100 ? 2 : 3);
        } else {
            // Up to 2^53 every whole number is a double of its own; beyond that, all digits would claim too much.
            boolean exact = whole == number && Math.abs(whole) <= 1L << 53;
            append((exact ? Long.toString(whole) : Double.toString(number)).getBytes(ISO_8859_1));
        }
    }

    private void appendDigits(int number, int digits) {
        for (int i = length + digits - 1; i >= length; i--) {
            buffer[i] = (byte) ('0' + number % 10);
            number /= 10;
        }
        length += digits;
    }

    private void append(byte[] bytes) {
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }
}
