package downsampling.broker;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of the broker. */
final class BrokerOptions {
    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "19092",
            description =
                    "The port that clients connect to, 1 to 65535, or 0 for a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description =
                    "The folder that the data stays in; it is created if it is missing (default: a temporary folder,"
                            + " which is removed at the end).")
    private @Nullable Path dataDir;

    /** @throws downsampling.service.InvalidSettingException if an option makes no sense */
    BrokerLocation toLocation() {
        return new BrokerLocation(port, dataDir);
    }
}
