package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MqttKeyTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            nullValues = "none",
            value = {
                "topic           | tele/plug-1/SENSOR | {}                                  | tele/plug-1/SENSOR",
                "topic:1         | tele/plug-1/SENSOR | {}                                  | tele",
                "topic:2         | tele/plug-1/SENSOR | {}                                  | plug-1",
                "topic:3         | tele/plug-1/SENSOR | {}                                  | SENSOR",
                "topic:4         | tele/plug-1/SENSOR | {}                                  | none",
                "topic:1         | /a                 | {}                                  | none",
                "topic:2         | /ä                 | {}                                  | ä",
                "topic:2         | a//b               | {}                                  | none",
                "/device/id      | any                | {\"device\":{\"id\":\"kitchen\"}}   | kitchen",
                "/device/id      | any                | {\"x\":1,\"device\":{\"id\":42},}   | 42",
                "/devices/1/id   | any                | {\"devices\":[{},{\"id\":\"b\"}]}   | b",
                "/a~1b           | any                | {\"a/b\":\"c\"}                     | c",
                "/device/id      | any                | {\"device\":{\"id\":null}}          | none",
                "/device/id      | any                | {\"device\":{\"id\":{\"x\":1}}}     | none",
                "/device/id      | any                | {\"device\":\"id\"}                 | none",
                "/device/id      | any                | no JSON                             | none",
                "/device/id      | any                | {\"device\":                        | none",
                "/device/id      | any                | 21.5                                | none",
            })
    void shouldFindTheSensorId(String rule, String topic, String payload, String sensor) {
        byte[] key = new MqttKey.Converter().convert(rule).of(topic, payload.getBytes(UTF_8));

        assertThat(key == null ? null : new String(key, UTF_8)).isEqualTo(sensor);
    }
}
