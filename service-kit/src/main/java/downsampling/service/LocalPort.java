package downsampling.service;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports on 127.0.0.1, for servers that are told where to listen before they do. */
public final class LocalPort {
    private static final String HOST = "127.0.0.1";

    private LocalPort() {}

    /**
     * Finds a port that nobody listens on. It is below the range from which systems take ports for outgoing connections, since
     * one from that range could be in use again before the server listens on it.
     */
    public static int free() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
            try {
                bind(port);
                return port;
            } catch (IOException e) {
                // It is in use; the next one may be free.
            }
        }
    }

    /** The port that was asked for if it is not 0, and a free one otherwise. */
    public static int orFree(int port) {
        if (port == 0) {
            return free();
        }
        try {
            bind(port);
            return port;
        } catch (IOException e) {
            throw new FailedException("Port %d on %s is in use".formatted(port, HOST), e);
        }
    }

    private static void bind(int port) throws IOException {
        new ServerSocket(port, 1, InetAddress.getByName(HOST)).close();
    }
}
