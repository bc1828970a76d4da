package downsampling.batch;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The groups of one thread and their sums, in a hash table with open addressing over primitive arrays, without an
 * object per group. A group is a period, a user and an app; a dimension that was not asked for is always 0.
 *
 * <p>Sums are kept in two parts. Two <em>narrow</em> sums of 32 bits each share a {@code long}. They take the metrics
 * from the fast path, which are not negative and have at most seven digits, with half the memory and half the
 * additions. A narrow sum that has reached 2^31 is added to the <em>wide</em> sum, which has 64 bits and a carry for
 * more. Wide sums are allocated only when they are needed.
 */
final class GroupTable {

    static final int METRICS = RowParser.METRICS;
    /** Longs per group for the narrow sums: metrics 1 and 2, 3 and 4, 5 and 6, 7 and 8, and 9 alone. */
    static final int PAIRS = (METRICS + 1) / 2;
    /** The group of all rows that are filtered out; it exists so that the fast path need not branch. */
    static final int FILTERED_OUT = 0;

    /** The sign bits of both narrow sums. */
    static final long SIGN_BITS = 0x80000000_80000000L;

    /** Stands for an array that has not been needed so far. */
    private static final long[] NONE = {};

    /** How many periods of the newest user are found without hashing; a power of two. */
    private static final int PERIODS = 64;

    /** How many apps of the newest user are found without hashing; a power of two. */
    private static final int APPS = 64;

    final NameTable users = new NameTable();
    final NameTable apps = new NameTable();
    long[] narrow = new long[64 * PAIRS];

    private final boolean counting;
    private final boolean extremes;
    private final boolean userFilter;
    private final boolean appFilter;

    private int size = 1;
    private int newestUser = -1;
    /** The groups of the newest user have this number or a higher one. */
    private int newestFrom = 1;
    /** The newest user's groups by the period's lower bits and the app; numbers below {@link #newestFrom} are stale. */
    private final int[] newest = new int[PERIODS * APPS];

    /** Groups below this number are in {@link #slots}, which is at most half full. */
    private int indexed = 1;

    private int[] slots = new int[128];
    private int shift = 64 - 7;
    long[] periods = new long[64];
    int[] userOf = new int[64];
    int[] appOf = new int[64];
    private long[] wide = NONE;
    private long[] carry = NONE;
    private long[] counts = NONE;
    private long[] min = NONE;
    private long[] max = NONE;

    // Buffers for ordering the groups, kept from day to day.
    private int[] order = new int[0];
    private int[] placed = new int[0];
    private int[] keys = new int[0];

    GroupTable(Query query) {
        counting = query.wantsCounts();
        extremes = query.wantsExtremes();
        userFilter = internAll(query.users(), users);
        appFilter = internAll(query.apps(), apps);
        if (counting) {
            counts = new long[64];
        }
        if (extremes) {
            min = new long[64 * METRICS];
            max = new long[64 * METRICS];
        }
    }

    private static boolean internAll(List<String> names, NameTable into) {
        for (String name : names) {
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            into.intern(utf8, 0, utf8.length);
        }
        return !names.isEmpty();
    }

    /** The number of a user, or -1 if the user was not asked for. */
    int user(byte[] b, int from, int to) {
        return userFilter ? users.find(b, from, to) : users.intern(b, from, to);
    }

    /** The number of an app, or -1 if the app was not asked for. */
    int app(byte[] b, int from, int to) {
        return appFilter ? apps.find(b, from, to) : apps.intern(b, from, to);
    }

    int size() {
        return size - 1;
    }

    void clear() {
        if (indexed > 1) {
            Arrays.fill(slots, 0);
        }
        indexed = 1;
        newestUser = -1;
        newestFrom = 1;
        Arrays.fill(newest, 0);
        Arrays.fill(narrow, 0, size * PAIRS, 0);
        if (wide != NONE) {
            Arrays.fill(wide, 0, size * METRICS, 0);
            Arrays.fill(carry, 0, size * METRICS, 0);
        }
        if (counting) {
            Arrays.fill(counts, 0, size, 0);
        }
        size = 1;
        if (!userFilter) {
            users.clear();
        }
        if (!appFilter) {
            apps.clear();
        }
    }

    /**
     * The number of a group, which is added if it is new. As long as every user is either the newest one or new, groups
     * are found without the hash table; they are put into it only when those of an earlier user are looked for.
     */
    int group(long period, int user, int app) {
        if (user > newestUser) {
            newestUser = user;
            newestFrom = size;
        }
        if (user == newestUser && app < APPS) {
            int place = ((int) period & PERIODS - 1) * APPS + app;
            int group = newest[place];
            if (group < newestFrom) {
                group = add(period, user, app);
                newest[place] = group;
                return group;
            }
            if (periods[group] == period) {
                return group;
            }
        }
        return find(period, user, app);
    }

