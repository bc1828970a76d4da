package downsampling.processor.window;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.NumberOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes the values of records on {@code agg-temperature}. Reused, since making a generator costs as much as a summary. */
public final class SummaryJson {
    private static final JsonFactory JSON =
            new JsonFactoryBuilder().rootValueSeparator("").build();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);
    private final JsonGenerator json;

    public SummaryJson() {
        try {
            json = JSON.createGenerator(out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    /**
     * {@code {"time":1735732810000,"temperature":{"count":3,"min":1,"max":9,"mean":4.25}}} in UTF-8; whole numbers have no
     * fraction.
     *
     * @param windowEnd exclusive end of the window in epoch milliseconds
     */
    public byte[] write(long windowEnd, Summary summary) {
        out.reset();
        try {
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
            json.flush();
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
