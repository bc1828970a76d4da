package downsampling.producer;

import downsampling.service.AllowedHosts;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How the program can be watched while it sends. */
@Command(optionListHeading = "%nWhat can be seen while it sends:%n")
final class MonitoringOptions {

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "Answer /metrics, /health/live and /health/ready on this port; 0 is a free one"
                    + " (default: do not listen).")
    private Optional<Integer> port;

    @Option(
            names = "--http-host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(
            names = "--http-allowed-hosts",
            paramLabel = "NAME",
            split = ",",
            description = "Names by which HTTP clients may ask for this program, besides localhost;"
                    + " an address is always allowed.")
    private List<String> allowedHosts = List.of();

    @Option(names = "--log-readings", description = "Log each reading.")
    private boolean logReadings;

    /**
     * Where to listen; empty for nowhere.
     *
     * @throws downsampling.service.InvalidSettingException if an option makes no sense
     */
    Optional<HttpEndpoint> endpoint() {
        return port.map(number -> new HttpEndpoint(host, number, new AllowedHosts(allowedHosts)));
    }

    boolean logReadings() {
        return logReadings;
    }
}
