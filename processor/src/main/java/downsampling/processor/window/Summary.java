package downsampling.processor.window;

import downsampling.processor.window.SummaryLayout.Part;

/**
 * What a window says of one sensor's readings, of each field: see {@link SummaryLayout} and {@link FieldSummary}.
 *
 * <p>Not safe for use by several threads while it grows.
 */
public final class Summary extends FieldSummary {
    private static final FieldSummary[] ITSELF = {};

    private final SummaryLayout layout;
    /**
     * A summary of one field is that of the field itself, so that the usual window has one object and not three. Otherwise its own
     * count is that of the readings, whichever fields they have.
     */
    private final FieldSummary[] fields;

    /** Of no readings. */
    Summary(SummaryLayout layout) {
        super(layout.fields().size() == 1 ? layout.further() : null);
        this.layout = layout;
        int number = layout.fields().size();
        fields = number == 1 ? ITSELF : new FieldSummary[number];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = new FieldSummary(layout.further());
        }
    }

    /**
     * Adds a reading that came after all those before.
     *
     * @param time   event time in epoch milliseconds
     * @param values of the fields, finite; NaN for those that the reading does not have, which are not all of them
     */
    public void add(long time, double[] values) {
        if (fields.length == 0) {
            add(time, values[0]);
            return;
        }
        count++;
        for (int i = 0; i < fields.length; i++) {
            if (!Double.isNaN(values[i])) {
                fields[i].add(time, values[i]);
            }
        }
    }

    /**
     * Adds the readings of another summary with the same layout, which is not changed. In whatever order summaries are merged, the
     * result is the same; but of readings with the same time, those of the other one count as the later ones.
     */
    void merge(Summary other) {
        if (fields.length == 0) {
            super.merge(other);
            return;
        }
        count += other.count;
        for (int i = 0; i < fields.length; i++) {
            fields[i].merge(other.fields[i]);
        }
    }

    /** The same, which does not grow with this one. */
    Summary copy() {
        return layout.read(layout.write(this));
    }

    SummaryLayout layout() {
        return layout;
    }

    /** How many readings there are, whichever fields they have. */
    public long readings() {
        return (long) count; // 0 if it is not known
    }

    FieldSummary field(int index) {
        return fields.length == 0 ? this : fields[index];
    }

    /** Whether something is not known because it was not asked for when the window was begun. */
    boolean isIncomplete() {
        for (int i = 0; i < layout.fields().size(); i++) {
            FieldSummary field = field(i);
            if (Double.isNaN(field.count)) {
                return true;
            }
            for (Part part : layout.parts()) {
                if (field.count > 0 && !field.knows(part)) {
                    return true;
                }
            }
        }
        return false;
    }
}
