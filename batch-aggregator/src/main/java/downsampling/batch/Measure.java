package downsampling.batch;

import java.util.Locale;

/** What a result says of each metric in a group. */
enum Measure {
    SUM,
    COUNT,
    MIN,
    MAX,
    MEAN;

    /** As users write it and as column names end. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The measure users write so; null when there is none. */
    static Measure of(String label) {
        for (Measure measure : values()) {
            if (measure.label().equals(label)) {
                return measure;
            }
        }
        return null;
    }
}
