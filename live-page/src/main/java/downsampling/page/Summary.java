package downsampling.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A closed window of a sensor, and what its summary says. All times are milliseconds since the epoch.
 *
 * @param start inclusive
 * @param end exclusive
 * @param readings how many there are in it; 0 if the summary does not say it
 * @param fields in the order of the summary, at least one
 * @param revision how often it has been corrected; 0 for the first summary of its window
 * @param visible when this program read it
 * @param live whether it came while this program was reading; false for what was on the topic before
 */
record Summary(
        Sensor sensor,
        long start,
        long end,
        long readings,
        List<OfField> fields,
        long revision,
        long visible,
        boolean live) {
    /** Statistics of a field that are shown. */
    static final int MOST_STATISTICS = 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * What it says of one field.
     *
     * @param statistics names, in the order of the summary
     * @param values of the statistics; NaN for what is null
     */
    record OfField(String field, List<String> statistics, double[] values) {}

    /** A summary without its sensor. */
    record Window(long start, long end, long readings, List<OfField> fields, long revision) {}

    /** How long after the window's end this program read its summary, in milliseconds. */
    long delay() {
        return visible - end;
    }

    boolean has(String field) {
        return fields.stream().anyMatch(ofField -> ofField.field.equals(field));
    }

    /** Of a field, by name, in the order of the summary; null for what is null. */
    Map<String, @Nullable Double> statistics(String field) {
        Map<String, @Nullable Double> byName = new LinkedHashMap<>();
        for (OfField said : fields) {
            if (said.field.equals(field)) {
                for (int i = 0; i < said.values.length; i++) {
                    byName.put(said.statistics.get(i), Double.isNaN(said.values[i]) ? null : (Double) said.values[i]);
                }
            }
        }
        return byName;
    }

    /** Reads a record of the summary topic; returns null for one that is no summary. */
    static @Nullable Window parse(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return null;
        }
        try {
            JsonNode json = JSON.readTree(record.value());
            List<OfField> fields = new ArrayList<>();
            json.properties().forEach(member -> {
                OfField field = parse(text(member.getKey()), member.getValue());
                if (field != null) {
                    fields.add(field);
                }
            });
            if (fields.isEmpty()) {
                return null;
            }
            Long start = RecordText.number(record.headers(), "window.start");
            Long readings = RecordText.number(record.headers(), "window.readings");
            Long revision = RecordText.number(record.headers(), "revision");
            Window window = new Window(
                    start != null ? start : record.timestamp(),
                    json.path("time").longValue(),
                    readings != null ? readings : count(fields.get(0)),
                    fields,
                    revision != null ? revision : 0);
            return window.start < window.end ? window : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** Null for what is no field. */
    private static @Nullable OfField parse(String field, JsonNode statistics) {
        List<String> names = new ArrayList<>();
        double[] values = new double[Math.min(statistics.size(), MOST_STATISTICS)];
        for (Map.Entry<String, JsonNode> statistic : statistics.properties()) {
            JsonNode value = statistic.getValue();
            if (!value.isNumber() && !value.isNull()) {
                return null;
            }
            if (names.size() < values.length) {
                double number = value.asDouble(Double.NaN);
                values[names.size()] = value.isNull() || Double.isInfinite(number) ? Double.NaN : number;
                names.add(text(statistic.getKey()));
            }
        }
        return names.isEmpty() ? null : new OfField(field, List.copyOf(names), values);
    }

    private static long count(OfField field) {
        int count = field.statistics.indexOf("count");
        return count < 0 ? 0 : (long) field.values[count];
    }

    private static String text(String name) {
        return RecordText.shorten(name.getBytes(UTF_8));
    }
}
