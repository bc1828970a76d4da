package downsampling.batch;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Arrays;

/**
 * A growing array of bytes, mostly of UTF-8 text, as {@link StringBuilder} is one of characters. Numbers and times are
 * written into it without a string in between.
 */
final class ByteBuilder {

    /** The four digits of every number below 10 000, each an int whose bytes in memory are the digits. */
    private static final int[] FOUR_DIGITS = new int[10_000];

    static {
        for (int i = 0; i < FOUR_DIGITS.length; i++) {
            FOUR_DIGITS[i] = '0' + i / 1000 | '0' + i / 100 % 10 << 8 | '0' + i / 10 % 10 << 16 | '0' + i % 10 << 24;
        }
    }

    byte[] bytes = new byte[256];
    int length;

    /** Makes room for this many more bytes, and for the excess of writing eight bytes at a time. */
    void reserve(int more) {
        if (bytes.length - length < more + 16) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more + 16), (int)
                    Math.min(Integer.MAX_VALUE - 16, bytes.length * 3L / 2)));
        }
    }

    ByteBuilder add(char ascii) {
        reserve(1);
        bytes[length++] = (byte) ascii;
        return this;
    }

    ByteBuilder add(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return add(utf8, 0, utf8.length);
    }

    ByteBuilder add(byte[] from, int start, int end) {
        reserve(end - start);
        System.arraycopy(from, start, bytes, length, end - start);
        length += end - start;
        return this;
    }

    /** Writes a JSON string, quotes included. */
    ByteBuilder addJson(byte[] utf8, int start, int end) {
        reserve(6 * (end - start) + 2);
        bytes[length++] = '"';
        for (int i = start; i < end; i++) {
            byte c = utf8[i];
            if (c == '"' || c == '\\') {
                bytes[length++] = '\\';
                bytes[length++] = c;
            } else if (c >= 0 && c < ' ') {
                add("\\u00").add((char) ('0' + (c >> 4))).add("0123456789abcdef".charAt(c & 15));
            } else {
                bytes[length++] = c;
            }
        }
        bytes[length++] = '"';
        return this;
    }

    ByteBuilder addJson(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return addJson(utf8, 0, utf8.length);
    }

    ByteBuilder add(long number) {
        reserve(24);
        length = put(bytes, length, number);
        return this;
    }

    /**
     * Writes a number where there is room for 24 bytes.
     *
     * @return where it ends
     */
    static int put(byte[] bytes, int at, long number) {
        if (number == (int) number && number >= 0) {
            return put(bytes, at, (int) number);
        }
        byte[] digits = Long.toString(number).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, bytes, at, digits.length);
        return at + digits.length;
    }

    /**
     * Writes a number that is not negative where there is room for 16 bytes.
     *
     * @return where it ends
     */
    static int put(byte[] bytes, int at, int number) {
        if (number >= 10_000) {
            int end = put(bytes, at, number / 10_000);
            EightBytes.put(bytes, end, FOUR_DIGITS[number % 10_000]);
            return end + 4;
        }
        long digits = FOUR_DIGITS[number];
        // Eight times the number of leading zeros; the last digit is not counted as one.
        int zeros = Long.numberOfTrailingZeros(digits & 0x0F0F0F0F | 1 << 24) & ~7;
        EightBytes.put(bytes, at, digits >>> zeros);
        return at + 4 - (zeros >>> 3);
    }

    /** Writes a time in the years 0 to 9999, in seconds since 1970, as {@code YYYY-MM-DD HH:MM:SS}. */
    ByteBuilder addTime(long seconds) {
        reserve(24);
        LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(seconds, 86400L));
        int second = (int) Math.floorMod(seconds, 86400L);
        fourDigits(date.getYear());
        bytes[length++] = '-';
        twoDigits(date.getMonthValue());
        bytes[length++] = '-';
        twoDigits(date.getDayOfMonth());
        bytes[length++] = ' ';
        twoDigits(second / 3600);
        bytes[length++] = ':';
        twoDigits(second / 60 % 60);
        bytes[length++] = ':';
        twoDigits(second % 60);
        return this;
    }

    private void fourDigits(int number) {
        twoDigits(number / 100);
        twoDigits(number % 100);
    }

    private void twoDigits(int number) {
        bytes[length++] = (byte) ('0' + number / 10);
        bytes[length++] = (byte) ('0' + number % 10);
    }

    @Override
    public String toString() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
