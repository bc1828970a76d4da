package downsampling.batch;

/**
 * The fast path for results: it writes the groups of one table as CSV if they are plain. They are plain if only sums
 * were asked for, all of them fit into {@link GroupTable#narrow}, and no name needs quotes. Other groups are left to
 * {@link ResultFormatter}, which defines what a row looks like. Not thread-safe.
 */
final class PlainGroupWriter {

    /** Room for the digits, commas and line break of a row, and for the excess of the last eight bytes written. */
    private static final int SUMS = 11 * GroupTable.METRICS + 16;

    private static final int AT_ONCE = 128;

    private final Query query;
    private final boolean csvOfSums;
    private final ByteBuilder time = new ByteBuilder();
    private long period = Long.MIN_VALUE;

    private final long[] periods = new long[AT_ONCE];
    private final int[] userOf = new int[AT_ONCE];
    private final int[] appOf = new int[AT_ONCE];
    private final long[] sums = new long[AT_ONCE * GroupTable.PAIRS];

    PlainGroupWriter(Query query, ResultFormat format) {
        this.query = query;
        csvOfSums = format == ResultFormat.CSV && ResultFormatter.isSumsOnly(query);
    }

    boolean canWrite(GroupTable groups) {
        return csvOfSums && groups.areNarrow() && groups.users.needNoQuotes() && groups.apps.needNoQuotes();
    }

    /**
     * Writes some of the groups.
     *
     * @param order the numbers of the groups
     * @param from where to begin in {@code order}
     * @param enough how many bytes in {@code out} are enough to stop
     * @return where to continue in {@code order}
     */
    int write(GroupTable groups, int[] order, int from, int enough, ByteBuilder out) {
        int next = from;
        while (next < groups.size() && out.length < enough) {
            int count = Math.min(AT_ONCE, groups.size() - next);
            gather(groups, order, next, count);
            for (int i = 0; i < count; i++) {
                write(groups, i, out);
            }
            next += count;
        }
        return next;
    }

    /**
     * Gathers what lies all over the table. Each group costs several cache misses, and this loop is so short that the
     * processor waits for those of many groups at once.
     */
    private void gather(GroupTable groups, int[] order, int from, int count) {
        for (int i = 0; i < count; i++) {
            int group = order[from + i];
            periods[i] = groups.periods[group];
            userOf[i] = groups.userOf[group];
            appOf[i] = groups.appOf[group];
            System.arraycopy(groups.narrow, group * GroupTable.PAIRS, sums, i * GroupTable.PAIRS, GroupTable.PAIRS);
        }
    }

    private void write(GroupTable groups, int i, ByteBuilder out) {
        if (periods[i] != period) {
            period = periods[i];
            time.length = 0;
            time.addTime(period * query.granularity());
        }
        NameTable users = groups.users;
        NameTable apps = groups.apps;
        int user = userOf[i];
        int app = appOf[i];
        int names = (query.byUser() ? users.to(user) - users.from(user) : 0)
                + (query.byApp() ? apps.to(app) - apps.from(app) : 0);
        out.reserve(time.length + names + SUMS);
        byte[] bytes = out.bytes;
        int at = copy(time.bytes, 0, time.length, bytes, out.length);
        if (query.byUser()) {
            bytes[at] = ',';
            at = copy(users.bytes(), users.from(user), users.to(user), bytes, at + 1);
        }
        if (query.byApp()) {
            bytes[at] = ',';
            at = copy(apps.bytes(), apps.from(app), apps.to(app), bytes, at + 1);
        }
        int pair = i * GroupTable.PAIRS;
        for (int last = pair + GroupTable.PAIRS - 1; pair < last; pair++) {
            bytes[at] = ',';
            at = ByteBuilder.put(bytes, at + 1, (int) sums[pair]);
            bytes[at] = ',';
            at = ByteBuilder.put(bytes, at + 1, (int) (sums[pair] >>> 32));
        }
        bytes[at] = ',';
        at = ByteBuilder.put(bytes, at + 1, (int) sums[pair]);
        bytes[at] = '\n';
        out.length = at + 1;
    }

    /** Copies eight bytes at a time, and so up to seven bytes too many; returns where the copy ends. */
    private static int copy(byte[] from, int start, int end, byte[] to, int at) {
        for (int i = 0; i < end - start; i += 8) {
            EightBytes.put(to, at + i, EightBytes.at(from, start + i));
        }
        return at + end - start;
    }
}
