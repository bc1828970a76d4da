package downsampling.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {
    private final AllowedHosts hosts = new AllowedHosts(List.of("pod-1.svc", "Page.Example."));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:8081",
                "localhost.",
                "localhost.:80",
                "localhost:",
                "127.0.0.1",
                "10.1.2.3:8081",
                "[::1]",
                "[::1]:8081",
                "[FE80::1]",
                "[::ffff:10.0.0.1]:1",
                "pod-1.svc",
                "pod-1.svc:8081",
                "page.example",
                "PAGE.EXAMPLE.:80"
            })
    void shouldAllowAddressesAndTheNamesItWasTold(String authority) {
        assertThat(hosts.allows(authority)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                ":80",
                "attacker.example",
                "attacker.example:8081",
                "localhost.attacker.example",
                "127.0.0.1.attacker.example",
                "127.0.0.1.nip.io",
                "notlocalhost",
                "localhost@attacker.example",
                "attacker.example:80:80",
                "localhost:8o",
                "localhost:80x",
                "localhost, attacker.example",
                "localhost attacker.example",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "0x7f.0.0.1",
                "[attacker.example]",
                "[::1",
                "[::1].attacker.example",
                "[]",
                "::1",
                "page.example..",
                "l\u00f6calhost"
            })
    void shouldRefuseAnythingElse(String authority) {
        assertThat(hosts.allows(authority)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:8081, localhost:8081, true",
        "http://LOCALHOST:8081, localhost:8081, true",
        "http://10.0.0.1:8081, 10.0.0.1:8081, true",
        "https://page.example, localhost:8081, true",
        "http://localhost:3000, localhost:8081, false",
        "http://10.0.0.2:8081, 10.0.0.1:8081, false",
        "http://attacker.example, localhost:8081, false",
        "null, localhost:8081, false",
        "file://, localhost:8081, false",
        "'', localhost:8081, false"
    })
    void shouldKnowPagesOfOtherOrigins(String origin, String authority, boolean allowed) {
        assertThat(hosts.allowsOrigin(origin, authority)).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "http://a", "a/b", "*"})
    void shouldRefuseWhatIsNoName(String name) {
        assertThatThrownBy(() -> new AllowedHosts(List.of(name)))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageStartingWith("--http-allowed-hosts=" + name + ": expected host names");
    }
}
