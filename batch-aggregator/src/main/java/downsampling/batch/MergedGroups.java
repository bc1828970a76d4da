package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The groups of several threads, in memory or spilled, as one sequence in the result's order, each group once. */
final class MergedGroups implements Comparator<MergedGroups.Sorted> {

    /** Groups in order, one after the other. */
    interface Sorted {

        /** The group at hand; the same object always. */
        ResultRow row();

        /** Goes to the next group; false when there is none. */
        boolean advance() throws IOException;

        void close() throws IOException;
    }

    /** Groups that are in memory. */
    static final class InMemory implements Sorted {
        final GroupTable groups;
        private final int[] order;
        private final ResultRow row = new ResultRow();
        private int next;

        InMemory(GroupTable groups) {
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
    private final PriorityQueue<Sorted> queue;
    private final Sorted only;
    private final List<Sorted> equal = new ArrayList<>();

    MergedGroups(List<Sorted> parts, Query query) throws IOException {
        this.query = query;
        if (parts.size() == 1) {
            only = parts.get(0);
            queue = null;
            return;
        }
        only = null;
        queue = new PriorityQueue<>(parts.size(), this);
        for (Sorted part : parts) {
            enqueue(part);
        }
    }

    /** The next group, valid until the next call; null when there is none. */
    ResultRow next() throws IOException {
        if (only != null) {
            return only.advance() ? only.row() : null;
        }
        for (Sorted part : equal) {
            enqueue(part);
        }
        equal.clear();
        Sorted first = queue.poll();
        if (first == null) {
            return null;
        }
        equal.add(first);
        while (!queue.isEmpty() && compare(first, queue.peek()) == 0) {
            Sorted same = queue.poll();
            first.row().add(same.row());
            equal.add(same);
        }
        return first.row();
    }

    private void enqueue(Sorted part) throws IOException {
        if (part.advance()) {
            queue.add(part);
        }
    }

    /** Compares the groups at hand. */
    @Override
    public int compare(Sorted one, Sorted other) {
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
