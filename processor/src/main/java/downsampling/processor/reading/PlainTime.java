package downsampling.processor.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * Reads a timestamp as nearly every producer writes it: {@code yyyy-MM-ddTHH:mm:ss}, with a blank for the {@code T} or without, a
 * fraction or none, then {@code Z}, an offset such as {@code +02:00} or nothing. Several times faster than {@link EventTime},
 * without garbage, and only to give what that gives; whatever it does not recognise to the last character it leaves to that.
 * {@code EventTimeTest} holds the two against each other. For one thread.
 */
final class PlainTime {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int DATE = "2025-01-01".length();
    private static final int SECONDS = "2025-01-01T12:00:00".length();
    private static final int OFFSET = "+02:00".length();

    /** As eight bytes, each of which makes a digit its value. */
    private static final long ZEROS = 0x3030303030303030L;
    /** The same for {@code HH:mm:ss}, where it makes the colons zero. */
    private static final long ZEROS_AND_COLONS = 0x30303A30303A3030L;

    private static final long COLONS = 0x0000FF0000FF0000L;
    /** Added to a byte from 0 to 127, it sets the highest bit of all but 0 to 9. */
    private static final long ABOVE_9 = 0x7676767676767676L;

    private static final long HIGHEST_BITS = 0x8080808080808080L;

    private static final long DAY = 86_400_000;
    private static final int[] DAYS_BEFORE_MONTH = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    private static final int[] DAYS_IN_MONTH = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private final ZoneRules zone;

    // The day of the last reading, which is mostly that of the next: its ten bytes, and what they mean.
    private long firstEight;
    private short lastTwo;
    /** Its first millisecond in UTC; -1 if it is none from 1970 to 9999. */
    private long midnight = -1;
    /** What to subtract from a time of this day that names no zone; {@link Long#MAX_VALUE} if it has more than one offset. */
    private long offset;

    private long time;

    /** @param zone of a time that names none */
    PlainTime(ZoneId zone) {
        this.zone = zone.getRules();
    }

    /**
     * Reads a time.
     *
     * @param at  the index behind the quote before it
     * @param end no byte from here on is read
     * @return the index behind the quote after it; -1 if it is not plain or before 1970
     */
    int read(byte[] data, int at, int end) {
        if (end - at <= SECONDS || data[at + DATE] != 'T' && data[at + DATE] != ' ') {
            return -1;
        }
        long first = (long) LONGS.get(data, at);
        short last = (short) SHORTS.get(data, at + Long.BYTES);
        if (first != firstEight || last != lastTwo) {
            day(data, at);
            firstEight = first;
            lastTwo = last;
        }
        long clock = (long) LONGS.get(data, at + DATE + 1) ^ ZEROS_AND_COLONS;
        long pairs = clock * 10 + (clock >>> Byte.SIZE); // the numbers are in every third byte
        int hour = (int) pairs & 0xFF;
        int minute = (int) (pairs >>> 24) & 0xFF;
        int second = (int) (pairs >>> 48) & 0xFF;
        if (midnight < 0 || (notDigits(clock) | clock & COLONS) != 0 || hour > 23 || minute > 59 || second > 59) {
            return -1;
        }
        time = midnight + (hour * 60 + minute) * 60_000L + second * 1000L;
        int index = at + SECONDS;
        if (data[index] == '.') {
            index = fraction(data, index + 1, end);
        }
        return index < 0 || index >= end ? -1 : zone(data, index, end);
    }

    /** What was read last, in milliseconds since the epoch. */
    long time() {
        return time;
    }

    /** The index behind the digits, of which the first three are added. */
    private int fraction(byte[] data, int at, int end) {
        if (at >= end) {
            return -1;
        }
        int missing = Math.max(0, at + Long.BYTES - end);
        long digits = ((long) LONGS.get(data, at - missing) >>> Byte.SIZE * missing) ^ ZEROS;
        int count = Long.numberOfTrailingZeros(notDigits(digits)) / Byte.SIZE;
        if (count < 3) {
            digits &= (1L << Byte.SIZE * count) - 1;
        }
        time += (digits & 0xF) * 100 + (digits >>> 8 & 0xF) * 10 + (digits >>> 16 & 0xF);
        int index = at + count;
        if (count == Long.BYTES) {
            while (index < end && data[index] >= '0' && data[index] <= '9') {
                index++;
            }
        }
        return count == 0 ? -1 : index;
    }

    /** The index behind the quote that ends it. */
    private int zone(byte[] data, int at, int end) {
        int index = at;
        if (data[at] == 'Z') {
            index++;
        } else if (data[at] == '"') {
            if (offset == Long.MAX_VALUE) {
                return -1;
            }
            time -= offset;
        } else if (end - at > OFFSET && (data[at] == '+' || data[at] == '-') && data[at + 3] == ':') {
            int minutes = two(data, at + 1) * 60 + two(data, at + 4);
            if (minutes < 0 || minutes > 18 * 60 || two(data, at + 4) > 59) {
                return -1;
            }
            time += (data[at] == '+' ? -60_000L : 60_000L) * minutes;
            index += OFFSET;
        }
        return index < end && data[index] == '"' && time >= 0 ? index + 1 : -1;
    }

    /** A byte that is not 0 for the first one that is not from 0 to 9; those after that may be anything. */
    private static long notDigits(long bytes) {
        return (bytes + ABOVE_9 | bytes) & HIGHEST_BITS;
    }

    /** Finds out what the ten bytes at an index mean. */
    private void day(byte[] t, int at) {
        midnight = -1;
        int year = two(t, at) * 100 + two(t, at + 2);
        int month = two(t, at + 5);
        int day = two(t, at + 8);
        // A character that is no digit made its part negative, see two().
        if (t[at + 4] != '-' || t[at + 7] != '-' || year < 1970 || month < 1 || month > 12 || day < 1) {
            return;
        }
        boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (day > DAYS_IN_MONTH[month - 1] + (leap && month == 2 ? 1 : 0)) {
            return;
        }
        int before = year - 1;
        long days = 365L * (year - 1970)
                + (before / 4 - before / 100 + before / 400)
                - 477 // leap days before 1970
                + DAYS_BEFORE_MONTH[month - 1]
                + (leap && month > 2 ? 1 : 0)
                + day
                - 1;
        midnight = days * DAY;
        // Wherever the zone is, the day has begun a day before and ended two days after midnight in UTC.
        Instant from = Instant.ofEpochMilli(midnight - DAY);
        ZoneOffsetTransition change = zone.nextTransition(from);
        offset = change == null || change.toEpochSecond() * 1000 > midnight + 2 * DAY
                ? zone.getOffset(from).getTotalSeconds() * 1000L
                : Long.MAX_VALUE;
    }

    /** Two digits as a number, or one so negative that no sum with it is taken for a date. */
    private static int two(byte[] t, int at) {
        int tens = t[at] - '0';
        int ones = t[at + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1_000_000 : tens * 10 + ones;
    }
}
