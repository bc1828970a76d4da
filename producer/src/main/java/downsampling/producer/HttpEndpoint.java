package downsampling.producer;

import downsampling.service.AllowedHosts;
import downsampling.service.HttpServer;
import downsampling.service.InvalidSettingException;
import downsampling.service.Route;
import java.util.Map;

/**
 * Where HTTP clients may ask.
 *
 * @param host name or address to listen on
 * @param port 1 to 65535, or 0 for a free one
 * @param allowedHosts by which clients may ask
 */
record HttpEndpoint(String host, int port, AllowedHosts allowedHosts) {

    /** @throws InvalidSettingException in one line: name, value, what is allowed */
    HttpEndpoint {
        if (host.isBlank()) {
            throw new InvalidSettingException("--http-host", host, "a name or an address");
        }
        if (port < 0 || port > 65_535) {
            throw new InvalidSettingException("--http-port", port, "a number from 0 to 65535");
        }
    }

    /** @throws downsampling.service.FailedException if the address cannot be listened on */
    HttpServer listen(Map<String, Route> routes) {
        return new HttpServer(host, port, allowedHosts, routes);
    }
}
