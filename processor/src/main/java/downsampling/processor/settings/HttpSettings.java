package downsampling.processor.settings;

import downsampling.service.InvalidSettingException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Where HTTP is answered.
 *
 * @param host         address to listen on
 * @param port         to listen on, 1 to 65535
 * @param address      HOST:PORT where other instances reach this one, as {@code application.server} has it
 * @param allowedHosts names by which clients may ask for this instance, beside localhost and those of {@code address}
 */
public record HttpSettings(String host, int port, String address, List<String> allowedHosts) {
    public HttpSettings {
        allowedHosts = List.copyOf(allowedHosts);
    }

    /** All names by which clients may ask for this instance, beside localhost. */
    public List<String> names() {
        List<String> names = new ArrayList<>(allowedHosts);
        names.add(address.substring(0, address.lastIndexOf(':')));
        return names;
    }

    /**
     * Where other instances reach this one. If it listens on all addresses, and none is advertised, that is the address this
     * machine or container has for itself.
     *
     * @param advertised HOST or HOST:PORT, if one was given
     * @throws InvalidSettingException if that is no address, or the port is none
     */
    static String address(Optional<String> advertised, String httpHost, int httpPort) {
        Require.between("--http-port", httpPort, 1, 65535);
        String host = advertised.orElseGet(() -> ownAddress(httpHost));
        if (host.matches("[\\w.-]+:\\d+|\\[[\\w:.%]+]:\\d+")) {
            return host;
        }
        if (host.matches("[\\w.-]+|\\[[\\w:.%]+]")) {
            return host + ":" + httpPort;
        }
        if (host.matches("[0-9a-fA-F:.]+(%\\w+)?")) { // IPv6
            return "[" + host + "]:" + httpPort;
        }
        throw new InvalidSettingException("--advertised-host", host, "HOST or HOST:PORT");
    }

    private static String ownAddress(String httpHost) {
        try {
            return InetAddress.getByName(httpHost).isAnyLocalAddress()
                    ? InetAddress.getLocalHost().getHostAddress()
                    : httpHost;
        } catch (UnknownHostException e) {
            throw new InvalidSettingException("--http-host", httpHost, "a name or address of this machine");
        }
    }

    @Command(optionListHeading = "%nHTTP: health, metrics and queries:%n")
    static final class Options {
        @Option(
                names = "--http-port",
                paramLabel = "PORT",
                description =
                        "answer HTTP on this port: health and queries, see /openapi.yaml (default: do not listen)")
        private Integer port;

        @Option(
                names = "--http-host",
                paramLabel = "HOST",
                defaultValue = "127.0.0.1",
                description = "address to listen on (default: ${DEFAULT-VALUE})")
        private String host;

        @Option(
                names = "--http-allowed-hosts",
                paramLabel = "HOST",
                split = ",",
                description = {
                    "names by which HTTP clients may ask for this one, beside localhost and the advertised host",
                    "(an address is always allowed)"
                })
        private List<String> allowedHosts = List.of();

        @Option(
                names = "--advertised-host",
                paramLabel = "HOST[:PORT]",
                description = {
                    "where other instances reach this one over HTTP",
                    "(default: --http-host, or this machine's address if that is all of them; --http-port)"
                })
        private String advertisedHost;

        /** The settings, or empty if HTTP is not asked for. */
        Optional<HttpSettings> http() {
            return Optional.ofNullable(port)
                    .map(listening -> new HttpSettings(
                            host,
                            listening,
                            address(Optional.ofNullable(advertisedHost), host, listening),
                            allowedHosts));
        }
    }
}
