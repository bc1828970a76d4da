package downsampling.processor.window;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import downsampling.processor.reading.Reading;
import downsampling.processor.settings.Field;
import downsampling.processor.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;

/** Writes readings that were rekeyed, whatever their message looked like. */
final class ReadingJson {
    private static final JsonFactory JSON = new JsonFactory();

    private final List<String> fields;

    ReadingJson(Settings settings) {
        fields = settings.readings().fields().stream().map(Field::name).toList();
    }

    /** {@code {"time":"2025-01-01T12:00:00Z","temperature":21.5}} in UTF-8, without the fields that have no value. */
    byte[] write(Reading reading) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("time", Instant.ofEpochMilli(reading.time()).toString());
            for (int i = 0; i < fields.size(); i++) {
                if (!Double.isNaN(reading.values()[i])) {
                    json.writeFieldName(fields.get(i));
                    SummaryJson.write(json, reading.values()[i]);
                }
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }
}
