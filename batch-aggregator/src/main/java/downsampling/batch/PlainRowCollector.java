package downsampling.batch;

import java.io.IOException;
import java.util.Arrays;

/**
 * The fast path for rows: it consumes the rows that it can prove to be plain, and leaves all others to
 * {@link RowParser}. A row is plain if its date is that of its file, its user and app are not quoted, and it has nine
 * metrics of one to seven digits, of which the last ends the line. A plain row takes about 40 ns. The tests hold this
 * class against a slow and obvious version.
 *
 * <p>Why it is fast:
 *
 * <ul>
 *   <li>It handles eight bytes at a time ({@link EightBytes}). The date takes two comparisons with the date in the
 *       file's name. The time takes one addition, which compares all digits with their own limits at once: it carries
 *       into the highest bit of a byte if the byte is too large.
 *   <li>Files usually come sorted by user, so the user is compared with the last one, eight bytes at a time, and its
 *       number is at hand. If the user is a different one, it is looked up.
 *   <li>Apps come in random order from a small set, so they are found without a branch on their length: the bytes up to
 *       the comma, which arithmetic finds, are the key to a small cache of apps that have been seen before.
 *   <li>Two metrics are decoded per load. The bytes that are not digits are found in all eight bytes at once. Each
 *       field is shifted to the end of its half, which leaves zeros in front. One multiplication then joins digits, and
 *       another one pairs of digits, in both halves. The outcome has the form that {@link GroupTable#narrow} adds up.
 *   <li>What must not stand in a plain row is not looked for byte by byte. It leaves a bit in {@code wrong}, which is
 *       tested once for two metrics.
 *   <li>A row that is filtered out is added like any other row, to a group that nobody reads.
 * </ul>
 */
final class PlainRowCollector extends RowCollector {

    private static final long HIGH = EightBytes.HIGH;
    private static final long LOW7 = 0x7F7F7F7F7F7F7F7FL;
    private static final long ZEROS = '0' * EightBytes.ONES;
    /** {@code 00:00:00} as a {@code long}. */
    private static final long MIDNIGHT = 0x30303A30303A3030L;
    /** Added to the digits of a time, it sets the highest bit of every byte that is above its limit (29:59:59). */
    private static final long TIME_LIMITS = 0x767A7F767A7F767DL;

    private static final int COMMA = ',' ^ '0';
    /** The key of an empty place: it has two commas, and no app's key has more than one. */
    private static final long NO_APP = 0x2C2C;

    /** Eight line feeds, which no unquoted user has. */
    private static final long NEVER = '\n' * EightBytes.ONES;

    private static final int APPS_CACHED = 512;
    private static final int LONGEST_NAME = 1000;
    /** How long a user with its comma may be to fit into two {@code long}s. */
    private static final int LONGEST_AT_HAND = 15;

    private final boolean byUser;
    private final boolean byApp;
    private final boolean wantsUser;
    private final boolean wantsApp;
    private final boolean sumsOnly;
    /** The metrics of a row in the form of narrow sums: the first two, the next two, and so on. */
    private final long[] pairs = new long[GroupTable.PAIRS];

    private final long[] metrics = new long[GroupTable.METRICS];

    // The day of the file: its date as bytes, the seconds of it that were asked for, and its place among the periods.
    private long date0;
    private long date1;
    private int fromSecondOfDay;
    private int toSecondOfDay;
    private boolean onePeriod;
    private long firstPeriod;
    private int secondsBefore;
    private int granularity;

    // The user of the last row with the comma after it: in two longs if it fits into them, otherwise as bytes.
    private long userWord0;
    private long userMask0;
    private long userWord1;
    private long userMask1;
    private int userLength;
    private final byte[] longUser = new byte[LONGEST_NAME + 8];
    private int longUserLength;
    private int user;

    // The last group, which is reused for the same user and period if apps are not among the dimensions.
    private long groupPeriod;
    private int group;

    private final long[] appWord0 = new long[APPS_CACHED];
    private final long[] appWord1 = new long[APPS_CACHED];
    private final int[] appCached = new int[APPS_CACHED];

