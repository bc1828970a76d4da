package downsampling.processor.window;

import downsampling.processor.settings.ParsedSettings;
import java.util.List;

/** Summaries for tests. */
public final class Summaries {
    private static final SummaryLayout USUAL = layout(List.of("temperature"), "count,min,max,mean");

    private Summaries() {}

    /** @param statistics as the option has them */
    static SummaryLayout layout(List<String> fields, String statistics) {
        return new SummaryLayout(
                fields,
                ParsedSettings.of("--statistics=" + statistics).summaries().statistics());
    }

    /** Count, min, max and mean of a temperature. */
    static SummaryLayout usual() {
        return USUAL;
    }

    /** With the usual statistics of one field. */
    public static Summary of(double... values) {
        Summary summary = USUAL.empty();
        for (double value : values) {
            summary.add(0, new double[] {value});
        }
        return summary;
    }
}
