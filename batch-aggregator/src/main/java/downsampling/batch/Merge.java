package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The groups of several threads, in memory or spilled, as one sequence in the result's order, each group once. */
final class Merge implements Comparator<Merge.Run> {

    /** Groups in order, one after the other. */
    interface Run {

        /** The group at hand; the same object always. */
        ResultRow row();

        /** Goes to the next group; false when there is none. */
        boolean advance() throws IOException;

        void close() throws IOException;
    }

    /** Groups that are in memory. */
    static final class GroupsRun implements Run {
        final Groups groups;
        private final int[] order;
        private final ResultRow row = new ResultRow();
        private int next;

        GroupsRun(Groups groups) {
            this.groups = groups;
            order = groups.order();
        }

        @Override
        public ResultRow row() {
            return row;
        }

        @Override
        public boolean advance() {
            if (next == groups.size()) {
                return false;
            }
            groups.load(order[next++], row);
            return true;
        }

        @Override
        public void close() {}
    }

    private final Query query;
    private final PriorityQueue<Run> queue;
    private final Run only;
    private final List<Run> equal = new ArrayList<>();

    Merge(List<Run> runs, Query query) throws IOException {
        this.query = query;
        if (runs.size() == 1) {
            only = runs.get(0);
            queue = null;
            return;
        }
        only = null;
        queue = new PriorityQueue<>(runs.size(), this);
        for (Run run : runs) {
            enqueue(run);
        }
    }

    /** The next group, valid until the next call; null when there is none. */
    ResultRow next() throws IOException {
        if (only != null) {
            return only.advance() ? only.row() : null;
        }
        for (Run run : equal) {
            enqueue(run);
        }
        equal.clear();
        Run first = queue.poll();
        if (first == null) {
            return null;
        }
        equal.add(first);
        while (!queue.isEmpty() && compare(first, queue.peek()) == 0) {
            Run same = queue.poll();
            first.row().add(same.row());
            equal.add(same);
        }
        return first.row();
    }

    private void enqueue(Run run) throws IOException {
        if (run.advance()) {
            queue.add(run);
        }
    }

    /** Compares the groups at hand. */
    @Override
    public int compare(Run one, Run other) {
        ResultRow a = one.row();
        ResultRow b = other.row();
        int order = Long.compare(a.period, b.period);
        if (order == 0 && query.byUser()) {
            order = Arrays.compareUnsigned(a.user, a.userFrom, a.userTo, b.user, b.userFrom, b.userTo);
        }
        if (order == 0 && query.byApp()) {
            order = Arrays.compareUnsigned(a.app, a.appFrom, a.appTo, b.app, b.appFrom, b.appTo);
        }
        return order;
    }
}
