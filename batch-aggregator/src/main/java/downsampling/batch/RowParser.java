package downsampling.batch;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The careful path: it reads one record of RFC 4180 from a buffer and decides whether it is a log row. Everything that
 * the fast path does not consume comes here, so this class alone defines what a row is. A parser holds one record at a
 * time and is reused; the ranges that it returns are valid until the next call.
 *
 * <p>A record that is not a log row is rejected, but never costs a good row beside it. If its quotes are broken (a
 * quote is not closed, or text follows a closing quote), only its first line is rejected, and reading goes on with the
 * next line. If its quotes are sound, it is rejected as a whole, unless one of its further lines is a log row by
 * itself: then the quote was stray, and again only the first line is rejected. A quote that is not closed within
 * {@value #MAX_RECORD} bytes counts as unclosed, and a longer line is rejected, so memory stays bounded.
 *
 * <p>A line ends with LF, with CR LF, or with a CR alone.
 */
final class RowParser {

    static final int METRICS = 9;
    static final int FIELDS = 3 + METRICS;
    static final int MAX_RECORD = 1 << 20;

    enum Verdict {
        ROW,
        REJECTED,
        /** The buffer ends before the record does. */
        INCOMPLETE
    }

    enum Fault {
        INVALID_UTF8("valid UTF-8"),
        UNCLOSED_QUOTE("a closing quote"),
        TEXT_AFTER_QUOTE("a comma or the end of the line after a closing quote"),
        TOO_LONG("a line of at most " + MAX_RECORD + " bytes"),
        TOO_FEW_FIELDS("at least " + FIELDS + " fields"),
        TIMESTAMP("a date and time as YYYY-MM-DD HH:MM:SS"),
        METRIC("a whole number"),
        METRIC_RANGE("a whole number of at most 64 bits");

        final String expected;

        Fault(String expected) {
            this.expected = expected;
        }
    }

    /** The time of a row in seconds since 1970-01-01 00:00:00, without a zone. */
    long seconds;

    final long[] metrics = new long[METRICS];
    /** The first byte after a row or a rejected record; -1 if the rejected line goes on after the buffer. */
    int end;
    /** What is wrong with a rejected record; the bytes from {@link #faultFrom} to {@link #faultTo} show it. */
    @SuppressWarnings("NullAway.Init")
    Fault fault;

    int faultFrom;
    int faultTo;
    /** The number of fields of the record. */
    int fields;

    private final byte[][] fieldBytes = new byte[FIELDS][];
    private final int[] fieldFrom = new int[FIELDS];
    private final int[] fieldTo = new int[FIELDS];
    /** Where the fields stand in the buffer, quotes and all, for messages. */
    private final int[] rawFrom = new int[FIELDS];

    private final int[] rawTo = new int[FIELDS];
    private byte[] unquoted = new byte[256];
    private int unquotedSize;
    private boolean nonAscii;

    /** The date that was read last; {@link #lastDateDay} is its day. Initially it is day 0. */
    private final byte[] lastDate = "1970-01-01".getBytes(StandardCharsets.US_ASCII);

    private long lastDateDay;

    private @Nullable RowParser inner;
    private @Nullable CharsetDecoder decoder;
    private final CharBuffer decoded = CharBuffer.allocate(1024);

    byte[] bytes(int field) {
        return fieldBytes[field];
    }

    int from(int field) {
        return fieldFrom[field];
    }

    int to(int field) {
        return fieldTo[field];
    }

    /**
     * Judges the record that starts at {@code from}.
     *
     * @param to the end of the bytes in the buffer
     * @param last whether the file ends at {@code to}
     */
    Verdict parse(byte[] b, int from, int to, boolean last) {
        Verdict verdict = judge(b, from, to, last);
        if (verdict != Verdict.REJECTED) {
            return verdict;
        }
        int recordEnd = end;
        int lineEnd = lineEnd(b, from, Math.min(to, from + MAX_RECORD), to, last);
        if (lineEnd == UNDECIDED) {
            return Verdict.INCOMPLETE;
        }
        if (lineEnd < 0) {
            boolean tooLong = to - from > MAX_RECORD;
            end = tooLong ? -1 : to;
            return last || tooLong ? Verdict.REJECTED : Verdict.INCOMPLETE;
        }
        end = lineEnd;
        if (recordEnd < 0) {
            return Verdict.REJECTED;
        }
        if (inner == null) {
            inner = new RowParser();
        }
        for (int line = lineEnd; line >= 0 && line < recordEnd; line = lineEnd(b, line, recordEnd, to, last)) {
            Verdict own = inner.judge(b, line, to, last);
            if (own != Verdict.REJECTED) {
                return own == Verdict.INCOMPLETE ? own : Verdict.REJECTED;
            }
        }
        end = recordEnd;
        return Verdict.REJECTED;
    }

    /** Whether the record that was rejected last is the line of column names with which a file may begin. */
    boolean isHeader() {
        boolean broken = fault == Fault.UNCLOSED_QUOTE || fault == Fault.TEXT_AFTER_QUOTE || fault == Fault.TOO_LONG;
        if (fields == 0 || broken) {
            return false;
        }
        String first = new String(fieldBytes[0], fieldFrom[0], fieldTo[0] - fieldFrom[0], StandardCharsets.ISO_8859_1);
        return first.strip().equalsIgnoreCase("timestamp");
    }

    /** Returned by {@link #lineEnd} if a CR is the last byte in the buffer, and an LF may or may not follow. */
    static final int UNDECIDED = -2;

    /**
     * Finds the first byte after a line whose LF, CR LF or CR begins in {@code [from, limit)}.
     *
     * @param to the end of the bytes in the buffer
     * @param last whether the file ends at {@code to}
     * @return -1 if no line ends there; {@link #UNDECIDED} if more bytes are needed
     */
    static int lineEnd(byte[] b, int from, int limit, int to, boolean last) {
        for (int i = from; i < limit; i++) {
            if (b[i] == '\n') {
                return i + 1;
            }
            if (b[i] == '\r') {
                return i + 1 < to ? b[i + 1] == '\n' ? i + 2 : i + 1 : last ? i + 1 : UNDECIDED;
            }
        }
        return -1;
    }

    /** Judges a record by itself; {@link #end} is -1 if its quotes are broken or it has no end. */
    private Verdict judge(byte[] b, int from, int to, boolean last) {
        Verdict split = split(b, from, to, last);
        if (split != Verdict.ROW) {
            return split;
        }
        if (nonAscii && !isUtf8(b, from, end)) {
            return Verdict.REJECTED;
        }
        if (fields < FIELDS) {
            return fault(Fault.TOO_FEW_FIELDS, from, end);
        }
        if (!parseTimestamp(fieldBytes[0], fieldFrom[0], fieldTo[0])) {
            return fault(Fault.TIMESTAMP, 0);
        }
        for (int metric = 0; metric < METRICS; metric++) {
            Fault wrong = parseMetric(metric, fieldBytes[3 + metric], fieldFrom[3 + metric], fieldTo[3 + metric]);
            if (wrong != null) {
                return fault(wrong, 3 + metric);
            }
        }
        return Verdict.ROW;
    }

    /** Finds the end and the fields of the record; {@link Verdict#ROW} means only that its quotes are sound. */
    private Verdict split(byte[] b, int from, int to, boolean last) {
        int limit = Math.min(to, from + MAX_RECORD);
        boolean whole = last && limit == to;
        Verdict cut = to - from > MAX_RECORD || last ? Verdict.REJECTED : Verdict.INCOMPLETE;
        int pos = from;
        int high = 0;
        fields = 0;
        unquotedSize = 0;
        end = -1;
        while (true) {
            int start = pos;
            int stop;
            boolean escapes = false;
            if (pos < limit && b[pos] == '"') {
                start = ++pos;
                while (true) {
                    if (pos >= limit) {
                        return cut == Verdict.INCOMPLETE ? cut : fault(Fault.UNCLOSED_QUOTE, start - 1, limit);
                    }
                    byte c = b[pos++];
                    high |= c;
                    if (c == '"') {
                        if (pos >= limit && !whole) {
                            return cut == Verdict.INCOMPLETE ? cut : fault(Fault.UNCLOSED_QUOTE, start - 1, limit);
                        }
                        if (pos >= limit || b[pos] != '"') {
                            break;
                        }
                        escapes = true;
                        pos++;
                    }
                }
                stop = pos - 1;
                if (pos < limit && b[pos] != ',' && b[pos] != '\n' && b[pos] != '\r') {
                    return fault(Fault.TEXT_AFTER_QUOTE, pos, Math.min(limit, pos + 1));
                }
            } else {
                while (pos < limit && b[pos] != ',' && b[pos] != '\n' && b[pos] != '\r') {
                    high |= b[pos++];
                }
                if (pos >= limit && !whole) {
                    return cut == Verdict.INCOMPLETE ? cut : fault(Fault.TOO_LONG, from, limit);
                }
                stop = pos;
            }
            if (fields < FIELDS) {
                field(b, start, stop, escapes);
            }
            fields++;
            if (pos < limit && b[pos] == ',') {
                pos++;
                continue;
            }
            int lineEnd = pos < limit ? lineEnd(b, pos, limit, to, last) : limit;
            if (lineEnd == UNDECIDED) {
                return Verdict.INCOMPLETE;
            }
            if (lineEnd - from > MAX_RECORD) {
                return fault(Fault.TOO_LONG, from, limit);
            }
            end = lineEnd;
            nonAscii = high < 0;
            return Verdict.ROW;
        }
    }

    private void field(byte[] b, int start, int stop, boolean escapes) {
        fieldBytes[fields] = b;
        fieldFrom[fields] = start;
        fieldTo[fields] = stop;
        rawFrom[fields] = start;
        rawTo[fields] = stop;
        if (!escapes) {
            return;
        }
        // The array may be replaced for a later field; earlier fields keep the array they were written to.
        if (unquotedSize + stop - start > unquoted.length) {
            unquoted = new byte[2 * (stop - start)];
            unquotedSize = 0;
        }
        fieldBytes[fields] = unquoted;
        fieldFrom[fields] = unquotedSize;
        for (int i = start; i < stop; i++) {
            unquoted[unquotedSize++] = b[i];
            if (b[i] == '"') {
                i++;
            }
        }
        fieldTo[fields] = unquotedSize;
    }

    private Verdict fault(Fault wrong, int field) {
        return fault(wrong, rawFrom[field], rawTo[field]);
    }

    private Verdict fault(Fault wrong, int from, int to) {
        fault = wrong;
        faultFrom = from;
        faultTo = to;
        return Verdict.REJECTED;
    }

    private boolean isUtf8(byte[] b, int from, int to) {
        if (decoder == null) {
            decoder = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT);
        }
        decoder.reset();
        ByteBuffer in = ByteBuffer.wrap(b, from, to - from);
        while (true) {
            decoded.clear();
            CoderResult result = decoder.decode(in, decoded, true);
            if (result.isUnderflow()) {
                return true;
            }
            if (result.isError()) {
                fault(Fault.INVALID_UTF8, in.position(), in.position() + result.length());
                return false;
            }
        }
    }

    /** Sets {@link #seconds} from {@code YYYY-MM-DD HH:MM:SS}; returns false if the text is not a valid time. */
    boolean parseTimestamp(byte[] b, int from, int to) {
        if (to - from != 19 || b[from + 10] != ' ' || b[from + 13] != ':' || b[from + 16] != ':') {
            return false;
        }
        int hour = twoDigits(b, from + 11);
        int minute = twoDigits(b, from + 14);
        int second = twoDigits(b, from + 17);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
            return false;
        }
        if (!Arrays.equals(lastDate, 0, 10, b, from, from + 10)) {
            if (b[from + 4] != '-' || b[from + 7] != '-') {
                return false;
            }
            int century = twoDigits(b, from);
            int year = twoDigits(b, from + 2);
            int month = twoDigits(b, from + 5);
            int day = twoDigits(b, from + 8);
            if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1) {
                return false;
            }
            year += 100 * century;
            boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            if (day > (month == 2 ? leap ? 29 : 28 : 30 + (month + (month >> 3) & 1))) {
                return false;
            }
            lastDateDay = LocalDate.of(year, month, day).toEpochDay();
            System.arraycopy(b, from, lastDate, 0, 10);
        }
        seconds = lastDateDay * 86400 + hour * 3600L + minute * 60L + second;
        return true;
    }

    /** The number that two digits stand for, or -1 if they are not digits. */
    private static int twoDigits(byte[] b, int at) {
        int tens = b[at] - '0';
        int ones = b[at + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : 10 * tens + ones;
    }

    private @Nullable Fault parseMetric(int metric, byte[] b, int from, int to) {
        while (from < to && (b[from] == ' ' || b[from] == '\t')) {
            from++;
        }
        while (from < to && (b[to - 1] == ' ' || b[to - 1] == '\t')) {
            to--;
        }
        boolean negative = from < to && b[from] == '-';
        if (negative || from < to && b[from] == '+') {
            from++;
        }
        if (from == to) {
            return Fault.METRIC;
        }
        // The value is built up as a negative number, because the least long has no positive counterpart.
        long value = 0;
        boolean tooBig = false;
        for (int i = from; i < to; i++) {
            int digit = b[i] - '0';
            if (digit < 0 || digit > 9) {
                return Fault.METRIC;
            }
            tooBig |= value < Long.MIN_VALUE / 10;
            value *= 10;
            tooBig |= value < Long.MIN_VALUE + digit;
            value -= digit;
        }
        tooBig |= !negative && value == Long.MIN_VALUE;
        metrics[metric] = negative ? value : -value;
        return tooBig ? Fault.METRIC_RANGE : null;
    }
}
