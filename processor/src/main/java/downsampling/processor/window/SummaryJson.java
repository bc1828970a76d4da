package downsampling.processor.window;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.NumberOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The value of a record on {@code agg-temperature}. */
public final class SummaryJson {
    private static final JsonFactory JSON = new JsonFactory();

    private SummaryJson() {}

    /**
     * {@code {"time":1735732810000,"temperature":{"count":3,"min":1,"max":9,"mean":4.25}}} in UTF-8; whole numbers have no
     * fraction.
     *
     * @param windowEnd exclusive end of the window in epoch milliseconds
     */
    public static byte[] write(long windowEnd, Summary summary) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeNumberField("time", windowEnd);
            json.writeObjectFieldStart("temperature");
            json.writeNumberField("count", summary.count());
            json.writeFieldName("min");
            write(json, summary.min());
            json.writeFieldName("max");
            write(json, summary.max());
            json.writeFieldName("mean");
            write(json, summary.mean());
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, double value) throws IOException {
        if (value == (long) value) {
            json.writeNumber((long) value);
        } else {
            json.writeNumber(NumberOutput.toString(value, true).replace(".0E", "E")); // shortest, on every JDK
        }
    }
}
