package downsampling.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaSettingsTest {

    @TempDir
    private Path folder;

    @Test
    void shouldTakeTheOptionOverTheEnvironmentOverTheFileOverTheDefault() throws IOException {
        Path file = Files.writeString(folder.resolve("client.properties"), "bootstrap.servers=file:1\nlinger.ms=1\n");
        Map<String, String> environment = Map.of("KAFKA_BOOTSTRAP_SERVERS", "environment:1", "KAFKA_LINGER_MS", "2");

        assertThat(KafkaSettings.read(null, Map.of(), null, "default:1"))
                .containsOnly(Map.entry("bootstrap.servers", "default:1"));
        assertThat(KafkaSettings.read(file, Map.of(), null, "default:1"))
                .containsEntry("bootstrap.servers", "file:1")
                .containsEntry("linger.ms", "1");
        assertThat(KafkaSettings.read(file, environment, null, "default:1"))
                .containsEntry("bootstrap.servers", "environment:1")
                .containsEntry("linger.ms", "2");
        assertThat(KafkaSettings.read(file, environment, "option:1", "default:1"))
                .containsEntry("bootstrap.servers", "option:1");
    }

    @Test
    void shouldTakeFromTheEnvironmentWhatIsAClientSettingOnly() {
        Map<String, String> environment = Map.of(
                "KAFKA_SECURITY_PROTOCOL", "SASL_SSL",
                "KAFKA_SASL_MECHANISM", "PLAIN",
                "KAFKA_HOME", "/opt/kafka",
                "KAFKA_HEAP_OPTS", "-Xmx1g",
                "SECURITY_PROTOCOL", "SSL");

        assertThat(KafkaSettings.read(null, environment, null, "default:1"))
                .containsOnly(
                        Map.entry("bootstrap.servers", "default:1"),
                        Map.entry("security.protocol", "SASL_SSL"),
                        Map.entry("sasl.mechanism", "PLAIN"));
    }

    @Test
    void shouldKeepFromTheAdminClientWhatOnlyAProducerKnows() {
        assertThat(KafkaSettings.forAdmin(Map.of(
                        "bootstrap.servers", "b:1", "linger.ms", "1", "security.protocol", "SSL", "my.plugin", "x")))
                .containsOnlyKeys("bootstrap.servers", "security.protocol", "my.plugin");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"b:1", "b:1,c:2", "b:1, c:2", "10.0.0.1:9092", "[::1]:9092", "SASL_SSL://b.example.org:9093"})
    void shouldTakeAddresses(String servers) {
        assertThat(KafkaSettings.read(null, Map.of(), servers, "default:1"))
                .containsEntry("bootstrap.servers", servers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "b", "b:", ":1", "b:1,", "b:port", "http://b/:1"})
    void shouldRefuseWhatIsNoAddress(String servers) {
        assertThatThrownBy(() -> KafkaSettings.read(null, Map.of(), servers, "default:1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("--bootstrap-servers " + servers + ": allowed is host:port");
    }
}
