package downsampling.page;

import downsampling.service.AllowedHosts;
import downsampling.service.InvalidSettingException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options that say where the page is served. */
@Command(optionListHeading = "%nWhere the page is served:%n")
final class AddressOptions {
    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "The port of the page, 1 to 65535, or 0 for a free one (default: " + PageAddress.DEFAULT_PORT
                    + ", or a free one if that is in use).")
    private @Nullable Integer port;

    @Option(
            names = "--http-host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description =
                    "The address that the page listens on; 0.0.0.0 is for containers (default: ${DEFAULT-VALUE}).")
    private String host;

    @Option(
            names = "--http-allowed-hosts",
            paramLabel = "NAME,...",
            split = ",",
            description =
                    "Names by which browsers may ask for the page, beside localhost; an address is always allowed.")
    private List<String> allowedHosts = List.of();

    /** @throws InvalidSettingException if an option makes no sense */
    PageAddress toAddress() {
        return new PageAddress(host, port, new AllowedHosts(allowedHosts));
    }
}