    private int find(long period, int user, int app) {
        while (indexed < size) {
            index();
        }
        int mask = slots.length - 1;
        int slot = slot(period, user, app);
        while (true) {
            int group = slots[slot];
            if (group == 0) {
                return add(period, user, app);
            }
            if (userOf[group] == user && periods[group] == period && appOf[group] == app) {
                return group;
            }
            slot = slot + 1 & mask;
        }
    }

    private void index() {
        if (size * 2 > slots.length) {
            slots = new int[Integer.highestOneBit(size) * 4];
            shift = 64 - Integer.numberOfTrailingZeros(slots.length);
            indexed = 1;
        }
        int mask = slots.length - 1;
        int slot = slot(periods[indexed], userOf[indexed], appOf[indexed]);
        while (slots[slot] != 0) {
            slot = slot + 1 & mask;
        }
        slots[slot] = indexed++;
    }

    private int slot(long period, int user, int app) {
        long key = (period * 0x9E3779B97F4A7C15L + user) * 0xC2B2AE3D27D4EB4FL + app;
        return (int) (key * 0x9E3779B97F4A7C15L >>> shift);
    }

    private int add(long period, int user, int app) {
        if (size == periods.length) {
            grow();
        }
        int group = size++;
        periods[group] = period;
        userOf[group] = user;
        appOf[group] = app;
        if (extremes) {
            Arrays.fill(min, group * METRICS, (group + 1) * METRICS, Long.MAX_VALUE);
            Arrays.fill(max, group * METRICS, (group + 1) * METRICS, Long.MIN_VALUE);
        }
        return group;
    }

    private void grow() {
        int capacity = Math.addExact(size, size >> 1);
        periods = Arrays.copyOf(periods, capacity);
        userOf = Arrays.copyOf(userOf, capacity);
        appOf = Arrays.copyOf(appOf, capacity);
        narrow = Arrays.copyOf(narrow, Math.multiplyExact(capacity, PAIRS));
        if (wide != NONE) {
            wide = Arrays.copyOf(wide, Math.multiplyExact(capacity, METRICS));
            carry = Arrays.copyOf(carry, capacity * METRICS);
        }
        if (counting) {
            counts = Arrays.copyOf(counts, capacity);
        }
        if (extremes) {
            min = Arrays.copyOf(min, Math.multiplyExact(capacity, METRICS));
            max = Arrays.copyOf(max, capacity * METRICS);
        }
    }

    /** Adds the metrics of a row to a group, whatever their size. */
    void add(int group, long[] metrics) {
        if (wide == NONE) {
            allocateWide();
        }
        int at = group * METRICS;
        for (int metric = 0; metric < METRICS; metric++) {
            addWide(at + metric, metrics[metric]);
        }
        if (counting) {
            counts[group]++;
        }
        if (extremes) {
            for (int metric = 0; metric < METRICS; metric++) {
                min[at + metric] = Math.min(min[at + metric], metrics[metric]);
                max[at + metric] = Math.max(max[at + metric], metrics[metric]);
            }
        }
    }

    /** Moves the narrow sums of a group into the wide ones. */
    void widen(int group) {
        if (wide == NONE && group != FILTERED_OUT) {
            allocateWide();
        }
        for (int metric = 0; metric < METRICS && group != FILTERED_OUT; metric++) {
            addWide(group * METRICS + metric, narrowSum(group, metric));
        }
        Arrays.fill(narrow, group * PAIRS, (group + 1) * PAIRS, 0);
    }

    /** Whether all sums fit into the narrow ones so far. */
    boolean areNarrow() {
        return wide == NONE;
    }

    private long narrowSum(int group, int metric) {
        return narrow[group * PAIRS + (metric >> 1)] >>> ((metric & 1) << 5) & 0xFFFFFFFFL;
    }

    private void allocateWide() {
        wide = new long[Math.multiplyExact(periods.length, METRICS)];
        carry = new long[periods.length * METRICS];
    }

    private void addWide(int at, long value) {
        long sum = wide[at] + value;
        carry[at] += ResultRow.carryOf(wide[at], value, sum);
        wide[at] = sum;
    }

    /** Bytes of memory in use, which decide when the groups are spilled. */
    long memoryInUse() {
        long each = 8L
                + 4
                + 4
                + 8
                + 8 * PAIRS
                + (wide == NONE ? 0 : 16 * METRICS)
                + (counting ? 8 : 0)
                + (extremes ? 16 * METRICS : 0);
        return each * size + (userFilter ? 0 : users.memoryInUse()) + (appFilter ? 0 : apps.memoryInUse());
    }

    /**
     * The numbers of all groups in the order of period, user and app, names in code point order. They are the first
     * {@link #size} elements of the array, which is valid until the next call. Only names are compared; groups are then
     * placed by the ranks of their names.
     */
    int[] order() {
        if (order.length < size) {
            order = new int[periods.length];
        }
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (int group = 1; group < size; group++) {
            first = Math.min(first, periods[group]);
            last = Math.max(last, periods[group]);
        }
        long names = (long) Math.max(1, users.size()) * Math.max(1, apps.size());
        long most = 4L * size;
        if (size > 1 && last - first < most && names <= most && (last - first + 1) * names <= most) {
            placeByWholeKey(first, (int) ((last - first + 1) * names));
        } else {
            placeByParts(first, last);
        }
        return order;
    }

