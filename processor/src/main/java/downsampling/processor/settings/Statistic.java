package downsampling.processor.settings;

import downsampling.service.InvalidSettingException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A statistic of the values that a field has in a window.
 *
 * @param name  as it was asked for, and as the summary calls it
 * @param share for a quantile, the share of the values below it in thousandths of a percent, 1 to 99 999; otherwise 0
 */
public record Statistic(String name, Kind kind, int share) {
    /** The whole in the unit of {@link #share}. */
    public static final int WHOLE = 100_000;

    /** What is computed; all but the last are called as in lower case. */
    public enum Kind {
        COUNT,
        SUM,
        MIN,
        MAX,
        MEAN,
        STDDEV,
        FIRST,
        LAST,
        QUANTILE
    }

    private static final Pattern PERCENTILE = Pattern.compile("p\\d{1,2}(\\.\\d{1,3})?");

    /** @throws InvalidSettingException if there is none of that name */
    static Statistic of(String name) {
        if (name.equals("median")) {
            return new Statistic(name, Kind.QUANTILE, WHOLE / 2);
        }
        if (PERCENTILE.matcher(name).matches()) {
            int share = new BigDecimal(name.substring(1)).movePointRight(3).intValueExact();
            if (share > 0) {
                return new Statistic(name, Kind.QUANTILE, share);
            }
        }
        for (Kind kind : Kind.values()) {
            if (kind != Kind.QUANTILE && name.equals(kind.name().toLowerCase(Locale.ROOT))) {
                return new Statistic(name, kind, 0);
            }
        }
        throw new InvalidSettingException(
                "--statistics",
                name,
                "count, sum, min, max, mean, stddev, first, last, median, or p and a percentage from p0.001 to p99.999");
    }
}
