package downsampling.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A closed window of a sensor. All times are milliseconds since the epoch.
 *
 * @param start inclusive
 * @param end exclusive
 * @param visible when this program read it
 * @param live whether it came while this program was reading; false for what was on the topic before
 */
record Summary(
        Sensor sensor,
        long start,
        long end,
        long count,
        double min,
        double max,
        double mean,
        long visible,
        boolean live) {

    /** A summary without its sensor. */
    record Window(long start, long end, long count, double min, double max, double mean) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    /** How long after the window's end this program read its summary, in milliseconds. */
    long delay() {
        return visible - end;
    }

    /** Reads a record of the summary topic; returns null for one that is no summary. */
    static @Nullable Window parse(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return null;
        }
        try {
            JsonNode json = JSON.readTree(record.value());
            JsonNode temperature = json.path("temperature");
            Long start = RecordText.number(record.headers(), "window.start");
            Window window = new Window(
                    start != null ? start : record.timestamp(),
                    json.path("time").longValue(),
                    temperature.path("count").longValue(),
                    temperature.path("min").asDouble(Double.NaN),
                    temperature.path("max").asDouble(Double.NaN),
                    temperature.path("mean").asDouble(Double.NaN));
            boolean whole = window.start < window.end
                    && window.count > 0
                    && Double.isFinite(window.min)
                    && Double.isFinite(window.max)
                    && Double.isFinite(window.mean);
            return whole ? window : null;
        } catch (IOException e) {
            return null;
        }
    }
}
