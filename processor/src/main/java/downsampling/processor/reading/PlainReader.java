package downsampling.processor.reading;

import downsampling.processor.settings.EpochUnit;
import downsampling.processor.settings.ReadingSettings;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads what nearly every producer writes, without a JSON parser and without garbage.
 *
 * <p>It takes a message only if it can prove that {@link JsonReader} reads the same of it: an object of which every byte is
 * looked at, without escapes, with whole numbers or decimals of up to {@value #MOST_DIGITS} digits, and with the times that
 * {@link PlainTime} knows. What is not plain, what comes twice and what is wrong is the careful reader's, which also words the
 * errors. {@code ReadingReaderTest} holds the two against each other. For one thread.
 */
final class PlainReader {
    /** For a message: names and texts that are longer than the parser allows are longer than this. */
    private static final int MOST_BYTES = 1 << 15;

    /** Of objects and arrays in each other; far fewer than the parser allows. */
    private static final int MOST_DEPTH = 20;

    /** A long holds every whole number of so many digits. */
    private static final int MOST_DIGITS = 18;

    /** A double holds every whole number up to this one, and the powers of ten below: so their quotient is rounded once. */
    private static final long MOST_EXACT = 1L << 53;

    private static final double[] POWER_OF_TEN = new double[MOST_DIGITS + 1];

    static {
        for (int i = 0; i < POWER_OF_TEN.length; i++) {
            POWER_OF_TEN[i] = Math.pow(10, i);
        }
    }

    private final Place message;
    private final PlainTime times;
    private final EpochUnit timeUnit;

    /** The number that was read last, without its point. */
    private long digits;
    /** How many of them stand behind the point. */
    private int decimals;

    private byte[] unescaped = new byte[256];

    PlainReader(ReadingSettings settings, Place message) {
        this.message = message;
        times = new PlainTime(settings.zone());
        timeUnit = settings.timeUnit();
    }

    /**
     * Reads a message.
     *
     * @param into has nothing in it; if the answer is false, it may have something that means nothing
     * @return whether it is plain; it may lack some of what is to be read, or all of it
     */
    boolean read(byte[] data, Reading into) {
        if (data.length > MOST_BYTES) {
            return false;
        }
        if (data.length > 0 && data[0] == '"') {
            int end = unescape(data);
            return end >= 0 && read(unescaped, end, into);
        }
        return read(data, data.length, into);
    }

    private boolean read(byte[] data, int end, Reading into) {
        int at = pastSpaces(data, 0, end);
        if (at >= end || data[at] != '{') {
            return false;
        }
        at = object(data, at + 1, end, message, into, 0);
        return at >= 0 && pastSpaces(data, at, end) == end;
    }

    /** Puts JSON that stands in a text in {@link #unescaped}, if only its quotes are escaped; its length, else -1. */
    private int unescape(byte[] data) {
        int end = pastSpacesBack(data);
        if (end < 2 || data[end - 1] != '"') {
            return -1;
        }
        if (unescaped.length < end) {
            unescaped = new byte[end + end / 2];
        }
        int length = 0;
        for (int at = 1; at < end - 1; at++) {
            byte b = data[at];
            if (b == '\\') {
                at++;
                if (at == end - 1 || data[at] != '"') {
                    return -1;
                }
                b = '"';
            } else if (b == '"' || b < ' ') {
                return -1;
            }
            unescaped[length++] = b;
        }
        return length;
    }

    /** The index behind the object that begins before an index; -1 if it is not plain. */
    private int object(byte[] data, int from, int end, @Nullable Place place, Reading into, int depth) {
        int at = pastSpaces(data, from, end);
        if (at < end && data[at] == '}') {
            return at + 1;
        }
        Place last = null;
        Place next = place == null ? null : place.first;
        while (at < end && data[at] == '"') {
            Place member = next != null && next.isNamedAt(data, at + 1, end) ? next : null;
            if (member == null && place != null) {
                member = place.memberAt(data, at + 1, end);
            }
            at = member == null ? text(data, at + 1, end) : member.after(at + 1);
            if (at < 0) {
                return -1;
            }
            at = pastSpaces(data, at, end);
            if (at >= end || data[at] != ':') {
                return -1;
            }
            at = value(data, pastSpaces(data, at + 1, end), end, member, into, depth);
            if (at < 0) {
                return -1;
            }
            if (member != null && place != null) {
                if (member != next) { // so it probably is in the next message
                    if (last == null) {
                        place.first = member;
                    } else {
                        last.next = member;
                    }
                }
                last = member;
                next = member.next;
            }
            at = pastSpaces(data, at, end);
            if (at >= end) {
                return -1;
            }
            if (data[at] == '}') {
                return at + 1;
            }
            if (data[at] != ',') {
                return -1;
            }
            at = pastSpaces(data, at + 1, end);
        }
        return -1;
    }

    private int array(byte[] data, int from, int end, @Nullable Place place, Reading into, int depth) {
        int at = pastSpaces(data, from, end);
        if (at < end && data[at] == ']') {
            return at + 1;
        }
        for (int index = 0; at < end; index++) {
            Place element = place == null ? null : place.element(index);
            at = value(data, at, end, element, into, depth);
            if (at < 0) {
                return -1;
            }
            at = pastSpaces(data, at, end);
            if (at >= end) {
                return -1;
            }
            if (data[at] == ']') {
                return at + 1;
            }
            if (data[at] != ',') {
                return -1;
            }
            at = pastSpaces(data, at + 1, end);
        }
        return -1;
    }

    private int value(byte[] data, int at, int end, @Nullable Place place, Reading into, int depth) {
        if (at >= end) {
            return -1;
        }
        if (place != null && place.isRead()) {
            return switch (place.field()) {
                case Place.TIME -> time(data, at, end, into);
                case Place.SENSOR -> sensor(data, at, end, place, into);
                default -> number(data, at, end, place.field(), into);
            };
        }
        return pass(data, at, end, place, into, depth);
    }

    private int time(byte[] data, int at, int end, Reading into) {
        if (into.time != Reading.NONE) {
            return -1;
        }
        if (data[at] == '"') {
            int after = times.read(data, at + 1, end);
            into.time = times.time();
            return after;
        }
        int after = number(data, at, end);
        if (after < 0 || digits < 0) {
            return -1;
        }
        int shift = 3 - timeUnit.digits() - decimals;
        long power = (long) POWER_OF_TEN[Math.min(Math.abs(shift), MOST_DIGITS)];
        long millis = shift < 0 ? digits / power : Math.multiplyHigh(digits, power) == 0 ? digits * power : -1;
        into.time = millis;
        // What is outside looks like another unit, or it does not.
        return millis >= JsonReader.FIRST_LIKELY && millis < JsonReader.LAST_LIKELY ? after : -1;
    }

    private static int sensor(byte[] data, int at, int end, Place place, Reading into) {
        int after = data[at] == '"' && into.sensor == null ? text(data, at + 1, end) : -1;
        if (after < 0) {
            return -1;
        }
        try {
            into.sensor = SensorIdDeserializer.require(Arrays.copyOfRange(data, at + 1, after - 1), place.text);
        } catch (NotAReadingException e) { // which is not this one's to say
            return -1;
        }
        return after;
    }

    private int number(byte[] data, int at, int end, int field, Reading into) {
        if (!Double.isNaN(into.values[field])) {
            return -1;
        }
        if (data[at] == 'n') {
            return word("null", data, at, end);
        }
        int after = number(data, at, end);
        if (decimals > 0 && Math.abs(digits) > MOST_EXACT) {
            return -1;
        }
        into.values[field] = decimals == 0 ? digits : digits / POWER_OF_TEN[decimals];
        return after;
    }

    /** The index behind a value of which nothing is read, or only what stands in some places inside. */
    private int pass(byte[] data, int at, int end, @Nullable Place place, Reading into, int depth) {
        if (depth == MOST_DEPTH || place != null && place.isFilled(into)) {
            return -1;
        }
        return switch (data[at]) {
            case '{' -> object(data, at + 1, end, place, into, depth + 1);
            case '[' -> array(data, at + 1, end, place, into, depth + 1);
            case '"' -> text(data, at + 1, end);
            case 't' -> word("true", data, at, end);
            case 'f' -> word("false", data, at, end);
            case 'n' -> word("null", data, at, end);
            default -> number(data, at, end);
        };
    }

    /** The index behind a number, which then is that of this object; -1 if it is none, or one that a long or zero cannot hold. */
    private int number(byte[] data, int from, int end) {
        boolean negative = data[from] == '-';
        int first = negative ? from + 1 : from;
        int at = first;
        int point = -1;
        long number = 0;
        for (; at < end; at++) {
            byte b = data[at];
            if (b >= '0' && b <= '9') {
                number = number * 10 + (b - '0');
            } else if (b == '.' && point < 0) {
                point = at;
            } else {
                break;
            }
        }
        int count = at - first - (point < 0 ? 0 : 1);
        boolean leadingZero = count > 1 && data[first] == '0' && point != first + 1;
        if (count == 0
                || count > MOST_DIGITS
                || leadingZero
                || point == first
                || point == at - 1
                || negative && number == 0 // whether that is 0 or -0 is the careful parser's to say
                || at < end && (data[at] | 0x20) == 'e') {
            return -1;
        }
        digits = negative ? -number : number;
        decimals = point < 0 ? 0 : at - 1 - point;
        return at;
    }

    /** The index behind a text, without escapes, whose quote stands before an index. */
    private static int text(byte[] data, int from, int end) {
        int at = from;
        while (at < end) {
            byte b = data[at];
            if (b == '"') {
                return at + 1;
            }
            if (b >= ' ' && b != '\\') {
                at++;
            } else if (b < 0) {
                int after = utf8(data, at, end);
                if (after < 0) {
                    return -1;
                }
                at = after;
            } else {
                return -1;
            }
        }
        return -1;
    }

    /** The index behind a character of two or three bytes, but for those whose encoding has exceptions. */
    private static int utf8(byte[] data, int at, int end) {
        int lead = data[at] & 0xFF;
        int length = lead >= 0xC2 && lead < 0xE0 ? 2 : lead > 0xE0 && lead < 0xF0 && lead != 0xED ? 3 : 0;
        int after = at + length;
        if (length == 0 || after > end) {
            return -1;
        }
        for (int i = at + 1; i < after; i++) {
            if ((data[i] & 0xC0) != 0x80) {
                return -1;
            }
        }
        return after;
    }

    private static int word(String word, byte[] data, int at, int end) {
        int after = at + word.length();
        if (after > end) {
            return -1;
        }
        for (int i = 0; i < word.length(); i++) {
            if (data[at + i] != word.charAt(i)) {
                return -1;
            }
        }
        return after;
    }

    private static int pastSpaces(byte[] data, int at, int end) {
        int index = at;
        while (index < end && isSpace(data[index])) {
            index++;
        }
        return index;
    }

    private static int pastSpacesBack(byte[] data) {
        int end = data.length;
        while (end > 0 && isSpace(data[end - 1])) {
            end--;
        }
        return end;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }
}