    /**
     * Puts every group at the place of its key among all possible keys, and then leaves out the empty places.
     *
     * @param places how many keys are possible
     */
    private void placeByWholeKey(long firstPeriod, int places) {
        if (keys.length < places) {
            keys = new int[places + (places >> 1)];
        } else {
            Arrays.fill(keys, 0, places, 0);
        }
        int[] userRanks = users.ranks();
        int[] appRanks = apps.ranks();
        int userCount = Math.max(1, users.size());
        int appCount = Math.max(1, apps.size());
        for (int group = 1; group < size; group++) {
            int period = (int) (periods[group] - firstPeriod);
            int user = userRanks == null ? userOf[group] : userRanks[userOf[group]];
            int app = appRanks == null ? appOf[group] : appRanks[appOf[group]];
            keys[(period * userCount + user) * appCount + app] = group;
        }
        int next = 0;
        for (int place = 0; next < size - 1; place++) {
            order[next] = keys[place];
            next += keys[place] == 0 ? 0 : 1;
        }
    }

    /**
     * Places the groups once for each part of the key, the least significant part first. A part by which they are in
     * order already is skipped, as the user is if the file was sorted by user.
     */
    private void placeByParts(long firstPeriod, long lastPeriod) {
        if (keys.length < size) {
            keys = new int[periods.length];
        }
        if (placed.length < order.length) {
            placed = new int[order.length];
        }
        for (int i = 0; i < size - 1; i++) {
            order[i] = i + 1;
        }
        place(ranks(appOf, apps));
        place(ranks(userOf, users));
        place(periodRanks(firstPeriod, lastPeriod));
    }

    /** Sets the keys of the groups to the ranks of their names, and returns the number of ranks. */
    private int ranks(int[] of, NameTable names) {
        int[] ranks = names.ranks();
        for (int group = 1; group < size; group++) {
            keys[group] = ranks == null ? of[group] : ranks[of[group]];
        }
        return Math.max(1, names.size());
    }

    /** Sets the keys of the groups to the ranks of their periods, and returns the number of ranks. */
    private int periodRanks(long first, long last) {
        if (last - first < 4L * size) {
            for (int group = 1; group < size; group++) {
                keys[group] = (int) (periods[group] - first);
            }
            return size == 1 ? 1 : (int) (last - first) + 1;
        }
        // There are few groups, and they are far apart in time.
        long[] distinct = Arrays.copyOfRange(periods, 1, size);
        Arrays.sort(distinct);
        int count = 0;
        for (long period : distinct) {
            if (count == 0 || distinct[count - 1] != period) {
                distinct[count++] = period;
            }
        }
        for (int group = 1; group < size; group++) {
            keys[group] = Arrays.binarySearch(distinct, 0, count, periods[group]);
        }
        return count;
    }

    /** Sorts the order by the keys of the groups, which are below {@code bound}; the sort is stable. */
    private void place(int bound) {
        boolean inOrder = true;
        for (int i = 1; i < size - 1 && inOrder; i++) {
            inOrder = keys[order[i - 1]] <= keys[order[i]];
        }
        if (inOrder) {
            return;
        }
        int[] places = new int[bound + 1];
        for (int i = 0; i < size - 1; i++) {
            places[keys[order[i]] + 1]++;
        }
        for (int key = 1; key < bound; key++) {
            places[key] += places[key - 1];
        }
        for (int i = 0; i < size - 1; i++) {
            placed[places[keys[order[i]]]++] = order[i];
        }
        int[] swap = order;
        order = placed;
        placed = swap;
    }

    /** Copies a group into a row; the names stay in this table's arrays. */
    void load(int group, ResultRow row) {
        row.period = periods[group];
        if (users.size() > 0) {
            row.user = users.bytes();
            row.userFrom = users.from(userOf[group]);
            row.userTo = users.to(userOf[group]);
        }
        if (apps.size() > 0) {
            row.app = apps.bytes();
            row.appFrom = apps.from(appOf[group]);
            row.appTo = apps.to(appOf[group]);
        }
        for (int metric = 0; metric < METRICS; metric++) {
            long sum = narrowSum(group, metric);
            long more = wide == NONE ? 0 : wide[group * METRICS + metric];
            row.low[metric] = sum + more;
            row.carry[metric] =
                    wide == NONE ? 0 : carry[group * METRICS + metric] + ResultRow.carryOf(sum, more, sum + more);
        }
        row.count = counting ? counts[group] : 0;
        if (extremes) {
            System.arraycopy(min, group * METRICS, row.min, 0, METRICS);
            System.arraycopy(max, group * METRICS, row.max, 0, METRICS);
        }
    }
}
