package downsampling.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import downsampling.service.AllowedHosts;
import downsampling.service.InvalidSettingException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageAddressTest {

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 8090, 8090, http://localhost:8090",
        "127.0.0.1, 0, 40000, http://localhost:40000",
        "127.0.0.1,, 8080, http://localhost:8080",
        "127.0.0.1,, 40000, http://localhost:40000 (port 8080 is in use)",
        "::1, 8090, 8090, http://[::1]:8090",
        "sensors.example, 8090, 8090, http://sensors.example:8090"
    })
    void shouldDescribeItselfAsPeopleTypeIt(String host, Integer port, int actualPort, String expected) {
        assertThat(address(host, port).describe(actualPort)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void shouldRefuseAPortThatIsNone(int port) {
        assertThatExceptionOfType(InvalidSettingException.class)
                .isThrownBy(() -> address("127.0.0.1", port))
                .withMessage("--http-port=%d: expected 0 to 65535", port);
    }

    @Test
    void shouldRefuseABlankHost() {
        assertThatExceptionOfType(InvalidSettingException.class)
                .isThrownBy(() -> address(" ", null))
                .withMessage("--http-host= : expected a name or an address");
    }

    private static PageAddress address(String host, Integer port) {
        return new PageAddress(host, port, new AllowedHosts(List.of()));
    }
}
