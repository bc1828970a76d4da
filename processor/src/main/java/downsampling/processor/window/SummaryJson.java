package downsampling.processor.window;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.NumberOutput;
import downsampling.processor.settings.Statistic;
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
     * {@code {"time":1735732810000,"temperature":{"count":3,"min":1,"max":9,"mean":4.25}}} in UTF-8, without the fields that
     * have no values; whole numbers have no fraction, and what is not known or not defined is null.
     *
     * @param windowEnd exclusive end of the window in epoch milliseconds
     */
    public byte[] write(long windowEnd, Summary summary) {
        out.reset();
        try {
            json.writeStartObject();
            json.writeNumberField("time", windowEnd);
            SummaryLayout layout = summary.layout();
            for (int field = 0; field < layout.fields().size(); field++) {
                FieldSummary said = summary.field(field);
                if (said.count != 0) {
                    json.writeObjectFieldStart(layout.fields().get(field));
                    for (Statistic statistic : layout.statistics()) {
                        json.writeFieldName(statistic.name());
                        write(json, said, statistic);
                    }
                    json.writeEndObject();
                }
            }
            json.writeEndObject();
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator json, FieldSummary field, Statistic statistic) throws IOException {
        double value = field.get(statistic);
        if (Double.isNaN(value)) {
            json.writeNull();
        } else if (Double.isInfinite(value)) {
            json.writeNumber(field.largeSum()); // JSON has no largest number
        } else {
            write(json, value);
        }
    }

    /** @param value finite */
    static void write(JsonGenerator json, double value) throws IOException {
        if (value == (long) value) {
            json.writeNumber((long) value);
        } else {
            json.writeNumber(NumberOutput.toString(value, true).replace(".0E", "E")); // shortest, on every JDK
        }
    }
}
