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
 * A closed window of a sensor, and what its summary says of one field. All times are milliseconds since the epoch.
 *
 * @param start inclusive
 * @param end exclusive
 * @param readings how many there are in it; 0 if the summary does not say it
 * @param statistics names, in the order of the summary
 * @param values of the statistics; NaN for what is null
 * @param visible when this program read it
 * @param live whether it came while this program was reading; false for what was on the topic before
 */
record Summary(
        Sensor sensor,
        long start,
        long end,
        long readings,
        List<String> statistics,
        double[] values,
        long visible,
        boolean live) {
    /** Statistics of a summary that are shown. */
    static final int MOST_STATISTICS = 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A summary without its sensor, and the field that it is of. */
    record Window(String field, long start, long end, long readings, List<String> statistics, double[] values) {}

    /** How long after the window's end this program read its summary, in milliseconds. */
    long delay() {
        return visible - end;
    }

    /** By name, in the order of the summary; null for what is null. */
    Map<String, @Nullable Double> byName() {
        Map<String, @Nullable Double> byName = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            byName.put(statistics.get(i), Double.isNaN(values[i]) ? null : (Double) values[i]);
        }
        return byName;
    }

    /**
     * Reads a record of the summary topic; returns null for one that is no summary, or says nothing of the field.
     *
     * @param field null for the first one
     */
    static @Nullable Window parse(ConsumerRecord<byte[], byte[]> record, @Nullable String field) {
        if (record.value() == null) {
            return null;
        }
        try {
            JsonNode json = JSON.readTree(record.value());
            for (Map.Entry<String, JsonNode> member : json.properties()) {
                if (field == null
                        ? member.getValue().isObject()
                        : member.getKey().equals(field)) {
                    return parse(record, json.path("time").longValue(), member.getKey(), member.getValue());
                }
            }
            return null;
        } catch (IOException e) {
            return null;
        }
    }

    private static @Nullable Window parse(
            ConsumerRecord<byte[], byte[]> record, long end, String field, JsonNode statistics) {
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
                names.add(RecordText.shorten(statistic.getKey().getBytes(UTF_8)));
            }
        }
        Long start = RecordText.number(record.headers(), "window.start");
        Long readings = RecordText.number(record.headers(), "window.readings");
        Window window = new Window(
                field,
                start != null ? start : record.timestamp(),
                end,
                readings != null ? readings : statistics.path("count").longValue(),
                List.copyOf(names),
                values);
        return window.start < window.end && !names.isEmpty() ? window : null;
    }
}
