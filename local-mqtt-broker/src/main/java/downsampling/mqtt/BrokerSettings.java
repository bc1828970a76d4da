package downsampling.mqtt;

import downsampling.service.InvalidSettingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Where the broker listens, what it keeps and whom it lets in.
 *
 * @param port          1 to 65535, or 0 for a free one, as are the other ports
 * @param webSocketPort where it speaks MQTT by WebSocket
 * @param tls           where it speaks MQTT by TLS
 * @param dataDir       where sessions and messages stay; empty for in memory
 * @param login         whom it lets in; empty for everybody
 * @param forbidden     topic filters that nobody may subscribe to
 * @param devices       number of devices that it makes up, 0 or more
 * @param rate          readings per second of all devices together, more than 0
 */
record BrokerSettings(
        int port,
        Optional<Integer> webSocketPort,
        Optional<Tls> tls,
        Optional<Path> dataDir,
        Optional<Login> login,
        List<String> forbidden,
        int devices,
        double rate) {

    /** Highest rate: beyond it, the devices would be a load test. */
    private static final double MAX_RATE = 100_000;

    /**
     * A listener for TLS.
     *
     * @param keystore   PKCS #12 file with certificate and key of the broker
     * @param truststore PKCS #12 file with certificates of those who vouch for clients, which need one then
     * @param password   of both files
     */
    record Tls(int port, Path keystore, Optional<Path> truststore, String password) {
        @Override
        public String toString() {
            return port + " " + keystore;
        }
    }

    /** The one user that there is. The password is never printed. */
    record Login(String user, String password) {
        @Override
        public String toString() {
            return user;
        }
    }

    /** @throws InvalidSettingException if the options make no sense */
    BrokerSettings {
        checkPort("--port", port);
        webSocketPort.ifPresent(its -> checkPort("--websocket-port", its));
        tls.ifPresent(its -> checkPort("--tls-port", its.port()));
        List<Integer> fixed = new ArrayList<>(List.of(port));
        webSocketPort.ifPresent(fixed::add);
        tls.ifPresent(its -> fixed.add(its.port()));
        fixed.removeIf(each -> each == 0);
        if (new HashSet<>(fixed).size() < fixed.size()) {
            throw new InvalidSettingException("--port", port, "a port for each listener, not one for two");
        }
        if (devices < 0) {
            throw new InvalidSettingException("--devices", devices, "0 or more");
        }
        if (!(rate > 0 && rate <= MAX_RATE)) {
            throw new InvalidSettingException("--rate", rate, "a number above 0, 100000 at the most");
        }
    }

    private static void checkPort(String name, int port) {
        if (port < 0 || port > 65_535) {
            throw new InvalidSettingException(name, port, "0 to 65535");
        }
    }
}
