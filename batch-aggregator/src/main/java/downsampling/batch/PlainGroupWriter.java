package downsampling.batch;

/**
 * The fast way out: writes the groups of one table as CSV when they are plain, which is when nothing but sums is asked
 * for, none of them was too wide for {@link Groups#narrow}, and no name needs quotes. All others are left to
 * {@link ResultFormat}, which says what a row is to look like. Not thread-safe.
 */
final class PlainGroupWriter {

    /** Digits, commas and the line break, and what the last word written may be longer. */
    private static final int SUMS = 11 * Groups.METRICS + 16;

    private final Query query;
    private final boolean csvOfSums;
    private final Text time = new Text();
    private long period = Long.MIN_VALUE;

    PlainGroupWriter(Query query, boolean json) {
        this.query = query;
        csvOfSums = !json && ResultFormat.isSumsOnly(query);
    }

    boolean canWrite(Groups groups) {
        return csvOfSums && groups.areNarrow() && groups.users.areBare() && groups.apps.areBare();
    }

    /**
     * Writes some of the groups.
     *
     * @param order the groups' numbers
     * @param from where to begin in {@code order}
     * @param enough bytes in {@code out} after which to stop
     * @return where to go on
     */
    int write(Groups groups, int[] order, int from, int enough, Text out) {
        int next = from;
        while (next < groups.size() && out.length < enough) {
            int group = order[next++];
            if (groups.periods[group] != period) {
                period = groups.periods[group];
                time.length = 0;
                time.addTime(period * query.granularity());
            }
            write(groups, group, out);
        }
        return next;
    }

    private void write(Groups groups, int group, Text out) {
        Names users = groups.users;
        Names apps = groups.apps;
        int user = groups.userOf[group];
        int app = groups.appOf[group];
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
        int pair = group * Groups.PAIRS;
        for (int last = pair + Groups.PAIRS - 1; pair < last; pair++) {
            long sums = groups.narrow[pair];
            bytes[at] = ',';
            at = Text.put(bytes, at + 1, (int) sums);
            bytes[at] = ',';
            at = Text.put(bytes, at + 1, (int) (sums >>> 32));
        }
        bytes[at] = ',';
        at = Text.put(bytes, at + 1, (int) groups.narrow[pair]);
        bytes[at] = '\n';
        out.length = at + 1;
    }

    /** Copies eight bytes at a time, and so up to seven too many; returns where it ended. */
    private static int copy(byte[] from, int start, int end, byte[] to, int at) {
        for (int i = 0; i < end - start; i += 8) {
            Words.put(to, at + i, Words.at(from, start + i));
        }
        return at + end - start;
    }
}
