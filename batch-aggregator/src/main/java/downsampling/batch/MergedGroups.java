package downsampling.batch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Merges groups from several sources, in memory or spilled, into one sequence in the order of the result. A group that
 * comes from several sources is added up and appears once.
 */
final class MergedGroups implements Comparator<MergedGroups.Source> {

    /** A source of groups, which come in the order of the result. */
    interface Source {

        /** The current group; always the same object. */
        ResultRow row();

        /** Moves to the next group; returns false if there is none. */
        boolean advance() throws IOException;

        void close() throws IOException;
    }

    /** The groups of a table. */
    static final class InMemory implements Source {
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
    private final PriorityQueue<Source> queue;
    private final @Nullable Source only;
    private final List<Source> equal = new ArrayList<>();

    MergedGroups(List<Source> parts, Query query) throws IOException {
        this.query = query;
        if (parts.size() == 1) {
            only = parts.get(0);
            queue = new PriorityQueue<>(this);
            return;
        }
        only = null;
        queue = new PriorityQueue<>(parts.size(), this);
        for (Source part : parts) {
            enqueue(part);
        }
    }

    /** The next group, which is valid until the next call; null if there is none. */
    @Nullable
    ResultRow next() throws IOException {
        if (only != null) {
            return only.advance() ? only.row() : null;
        }
        for (Source part : equal) {
            enqueue(part);
        }
        equal.clear();
        Source first = queue.poll();
        if (first == null) {
            return null;
        }
        equal.add(first);
        while (!queue.isEmpty() && compare(first, queue.peek()) == 0) {
            Source same = queue.poll();
            first.row().add(same.row());
            equal.add(same);
        }
        return first.row();
    }

    private void enqueue(Source part) throws IOException {
        if (part.advance()) {
            queue.add(part);
        }
    }

    /** Compares the current groups of two sources. */
    @Override
    public int compare(Source one, Source other) {
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
