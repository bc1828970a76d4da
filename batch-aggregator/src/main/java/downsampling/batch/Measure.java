package downsampling.batch;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a result can state about each metric of a group; users call these aggregates. */
enum Measure {
    SUM,
    COUNT,
    MIN,
    MAX,
    MEAN;

    /** The name by which users ask for it, which is also the end of its column names. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The measure that users call by this name; null if there is none. */
    static @Nullable Measure of(String label) {
        for (Measure measure : values()) {
            if (measure.label().equals(label)) {
                return measure;
            }
        }
        return null;
    }
}
