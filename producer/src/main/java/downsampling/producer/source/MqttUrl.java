package downsampling.producer.source;

import downsampling.service.InvalidSettingException;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where an MQTT broker is.
 *
 * @param path of the HTTP request that opens a WebSocket, without the first slash
 */
record MqttUrl(String host, int port, boolean tls, boolean webSocket, String path) {

    static final String OPTION = "--mqtt-url";
    static final String EXPECTED = "a URL such as mqtt://host, mqtts://host:8883 or wss://host/mqtt";

    /** The path that most MQTT brokers listen at. */
    private static final String USUAL_PATH = "mqtt";

    /** @throws InvalidSettingException in one line: name, value, what is allowed */
    static MqttUrl of(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new InvalidSettingException(OPTION, text, EXPECTED);
        }
        if (uri.getRawUserInfo() != null) { // not shown, as it may hold a password
            throw new InvalidSettingException(
                    OPTION, "a URL without a user: there are --mqtt-user and --mqtt-password-file");
        }
        String scheme = String.valueOf(uri.getScheme());
        boolean tls = scheme.equals("mqtts") || scheme.equals("wss");
        boolean webSocket = scheme.equals("ws") || scheme.equals("wss");
        String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("^/", "");
        if (uri.getHost() == null
                || !(tls || webSocket || scheme.equals("mqtt"))
                || uri.getPort() > 65_535
                || uri.getPort() == 0
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null
                || !webSocket && !path.isEmpty()) {
            throw new InvalidSettingException(OPTION, text, EXPECTED);
        }
        int usualPort = webSocket ? tls ? 443 : 80 : tls ? 8883 : 1883;
        return new MqttUrl(
                uri.getHost(),
                uri.getPort() < 0 ? usualPort : uri.getPort(),
                tls,
                webSocket,
                webSocket && path.isEmpty() ? USUAL_PATH : path);
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
