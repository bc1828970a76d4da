package downsampling.batch;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Describes groups as rows of a DataFrame. A row has the period, the dimensions, and those values of each metric that
 * the query's measures need. Sums have 38 digits, which is more than any possible number of rows can add up to.
 */
final class GroupSchema implements Serializable {
    private static final long serialVersionUID = 1;

    static final DataType SUM = DataTypes.createDecimalType(38, 0);

    private final Query query;

    GroupSchema(Query query) {
        this.query = query;
    }

    private boolean sums() {
        return query.measures().contains(Measure.SUM) || query.measures().contains(Measure.MEAN);
    }

    /** The columns. */
    StructType type() {
        StructType type = new StructType().add("period", DataTypes.LongType, false);
        if (query.byUser()) {
            type = type.add("user", DataTypes.StringType, false);
        }
        if (query.byApp()) {
            type = type.add("app", DataTypes.StringType, false);
        }
        if (query.wantsCounts()) {
            type = type.add("count", DataTypes.LongType, false);
        }
        for (int metric = 1; metric <= RowParser.METRICS; metric++) {
            if (sums()) {
                type = type.add("sum_" + metric, SUM, false);
            }
            if (query.wantsExtremes()) {
                type = type.add("min_" + metric, DataTypes.LongType, false);
                type = type.add("max_" + metric, DataTypes.LongType, false);
            }
        }
        return type;
    }

    /** The key of a group, which is also the order; Spark compares strings by their UTF-8 bytes, so by code points. */
    Column[] keys() {
        List<Column> keys = new ArrayList<>(List.of(col("period")));
        if (query.byUser()) {
            keys.add(col("user"));
        }
        if (query.byApp()) {
            keys.add(col("app"));
        }
        return keys.toArray(Column[]::new);
    }

    /** Adds up the rows of the same group, so that each group has one row. */
    Dataset<Row> sumUp(Dataset<Row> partial) {
        Column[] keys = keys();
        List<Column> totals = new ArrayList<>();
        String[] names = type().fieldNames();
        for (int i = keys.length; i < names.length; i++) {
            Column values = col(names[i]);
            Column total =
                    names[i].startsWith("min_") ? min(values) : names[i].startsWith("max_") ? max(values) : sum(values);
            totals.add(total.as(names[i]));
        }
        return partial.groupBy(keys)
                .agg(totals.get(0), totals.subList(1, totals.size()).toArray(Column[]::new));
    }

    /** The group as a row of {@link #type}. */
    Row row(ResultRow group) {
        List<Object> values = new ArrayList<>();
        values.add(group.period);
        if (query.byUser()) {
            values.add(new String(group.user, group.userFrom, group.userTo - group.userFrom, StandardCharsets.UTF_8));
        }
        if (query.byApp()) {
            values.add(new String(group.app, group.appFrom, group.appTo - group.appFrom, StandardCharsets.UTF_8));
        }
        if (query.wantsCounts()) {
            values.add(group.count);
        }
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            if (sums()) {
                values.add(
                        group.carry[metric] == 0
                                ? BigDecimal.valueOf(group.low[metric])
                                : new BigDecimal(group.sum(metric)));
            }
            if (query.wantsExtremes()) {
                values.add(group.min[metric]);
                values.add(group.max[metric]);
            }
        }
        return RowFactory.create(values.toArray());
    }

    /** Copies a row of {@link #type} into a group. */
    void load(Row row, ResultRow group) {
        int at = 0;
        group.period = row.getLong(at++);
        if (query.byUser()) {
            group.user = row.getString(at++).getBytes(StandardCharsets.UTF_8);
            group.userTo = group.user.length;
        }
        if (query.byApp()) {
            group.app = row.getString(at++).getBytes(StandardCharsets.UTF_8);
            group.appTo = group.app.length;
        }
        if (query.wantsCounts()) {
            group.count = row.getLong(at++);
        }
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            if (sums()) {
                BigInteger sum = row.getDecimal(at++).unscaledValue();
                group.low[metric] = sum.longValue();
                group.carry[metric] = sum.bitLength() < 64
                        ? 0
                        : sum.subtract(BigInteger.valueOf(sum.longValue()))
                                .shiftRight(64)
                                .longValueExact();
            }
            if (query.wantsExtremes()) {
                group.min[metric] = row.getLong(at++);
                group.max[metric] = row.getLong(at++);
            }
        }
    }
}
