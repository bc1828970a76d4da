package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.datatypes.MqttTopic;
import downsampling.service.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Mixin;

/** The tables of {@code docs/mqtt-devices.md}: the options of each device subscribe to its topic, and find its sensor id. */
class MqttDevicesTest {

    private static final class Options {
        @Mixin
        private final MqttOptions mqtt = new MqttOptions();
    }

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
        Map<String, String> options = rows(3).stream().collect(Collectors.toMap(row -> row.get(0), row -> row.get(1)));
        List<Arguments> devices = new ArrayList<>();
        for (List<String> message : rows(5)) {
            devices.add(Arguments.of(
                    message.get(0), options.remove(message.get(0)), message.get(1), message.get(2), message.get(3)));
        }
        assertThat(options).as("devices without a message").isEmpty();
        assertThat(devices).hasSizeGreaterThan(6);
        return devices.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("devices")
    void shouldSubscribeToTheTopicOfADeviceAndFindItsSensorId(
            String device, String line, String topic, String payload, String sensor) {
        Options options = new Options();
        new Program("producer", Map.of(), new Program.Output())
                .commandLine(options)
                .parseArgs(("--mqtt-url=mqtt://localhost " + line).split(" "));

        assertThat(options.mqtt.settings().filters())
                .as(device)
                .anyMatch(filter -> filter.matches(MqttTopic.of(topic)));
        assertThat(options.mqtt
                        .payload(Clock.systemUTC(), note -> {})
                        .read(topic, payload.getBytes(UTF_8), (to, answer) -> {}))
                .singleElement()
                .extracting(Message::sensor)
                .isEqualTo(sensor);
    }
}
