package downsampling.processor.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.service.InvalidSettingException;
import java.net.InetAddress;
import java.util.Optional;
import org.apache.kafka.streams.state.HostInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSettingsTest {
    @ParameterizedTest
    @CsvSource({
        "          , 127.0.0.1, 127.0.0.1, 8081",
        "          , localhost, localhost, 8081",
        "          , ::1,       ::1,       8081",
        "10.0.0.7  , 0.0.0.0,   10.0.0.7,  8081",
        "pod-1.svc , 0.0.0.0,   pod-1.svc, 8081",
        "pod-1:80  , 0.0.0.0,   pod-1,     80",
        "fd00::7   , ::,        fd00::7,   8081",
        "[fd00::7] , ::,        fd00::7,   8081",
        "[fd00::7]:80 , ::,     fd00::7,   80",
    })
    void shouldTellOthersWhereItIs(String advertised, String httpHost, String host, int port) {
        assertThat(HostInfo.buildFromEndpoint(HttpSettings.address(Optional.ofNullable(advertised), httpHost, 8081)))
                .isEqualTo(new HostInfo(host, port));
    }

    @Test
    void shouldTellTheMachinesAddressWhereItListensOnAll() throws Exception {
        assertThat(HttpSettings.address(Optional.empty(), "0.0.0.0", 8081))
                .isEqualTo(InetAddress.getLocalHost().getHostAddress() + ":8081");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "http://a", "a/b", "a:port", "user@a"})
    void shouldRefuseWhatIsNoAddress(String advertised) {
        assertThatThrownBy(() -> HttpSettings.address(Optional.ofNullable(advertised), "0.0.0.0", 8081))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage("--advertised-host=" + advertised + ": expected HOST or HOST:PORT");
    }
}
