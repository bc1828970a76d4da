package downsampling.service;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds out, before any of Kafka's clients connects, whether the security protocol of a broker is another than the settings say.
 * The clients themselves do not notice: one without TLS takes a TLS alert for the size of an answer and asks for 352 MB of heap;
 * one with TLS or without SASL is disconnected again and again and is given no reason.
 *
 * <p>The probe sends the two requests that every broker answers without a login. It sends them in the clear, and they hold no
 * secret.
 */
public final class BrokerProbe {
    private static final int PATIENCE_MILLIS = 2000;
    private static final Pattern ADDRESS = Pattern.compile("\\s*(?:[^:/]+://)?\\[?(.+?)]?:(\\d{1,5})\\s*");

    private static final short API_VERSIONS = 18;
    private static final short SASL_HANDSHAKE = 17;
    private static final short TXN_OFFSET_COMMIT = 28;

    private static final short NO_ERROR = 0;
    private static final short UNSUPPORTED_SASL_MECHANISM = 33;

    private static final int MAX_ANSWER_BYTES = 1 << 16;
    private static final int TLS_ALERT = 0x15;

    private BrokerProbe() {}

    /**
     * Asks the brokers in turn until one answers.
     *
     * @param settings    settings of a Kafka client, with {@code bootstrap.servers} among them
     * @param exactlyOnce whether the program needs transactions as Kafka 2.5 and newer have them
     * @return one line that says why no client can work with a broker under these settings; empty if the probe found no reason,
     *     or no broker answered
     */
    public static Optional<String> obstacle(Map<String, ?> settings, boolean exactlyOnce) {
        Object configured = settings.get("security.protocol");
        String protocol = configured == null ? "PLAINTEXT" : configured.toString();
        for (String server : String.valueOf(settings.get("bootstrap.servers")).split(",")) {
            Matcher address = ADDRESS.matcher(server);
            if (!address.matches()) {
                continue;
            }
            try (Socket socket = new Socket()) {
                socket.connect(
                        new InetSocketAddress(address.group(1), Integer.parseInt(address.group(2))), PATIENCE_MILLIS);
                socket.setSoTimeout(PATIENCE_MILLIS);
                return ask(socket, protocol, exactlyOnce).map(obstacle -> "broker " + server.strip() + " " + obstacle);
            } catch (IOException | IllegalArgumentException e) { // the latter if the number is too large for a port
                // The client may have more success with the next broker, or later.
            }
        }
        return Optional.empty();
    }

    private static Optional<String> ask(Socket socket, String protocol, boolean exactlyOnce) throws IOException {
        boolean tls = protocol.contains("SSL");
        DataInputStream in = new DataInputStream(socket.getInputStream());
        send(socket, API_VERSIONS, 0, new byte[0]);
        int size = in.readInt();
        if (size >>> 24 == TLS_ALERT) {
            return tls
                    ? Optional.empty()
                    : Optional.of("speaks TLS, but security.protocol is " + protocol + ": expected "
                            + (protocol.startsWith("SASL") ? "SASL_SSL" : "SSL or SASL_SSL"));
        }
        ByteBuffer versions = answer(in, size);
        if (tls) {
            return Optional.of("speaks no TLS, but security.protocol is " + protocol + ": expected "
                    + (protocol.startsWith("SASL") ? "SASL_PLAINTEXT" : "PLAINTEXT or SASL_PLAINTEXT"));
        }
        if (exactlyOnce && newest(versions, TXN_OFFSET_COMMIT) < 3) {
            return Optional.of(
                    "is older than Kafka 2.5, and --guarantee is exactly_once_v2: expected a newer broker, or"
                            + " at_least_once");
        }
        if (protocol.startsWith("SASL")) {
            return Optional.empty();
        }
        send(socket, SASL_HANDSHAKE, 1, text("PLAIN"));
        ByteBuffer handshake = answer(in, in.readInt());
        short error = handshake.getShort();
        return error == NO_ERROR || error == UNSUPPORTED_SASL_MECHANISM
                ? Optional.of("wants SASL (" + String.join(", ", mechanisms(handshake)) + "), but security.protocol is "
                        + protocol + ": expected SASL_PLAINTEXT")
                : Optional.empty();
    }

    private static void send(Socket socket, short api, int version, byte[] body) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(request);
        out.writeShort(api);
        out.writeShort(version);
        out.writeInt(api); // the correlation id, which the answer repeats
        out.write(text("probe"));
        out.write(body);
        DataOutputStream to = new DataOutputStream(socket.getOutputStream());
        to.write(ByteBuffer.allocate(Integer.BYTES + request.size())
                .putInt(request.size())
                .put(request.toByteArray())
                .array());
        to.flush();
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(Short.BYTES + bytes.length)
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
    }

    /** The body of an answer, which follows its correlation id. */
    private static ByteBuffer answer(DataInputStream in, int size) throws IOException {
        if (size < Integer.BYTES + Short.BYTES || size > MAX_ANSWER_BYTES) {
            throw new IOException("this is not a Kafka broker");
        }
        byte[] answer = new byte[size];
        in.readFully(answer);
        return ByteBuffer.wrap(answer, Integer.BYTES, size - Integer.BYTES);
    }

    /** The newest version of a request that a broker knows: -1 if it does not know the request, the largest if it does not say. */
    private static short newest(ByteBuffer versions, short wanted) {
        if (versions.getShort() != NO_ERROR) {
            return Short.MAX_VALUE;
        }
        for (int count = versions.getInt(); count > 0 && versions.remaining() >= 3 * Short.BYTES; count--) {
            short api = versions.getShort();
            versions.getShort();
            short newest = versions.getShort();
            if (api == wanted) {
                return newest;
            }
        }
        return -1;
    }

    private static List<String> mechanisms(ByteBuffer handshake) {
        List<String> mechanisms = new ArrayList<>();
        for (int count = handshake.getInt(); count > 0 && handshake.remaining() > Short.BYTES; count--) {
            byte[] name = new byte[Math.min(handshake.getShort(), handshake.remaining())];
            handshake.get(name);
            mechanisms.add(new String(name, StandardCharsets.US_ASCII));
        }
        return mechanisms;
    }
}
