package downsampling.broker;

import downsampling.service.InvalidSettingException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the broker listens and where its data is.
 *
 * @param port 1 to 65535, or 0 for a free one
 * @param dataDir null for a temporary folder
 */
record BrokerLocation(int port, @Nullable Path dataDir) {
    /** @throws InvalidSettingException if the port is out of range */
    BrokerLocation {
        if (port < 0 || port > 65_535) {
            throw new InvalidSettingException("--port", port, "0 to 65535");
        }
    }
}
