package downsampling.processor.window;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/** The records that say that a sensor is silent, or back. */
final class SensorStatus {
    private static final JsonFactory JSON = new JsonFactory();

    private SensorStatus() {}

    /**
     * {@code {"sensor":"a","status":"silent","since":1735732810000}}.
     *
     * @param since when the last reading arrived, in epoch milliseconds
     * @param timestamp of the record
     */
    static Record<byte[], byte[]> silent(byte[] sensor, long since, long timestamp, int partition) {
        return record(sensor, "silent", "since", since, timestamp, partition);
    }

    /**
     * {@code {"sensor":"a","status":"back","after":720000}}.
     *
     * @param after for how many milliseconds no reading had arrived
     */
    static Record<byte[], byte[]> back(byte[] sensor, long after, long timestamp, int partition) {
        return record(sensor, "back", "after", after, timestamp, partition);
    }

    private static Record<byte[], byte[]> record(
            byte[] sensor, String status, String name, long number, long timestamp, int partition) {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(value)) {
            json.writeStartObject();
            json.writeStringField("sensor", new String(sensor, StandardCharsets.UTF_8));
            json.writeStringField("status", status);
            json.writeNumberField(name, number);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return new Record<>(
                sensor,
                value.toByteArray(),
                timestamp,
                new RecordHeaders().add("source.partition", HeaderText.of(partition)));
    }
}