    private int app;

    PlainRowCollector(Query query, boolean strict, Spill spill, long limit) {
        super(query, strict, spill, limit);
        byUser = query.byUser();
        byApp = query.byApp();
        wantsUser = query.wantsUser();
        wantsApp = query.wantsApp();
        sumsOnly = !query.wantsCounts() && !query.wantsExtremes();
        Arrays.fill(appWord0, NO_APP);
    }

    @Override
    void collectInto(GroupTable groups, long fromSecond, long toSecond) {
        super.collectInto(groups, fromSecond, toSecond);
        forgetUser();
        // Apps that were seen before get their numbers now. If they were looked up in the first rows of a file, a
        // branch would be taken there that has not been taken since the first file, and the compiled code would be
        // discarded.
        byte[] name = new byte[16];
        for (int slot = 0; slot < APPS_CACHED && wantsApp; slot++) {
            if (appWord0[slot] != NO_APP) {
                EightBytes.put(name, 0, appWord0[slot]);
                EightBytes.put(name, 8, appWord1[slot]);
                appCached[slot] = groups.app(name, 0, plainEnd(name, 0));
            }
        }
    }

    @Override
    PlainRowCollector startFile(long day) {
        super.startFile(day);
        long midnight = day * 86400;
        fromSecondOfDay = (int) Math.max(0, Math.min(86400, query.from() - midnight));
        toSecondOfDay = (int) Math.max(0, Math.min(86400, query.to() - midnight));
        firstPeriod = Math.floorDiv(midnight, query.granularity());
        long secondsIntoPeriod = midnight - firstPeriod * query.granularity();
        onePeriod = secondsIntoPeriod + 86399 < query.granularity();
        // At most one period of more than two days ends in this day, so two days are as good and fit into an int.
        granularity = (int) Math.min(query.granularity(), 2 * 86400);
        secondsBefore = (int) Math.max(0, secondsIntoPeriod - (query.granularity() - granularity));
        groupPeriod = Long.MIN_VALUE;
        ByteBuilder date = new ByteBuilder().addTime(midnight);
        date0 = EightBytes.at(date.bytes, 0);
        date1 = EightBytes.at(date.bytes, 8) & 0xFFFFFF;
        return this;
    }

    @Override
    public int plainRows(byte[] b, int from, int stop) throws IOException {
        int at = super.plainRows(b, from, stop);
        while (at < stop) {
            int next = plainRow(b, at);
            if (next < 0) {
                break;
            }
            at = next;
        }
        return at;
    }

