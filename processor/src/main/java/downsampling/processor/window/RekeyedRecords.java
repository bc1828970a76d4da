package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.SensorId;
import downsampling.processor.settings.Field;
import downsampling.processor.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Writes the records of the topic in which all readings of a sensor are in one partition.
 *
 * <p>A reading is written anew, {@code {"time":"2025-01-01T12:00:00.123Z","temperature":21.5}}, with the sensor's id as its key;
 * {@link downsampling.processor.settings.ReadingSettings#rewritten} reads it. Headers say where it comes from. A marker has an empty
 * key, which no reading has, goes to all partitions, and says up to when a partition of the input has been read.
 *
 * <p>One per task.
 */
final class RekeyedRecords {
    private static final JsonFactory JSON =
            new JsonFactoryBuilder().rootValueSeparator("").build();

    private static final byte[] MARKER_KEY = {};
    private static final byte[] NOTHING = {};
    private static final String SOURCE_PARTITION = "source.partition";
    private static final String READ_UP_TO = "read.up.to";

    private final List<String> names;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);
    private final JsonGenerator json;

    RekeyedRecords(Settings settings) {
        names = settings.readings().fields().stream().map(Field::name).toList();
        try {
            json = JSON.createGenerator(out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    /**
     * A reading.
     *
     * @param raw       the record that it comes from
     * @param element   its index in the array of that; {@link NotAReadingException#WHOLE} if it has none
     * @param timestamp of the new record
     */
    Record<byte[], byte[]> reading(
            SensorId sensor, int element, Reading reading, ConsumerRecord<byte[], byte[]> raw, long timestamp) {
        Headers headers = source(raw, element);
        return new Record<>(sensor.get(), value(reading), timestamp, headers);
    }

    /** The headers that say where a reading comes from. */
    static Headers source(ConsumerRecord<byte[], byte[]> raw, int element) {
        Headers headers = new RecordHeaders()
                .add("source.topic", HeaderText.of(raw.topic()))
                .add(SOURCE_PARTITION, HeaderText.of(raw.partition()))
                .add("source.offset", HeaderText.of(raw.offset()));
        return element == NotAReadingException.WHOLE ? headers : headers.add("source.element", HeaderText.of(element));
    }

    private byte[] value(Reading reading) {
        out.reset();
        try {
            json.writeStartObject();
            json.writeStringField("time", Instant.ofEpochMilli(reading.time()).toString());
            for (int i = 0; i < names.size(); i++) {
                if (!Double.isNaN(reading.values()[i])) {
                    json.writeFieldName(names.get(i));
                    SummaryJson.write(json, reading.values()[i]);
                }
            }
            json.writeEndObject();
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    /** Says that a partition of the input has been read up to a time, in milliseconds since the epoch. */
    static Record<byte[], byte[]> marker(int partition, long readUpTo, long timestamp) {
        Headers headers = new RecordHeaders()
                .add(SOURCE_PARTITION, HeaderText.of(partition))
                .add(READ_UP_TO, HeaderText.of(readUpTo));
        return new Record<>(MARKER_KEY, NOTHING, timestamp, headers);
    }

    static boolean isMarkerKey(byte[] key) {
        return key.length == 0;
    }

    static boolean isMarker(ConsumerRecord<byte[], byte[]> record) {
        return isMarkerKey(record.key());
    }

    /** The partition of the input that a marker is of. */
    static int source(ConsumerRecord<byte[], byte[]> marker) {
        return (int) number(marker, SOURCE_PARTITION);
    }

    static long readUpTo(ConsumerRecord<byte[], byte[]> marker) {
        return number(marker, READ_UP_TO);
    }

    private static long number(ConsumerRecord<byte[], byte[]> marker, String name) {
        Header header = marker.headers().lastHeader(name);
        return Long.parseLong(new String(header.value(), US_ASCII));
    }
}
