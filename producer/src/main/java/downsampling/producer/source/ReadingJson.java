package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.service.InvalidSettingException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes {@code {"ts":"2025-01-01T12:00:00.123456Z","value":42}} by hand, because at a million readings a second a
 * date-time formatter alone takes longer than all the rest. The number is called as a field says; there may be several. The
 * tests hold it against Jackson and {@link Instant#parse}. It reuses its buffer, so only one thread may use it.
 */
final class ReadingJson {

    /** The field of a message, unless others are asked for. */
    static final String USUAL_FIELD = "value";

    static final int MOST_FIELDS = 64;
    /** As it continues "expected". */
    static final String EXPECTED_FIELD =
            "a name of 1 to 100 characters, none of which is ',', '=' or a control character";

    static final Instant MIN_TIME = Instant.parse("0000-01-01T00:00:00Z");
    static final Instant MAX_TIME = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final int SECONDS_PER_DAY = 86_400;
    private static final String TIME = "ts";
    private static final int LONGEST_TIME = 30;
    private static final int LONGEST_NUMBER = 24;

    private final byte[] beforeTime;
    private final byte[] afterTime;
    /** What stands before the value of each field. */
    private final byte[][] names;

    private final byte[] end;
    private final byte[] buffer;
    private int length;
    private long lastDay = Long.MIN_VALUE;
    private byte[] lastDate = {};

    /**
     * Writes messages with these fields.
     *
     * @param fields in the order of the message
     * @param doubleEncoded whether to write a JSON string that holds the object, for readers that decode twice
     */
    ReadingJson(List<String> fields, boolean doubleEncoded) {
        String outerQuote = doubleEncoded ? "\"" : "";
        beforeTime = bytes(outerQuote, "{" + quoted(TIME) + ":\"", doubleEncoded);
        afterTime = bytes("", "Z\"", doubleEncoded);
        names = fields.stream()
                .map(field -> bytes("", "," + quoted(field) + ":", doubleEncoded))
                .toArray(byte[][]::new);
        end = ("}" + outerQuote).getBytes(UTF_8);
        buffer = new byte
                [beforeTime.length
                        + LONGEST_TIME
                        + afterTime.length
                        + Arrays.stream(names)
                                .mapToInt(name -> name.length + LONGEST_NUMBER)
                                .sum()
                        + end.length];
    }

    private static byte[] bytes(String before, String json, boolean doubleEncoded) {
        return (before + (doubleEncoded ? escaped(json) : json)).getBytes(UTF_8);
    }

    /** A text without control characters as a JSON string. */
    static String quoted(String text) {
        return '"' + escaped(text) + '"';
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }

    /**
     * Checks that fields can be those of a message.
     *
     * @param option by which a person gave them
     * @throws InvalidSettingException in one line if they cannot
     */
    static void checkFields(String option, List<String> fields) {
        if (fields.size() > MOST_FIELDS) {
            throw new InvalidSettingException(option, fields.size() + " of them", MOST_FIELDS + " at the most");
        }
        Set<String> names = new HashSet<>();
        for (String field : fields) {
            if (!field.matches("[^,=\\p{Cntrl}]{1,100}")) {
                throw new InvalidSettingException(option, field, EXPECTED_FIELD);
            }
            if (field.equals(TIME)) {
                throw new InvalidSettingException(option, field, "another name than that of the event time");
            }
            if (!names.add(field)) {
                throw new InvalidSettingException(option, field, "each name once");
            }
        }
    }

    /** Whether a time has the four digits for the year that the format has. */
    static boolean canWrite(Instant eventTime) {
        return !eventTime.isBefore(MIN_TIME) && !eventTime.isAfter(MAX_TIME);
    }

    /**
     * The value of one message. The time has six fraction digits, nine where six would lose something; a whole number
     * has no fraction.
     *
     * @param values of the fields, in their order; a field whose value is NaN is left out
     * @throws IllegalArgumentException if the time is not in the years 0000 to 9999, or a value is infinite
     */
    byte[] write(Instant eventTime, double... values) {
        if (!canWrite(eventTime)) {
            throw new IllegalArgumentException("time " + eventTime + " is not in the years 0000 to 9999");
        }
        length = 0;
        append(beforeTime);
        appendTime(eventTime);
        append(afterTime);
        for (int i = 0; i < names.length; i++) {
            if (!Double.isNaN(values[i])) {
                append(names[i]);
                appendNumber(values[i]);
            }
        }
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
        if (Double.isInfinite(number)) {
            throw new IllegalArgumentException("value " + number + " is not a finite number");
        }
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
