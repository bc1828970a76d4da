package downsampling.batch;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Formats groups as the rows of a result: as CSV (RFC 4180 with LF), as a JSON array with one object on each line, or
 * as the bare cells that a {@link TextTable} is made of.
 */
final class ResultFormatter {

    /** The most decimal places of a mean, which is rounded half to even. */
    static final int MEAN_PLACES = 6;

    /** Stands between the cells of a table, which have no control characters in them. */
    static final char CELL_END = '\u001F';

    private final Query query;
    private final ResultFormat format;
    private final char separator;
    private final boolean sumsOnly;
    private final List<byte[]> jsonNames = new ArrayList<>();

    private final ByteBuilder prefix = new ByteBuilder();
    private long prefixPeriod = Long.MIN_VALUE;

    ResultFormatter(Query query, ResultFormat format) {
        this.query = query;
        this.format = format;
        separator = separator(format);
        sumsOnly = isSumsOnly(query);
        if (format == ResultFormat.JSON) {
            for (String column : columns(query)) {
                jsonNames.add((",\"" + column + "\":").getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    static boolean isSumsOnly(Query query) {
        return query.measures().equals(List.of(Measure.SUM));
    }

    static List<String> columns(Query query) {
        List<String> columns = new ArrayList<>();
        columns.add("timestamp");
        if (query.byUser()) {
            columns.add("user");
        }
        if (query.byApp()) {
            columns.add("app");
        }
        for (int metric = 1; metric <= RowParser.METRICS; metric++) {
            if (isSumsOnly(query)) {
                columns.add("metric_" + metric);
            } else {
                for (Measure measure : query.measures()) {
                    columns.add("metric_" + metric + "_" + measure.label());
                }
            }
        }
        return columns;
    }

    private static char separator(ResultFormat format) {
        return format == ResultFormat.TABLE ? CELL_END : ',';
    }

    static String head(Query query, ResultFormat format) {
        return format == ResultFormat.JSON
                ? "["
                : String.join(String.valueOf(separator(format)), columns(query)) + "\n";
    }

    static String foot(ResultFormat format) {
        return format == ResultFormat.JSON ? "\n]\n" : "";
    }

    /** Writes a row. In JSON each row begins with a comma, and the caller has to leave out the very first one. */
    void write(ResultRow row, ByteBuilder out) {
        if (row.period != prefixPeriod) {
            prefixPeriod = row.period;
            prefix.length = 0;
            if (format == ResultFormat.JSON) {
                prefix.add(",\n{\"timestamp\":\"")
                        .addTime(row.period * query.granularity())
                        .add('"');
            } else {
                prefix.addTime(row.period * query.granularity());
            }
        }
        out.add(prefix.bytes, 0, prefix.length);
        int column = 1;
        if (query.byUser()) {
            name(out, column++, row.user, row.userFrom, row.userTo);
        }
        if (query.byApp()) {
            name(out, column++, row.app, row.appFrom, row.appTo);
        }
        if (sumsOnly && format == ResultFormat.CSV) {
            sums(row, out);
            return;
        }
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            for (Measure measure : query.measures()) {
                if (format == ResultFormat.JSON) {
                    byte[] name = jsonNames.get(column++);
                    out.add(name, 0, name.length);
                } else {
                    out.add(separator);
                }
                switch (measure) {
                    case SUM -> sum(row, metric, out);
                    case COUNT -> out.add(row.count);
                    case MIN -> out.add(row.min[metric]);
                    case MAX -> out.add(row.max[metric]);
                    case MEAN -> out.add(mean(row, metric).stripTrailingZeros().toPlainString());
                }
            }
        }
        if (format == ResultFormat.JSON) {
            out.add('}');
        } else {
            out.add('\n');
        }
    }

    /** Writes the rest of a row that has only sums in one pass, as nearly all rows are of this kind. */
    private static void sums(ResultRow row, ByteBuilder out) {
        out.reserve(RowParser.METRICS * 48);
        byte[] bytes = out.bytes;
        int at = out.length;
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            bytes[at++] = ',';
            if (row.carry[metric] == 0) {
                at = ByteBuilder.put(bytes, at, row.low[metric]);
            } else {
                out.length = at;
                at = out.add(row.sum(metric).toString()).length;
            }
        }
        bytes[at++] = '\n';
        out.length = at;
    }

    private static void sum(ResultRow row, int metric, ByteBuilder out) {
        if (row.carry[metric] == 0) {
            out.add(row.low[metric]);
        } else {
            out.add(row.sum(metric).toString());
        }
    }

    /** The mean of a metric, with {@link #MEAN_PLACES} decimal places. */
    static BigDecimal mean(ResultRow row, int metric) {
        return new BigDecimal(row.sum(metric))
                .divide(BigDecimal.valueOf(row.count), MEAN_PLACES, RoundingMode.HALF_EVEN);
    }

    private void name(ByteBuilder out, int column, byte[] name, int from, int to) {
        if (format == ResultFormat.JSON) {
            byte[] key = jsonNames.get(column);
            out.add(key, 0, key.length).addJson(name, from, to);
            return;
        }
        out.add(separator);
        if (format == ResultFormat.TABLE) {
            out.reserve(to - from);
            for (int i = from; i < to; i++) {
                out.bytes[out.length++] = name[i] >= 0 && name[i] < ' ' ? (byte) ' ' : name[i];
            }
            return;
        }
        boolean quote = false;
        for (int i = from; i < to; i++) {
            byte c = name[i];
            quote |= c == '"' || c == ',' || c == '\n' || c == '\r';
        }
        if (!quote) {
            out.add(name, from, to);
            return;
        }
        out.add('"');
        for (int i = from; i < to; i++) {
            if (name[i] == '"') {
                out.add('"');
            }
            out.add(name, i, i + 1);
        }
        out.add('"');
    }
}
