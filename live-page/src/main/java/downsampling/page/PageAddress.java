package downsampling.page;

import downsampling.service.AllowedHosts;
import downsampling.service.ErrorLine;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;

/**
 * Where the page is served.
 *
 * @param host to listen on
 * @param port 1 to 65535, 0 for a free one, or null for {@value #DEFAULT_PORT}, or a free one if that is in use
 * @param allowedHosts by which the page may be asked for
 */
record PageAddress(String host, @Nullable Integer port, AllowedHosts allowedHosts) {
    static final int DEFAULT_PORT = 8080;

    /** @throws InvalidSettingException if the host is blank or the port out of range */
    PageAddress {
        if (host.isBlank()) {
            throw new InvalidSettingException("--http-host", host, "a name or an address");
        }
        if (port != null && (port < 0 || port > 65_535)) {
            throw new InvalidSettingException("--http-port", port, "0 to 65535");
        }
    }

    /**
     * Finds out which port to listen on.
     *
     * @return 0 for a free one
     * @throws IOException if the port that was asked for is in use; the message is one line for people
     */
    int choosePort() throws IOException {
        int wanted = port == null ? DEFAULT_PORT : port;
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), wanted));
            return wanted;
        } catch (IOException e) {
            if (port == null && e instanceof BindException) {
                return 0;
            }
            throw new IOException("The page cannot listen on %s:%d: %s".formatted(host, wanted, ErrorLine.of(e)), e);
        }
    }

    /** The URL for people, and why its port is not the default one where it was to be that. */
    String describe(int actualPort) {
        boolean moved = port == null && actualPort != DEFAULT_PORT;
        String name = host.equals("127.0.0.1") ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
        return "http://%s:%d%s".formatted(name, actualPort, moved ? " (port " + DEFAULT_PORT + " is in use)" : "");
    }
}
