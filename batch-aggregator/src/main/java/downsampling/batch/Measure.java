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

    static Measure of(String label) {
        for (Measure measure : values()) {
            if (measure.label().equals(label)) {
                return measure;
            }
        }
        throw new IllegalArgumentException("'" + label + "', allowed are sum, count, min, max and mean");
    }
}
