package downsampling.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Several threads' groups as one sequence in the result's order, each group once. */
final class Merge implements Comparator<Merge.Run> {

    /** One thread's groups in order. */
    static final class Run {
        final Groups groups;
        final int[] order;
        final ResultRow row = new ResultRow();
        int next;

        Run(Groups groups) {
            this.groups = groups;
            order = groups.order();
        }

        boolean advance() {
            if (next == groups.size()) {
                return false;
            }
            groups.load(order[next++], row);
            return true;
        }
    }

    private final Query query;
    private final PriorityQueue<Run> queue;
    private final Run only;
    private final List<Run> equal = new ArrayList<>();

    Merge(List<Groups> all, Query query) {
        this.query = query;
        if (all.size() == 1) {
            only = new Run(all.get(0));
            queue = null;
            return;
        }
        only = null;
        queue = new PriorityQueue<>(all.size(), this);
        for (Groups groups : all) {
            enqueue(new Run(groups));
        }
    }

    /** The next group, valid until the next call; null when there is none. */
    ResultRow next() {
        if (only != null) {
            return only.advance() ? only.row : null;
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
            first.row.add(same.row);
            equal.add(same);
        }
        return first.row;
    }

    private void enqueue(Run run) {
        if (run.advance()) {
            queue.add(run);
        }
    }

    @Override
    public int compare(Run one, Run other) {
        ResultRow a = one.row;
        ResultRow b = other.row;
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
