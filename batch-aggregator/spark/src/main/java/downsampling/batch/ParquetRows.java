package downsampling.batch;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The rows of one part of a result in typed columns, as Parquet keeps them. It also counts the groups of the part. */
final class ParquetRows implements Iterator<Row> {

    private final Iterator<Row> rows;
    private final Query query;
    private final IdempotentAccumulator<Long> counts;
    private final GroupSchema schema;
    private final ResultRow group = new ResultRow();
    private long count;

    ParquetRows(Iterator<Row> rows, Query query, IdempotentAccumulator<Long> counts) {
        this.rows = rows;
        this.query = query;
        this.counts = counts;
        schema = new GroupSchema(query);
    }

    /**
     * The columns of the CSV under the same names: a time without a zone, text, and numbers that can hold any result.
     */
    static StructType type(Query query) {
        List<String> names = ResultFormatter.columns(query);
        int keys = names.size() - RowParser.METRICS * query.measures().size();
        StructType type = new StructType();
        for (int i = 0; i < names.size(); i++) {
            DataType column = i == 0
                    ? DataTypes.TimestampNTZType
                    : i < keys
                            ? DataTypes.StringType
                            : switch (query.measures()
                                    .get((i - keys) % query.measures().size())) {
                                case SUM -> GroupSchema.SUM;
                                case COUNT, MIN, MAX -> DataTypes.LongType;
                                case MEAN ->
                                    DataTypes.createDecimalType(
                                            19 + ResultFormatter.MEAN_PLACES, ResultFormatter.MEAN_PLACES);
                            };
            type = type.add(names.get(i), column, false);
        }
        return type;
    }

    @Override
    public boolean hasNext() {
        boolean more = rows.hasNext();
        if (!more) {
            counts.put(TaskContext.getPartitionId(), count);
        }
        return more;
    }

    @Override
    public Row next() {
        count++;
        Row row = rows.next();
        schema.load(row, group);
        List<Object> values = new ArrayList<>();
        values.add(LocalDateTime.ofEpochSecond(group.period * query.granularity(), 0, ZoneOffset.UTC));
        for (int key = 1; key < schema.keys().length; key++) {
            values.add(row.getString(key));
        }
        for (int metric = 0; metric < RowParser.METRICS; metric++) {
            for (Measure measure : query.measures()) {
                values.add(
                        switch (measure) {
                            case SUM -> new BigDecimal(group.sum(metric));
                            case COUNT -> group.count;
                            case MIN -> group.min[metric];
                            case MAX -> group.max[metric];
                            case MEAN -> ResultFormatter.mean(group, metric);
                        });
            }
        }
        return RowFactory.create(values.toArray());
    }
}
