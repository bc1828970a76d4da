package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.settings.Field;
import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.settings.ReadingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The tables of {@code docs/mqtt-devices.md}: the options of each device read its message, and say what stands there. */
class MqttDevicesTest {
    private static final Instant ARRIVAL = Instant.parse("2026-11-27T09:00:10.250Z");

    /** Cells of the rows that have so many of them, without backticks and without the head of their table. */
    private static List<List<String>> rows(int cells) throws IOException {
        return Files.readAllLines(Path.of("../docs/mqtt-devices.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| device |"))
                .map(line -> Arrays.stream(line.substring(1).split("\\|"))
                        .map(cell -> cell.replace("`", "").strip())
                        .toList())
                .filter(row -> row.size() == cells)
                .toList();
    }

    static Stream<Arguments> devices() throws IOException {
        Map<String, String> options = rows(3).stream().collect(Collectors.toMap(row -> row.get(0), row -> row.get(2)));
        List<Arguments> devices = new ArrayList<>();
        for (List<String> message : rows(5)) {
            devices.add(Arguments.of(message.get(0), options.remove(message.get(0)), message.get(2), message.get(4)));
        }
        assertThat(options).as("devices without a message").isEmpty();
        assertThat(devices).hasSizeGreaterThan(6);
        return devices.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("devices")
    void shouldReadTheMessageOfADeviceByItsOptions(String device, String options, String payload, String expected) {
        ReadingSettings settings = ParsedSettings.of(options.startsWith("-") ? options.split(" ") : new String[0])
                .readings();
        Reading reading = new Reading(settings.fields().size());

        new ReadingReader(settings).read(sent(payload), ARRIVAL.toEpochMilli(), ARRIVAL.toEpochMilli(), reading);

        List<String> values = new ArrayList<>();
        for (Field field : settings.fields()) {
            values.add(field.name() + " " + reading.values()[values.size()]);
        }
        Instant time = Instant.ofEpochMilli(reading.time());
        assertThat((time.equals(ARRIVAL) ? "arrival" : time) + " " + String.join(", ", values))
                .as(device)
                .isEqualTo(expected);
    }

    /** What the producer makes of a payload: a bare number becomes a reading. */
    private static byte[] sent(String payload) {
        String json =
                payload.startsWith("{") ? payload : "{\"ts\":" + ARRIVAL.toEpochMilli() + ",\"value\":" + payload + "}";
        return json.getBytes(UTF_8);
    }
}