    /** Consumes the row that starts here and returns where the next one starts, or -1 if this one is not plain. */
    private int plainRow(byte[] b, int start) {
        long time = EightBytes.at(b, start + 11) ^ MIDNIGHT;
        long timeWrong = (time + TIME_LIMITS | time) & HIGH
                | EightBytes.at(b, start) ^ date0
                | EightBytes.at(b, start + 8) & 0xFFFFFF ^ date1;
        // Every digit is within its limit, so joining them does not carry from one byte into the next.
        long joined = time * 10 + (time >>> 8);
        int hour = (int) joined & 0xFF;
        if (timeWrong != 0 || hour > 23 || b[start + 19] != ',') {
            return -1;
        }
        int at = start + 20;
        if (((EightBytes.at(b, at) ^ userWord0) & userMask0 | (EightBytes.at(b, at + 8) ^ userWord1) & userMask1)
                == 0) {
            at += userLength;
        } else {
            at = lookUpUser(b, at);
            if (at < 0) {
                return -1;
            }
        }
        long word0 = EightBytes.at(b, at);
        long word1 = EightBytes.at(b, at + 8);
        long comma0 = EightBytes.matching(word0, ',');
        long comma1 = EightBytes.matching(word1, ',');
        // The length is eight if there is no comma. The bits up to and including the first comma are those in which the
        // mask differs from the mask minus one.
        int length0 = Long.numberOfTrailingZeros(comma0) >>> 3;
        int length1 = Long.numberOfTrailingZeros(comma1) >>> 3;
        long key0 = word0 & (comma0 ^ comma0 - 1);
        long key1 = word1 & (comma1 ^ comma1 - 1) & -(length0 >>> 3);
        int slot = appSlot(key0, key1);
        if ((appWord0[slot] ^ key0 | appWord1[slot] ^ key1) == 0) {
            app = appCached[slot];
            at += length0 + (length0 >>> 3) * length1 + 1;
        } else {
            at = lookUpApp(b, at);
            if (at < 0) {
                return -1;
            }
        }

        long[] pairs = this.pairs;
        for (int pair = 0; pair < 4; pair++) {
            long digits = EightBytes.at(b, at) ^ ZEROS;
            long others = others(digits);
            int end1 = Long.numberOfTrailingZeros(others);
            int end2 = Long.numberOfTrailingZeros(others & others - 1);
            // Nothing remains if both fields have one to four digits and a comma after each.
            int wrong = (end1 - 15 | end2 - end1 - 16) & ~24
                    | ((int) (digits >>> end1 - 7) ^ COMMA | (int) (digits >>> end2 - 7) ^ COMMA) & 0xFF;
            if (wrong == 0) {
                long value =
                        digits << 71 - end1 >>> 32 | digits >>> end1 + 1 << 72 + end1 - end2 & 0xFFFFFFFF_00000000L;
                value = value * 10 + (value >>> 8) & 0x00FF00FF_00FF00FFL;
                pairs[pair] = value * 100 + (value >>> 16) & 0x0000FFFF_0000FFFFL;
                at += (end2 >>> 3) + 1;
                continue;
            }
            // Otherwise the fields are decoded one after the other, with one to seven digits each.
            int second = at + (end1 >>> 3) + 1;
            long digits2 = EightBytes.at(b, second) ^ ZEROS;
            end2 = Long.numberOfTrailingZeros(others(digits2));
            wrong = (end1 - 15 | end2 - 15) & ~56
                    | ((int) (digits >>> end1 - 7) ^ COMMA | (int) (digits2 >>> end2 - 7) ^ COMMA) & 0xFF;
            if (wrong != 0) {
                return -1;
            }
            pairs[pair] = number(digits, end1) | number(digits2, end2) << 32;
            at = second + (end2 >>> 3) + 1;
        }
        long digits = EightBytes.at(b, at) ^ ZEROS;
        int end = Long.numberOfTrailingZeros(others(digits));
        if ((end - 15 & ~56) != 0) {
            return -1;
        }
        pairs[4] = number(digits, end);
        at += end >>> 3;
        if (b[at] == '\r') {
            at++;
        }
        if (b[at] != '\n') {
            return -1;
        }
        add(group(joined));
        return at + 1;
    }

    private void add(int group) {
        if (sumsOnly) {
            long[] narrow = groups.narrow;
            int sums = group * GroupTable.PAIRS;
            long all = 0;
            for (int pair = 0; pair < GroupTable.PAIRS; pair++) {
                long sum = narrow[sums + pair] + pairs[pair];
                narrow[sums + pair] = sum;
                all |= sum;
            }
            if ((all & GroupTable.SIGN_BITS) != 0) {
                groups.widen(group);
            }
        } else if (group != GroupTable.FILTERED_OUT) {
            for (int metric = 0; metric < GroupTable.METRICS; metric++) {
                metrics[metric] = pairs[metric >> 1] >>> ((metric & 1) << 5) & 0xFFFFFFFFL;
            }
            groups.add(group, metrics);
        }
    }

    /** The highest bit of every byte that is not 0 to 9. */
    private static long others(long digits) {
        return ((digits & LOW7) + 0x7676767676767676L | digits) & HIGH;
    }

    /** The number that up to seven digits before the bit {@code end} stand for; meaningless if there is no digit. */
    private static long number(long digits, int end) {
        long value = digits << 71 - end;
        value = value * 10 + (value >>> 8) & 0x00FF00FF_00FF00FFL;
        value = value * 100 + (value >>> 16) & 0x0000FFFF_0000FFFFL;
        return (value * 10_000 + (value >>> 32)) & 0xFFFFFFFFL;
    }

