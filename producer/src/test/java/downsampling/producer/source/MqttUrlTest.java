package downsampling.producer.source;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MqttUrlTest {

    @ParameterizedTest
    @CsvSource({
        "mqtt://host,             host,      1883, false, false, ''",
        "mqtt://host/,            host,      1883, false, false, ''",
        "mqtt://192.168.1.5:2883, 192.168.1.5, 2883, false, false, ''",
        "mqtts://host,            host,      8883, true,  false, ''",
        "ws://host,               host,      80,   false, true,  mqtt",
        "ws://host:8080/a/b,      host,      8080, false, true,  a/b",
        "wss://host/mqtt,         host,      443,  true,  true,  mqtt",
        "mqtt://[::1]:1883,       [::1],     1883, false, false, ''",
    })
    void shouldKnowSchemesAndTheirPorts(
            String url, String host, int port, boolean tls, boolean webSocket, String path) {
        assertThat(MqttUrl.of(url)).isEqualTo(new MqttUrl(host, port, tls, webSocket, path));
    }
}