    /** @param joined the time, with hour, minute and second in the first, fourth and seventh byte */
    @SuppressWarnings("ShortCircuitBoolean") // one branch that is easy to predict instead of two
    private int group(long joined) {
        int second =
                ((int) joined & 0xFF) * 3600 + ((int) (joined >>> 24) & 0xFF) * 60 + ((int) (joined >>> 48) & 0xFF);
        if (second < fromSecondOfDay || second >= toSecondOfDay || (user | app) < 0) {
            filteredOut++;
            return GroupTable.FILTERED_OUT;
        }
        aggregated++;
        long period = onePeriod ? firstPeriod : firstPeriod + (secondsBefore + second) / granularity;
        if (byApp | period != groupPeriod) {
            group = groups.group(period, byUser ? user : 0, byApp ? app : 0);
            groupPeriod = period;
        }
        return group;
    }

    /**
     * Looks up a user that is not the one of the last row.
     *
     * @return where the app starts; -1 if the row is not plain
     */
    private int lookUpUser(byte[] b, int at) {
        if (longUserLength > 0
                && Arrays.equals(longUser, 0, longUserLength, b, at, Math.min(b.length, at + longUserLength))) {
            return at + longUserLength;
        }
        int end = plainEnd(b, at);
        if (end < 0) {
            return -1;
        }
        forgetUser();
        int length = end + 1 - at;
        if (length <= LONGEST_AT_HAND) {
            userLength = length;
            userMask0 = -1L >>> 64 - 8 * Math.min(length, 8);
            userMask1 = (1L << 8 * Math.max(0, length - 8)) - 1;
            userWord0 = EightBytes.at(b, at) & userMask0;
            userWord1 = EightBytes.at(b, at + 8) & userMask1;
        } else {
            longUserLength = length;
            System.arraycopy(b, at, longUser, 0, length);
        }
        user = wantsUser ? groups.user(b, at, end) : 0;
        groupPeriod = Long.MIN_VALUE;
        return end + 1;
    }

    private void forgetUser() {
        longUserLength = 0;
        userLength = 0;
        userWord0 = NEVER;
        userMask0 = -1;
        userMask1 = 0;
    }

    /**
     * Looks up an app that is not in the cache.
     *
     * @return where the metrics start; -1 if the row is not plain
     */
    private int lookUpApp(byte[] b, int at) {
        int end = plainEnd(b, at);
        if (end < 0) {
            return -1;
        }
        app = wantsApp ? groups.app(b, at, end) : 0;
        int length = end + 1 - at;
        if (length <= 16) {
            long key0 = EightBytes.upTo(b, at, end + 1);
            long key1 = length <= 8 ? 0 : EightBytes.upTo(b, at + 8, end + 1);
            int slot = appSlot(key0, key1);
            appWord0[slot] = key0;
            appWord1[slot] = key1;
            appCached[slot] = app;
        }
        return end + 1;
    }

    private static int appSlot(long key0, long key1) {
        return (int) ((key0 + key1 * 31) * 0x9E3779B97F4A7C15L >>> 55);
    }

    /** Finds the comma after a name; -1 if the name is quoted, not ASCII, very long or not followed by a comma. */
    private static int plainEnd(byte[] b, int from) {
        if (b[from] == '"') {
            return -1;
        }
        for (int at = from; at - from <= LONGEST_NAME; at += 8) {
            long word = EightBytes.at(b, at);
            long comma = EightBytes.matching(word, ',');
            long name = comma ^ comma - 1;
            // A byte that is wrongly reported as a line break lies after a real one.
            if ((word & name & HIGH | (EightBytes.matching(word, '\n') | EightBytes.matching(word, '\r')) & name)
                    != 0) {
                return -1;
            }
            if (comma != 0) {
                return at + (Long.numberOfTrailingZeros(comma) >>> 3);
            }
        }
        return -1;
    }
}
