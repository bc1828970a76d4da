package downsampling.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against servers that say one thing; SecureBrokerIT asks real brokers. */
class BrokerProbeTest {
    private static final byte[] TLS_ALERT = {0x15, 3, 3, 0, 2, 2, 80};

    @ParameterizedTest
    @CsvSource({
        "PLAINTEXT, speaks TLS; but security.protocol is PLAINTEXT: expected SSL or SASL_SSL",
        "SASL_PLAINTEXT, speaks TLS; but security.protocol is SASL_PLAINTEXT: expected SASL_SSL",
        "SSL, "
    })
    void shouldSeeTls(String protocol, String found) throws Exception {
        assertThat(ask(protocol, true, TLS_ALERT))
                .isEqualTo(Optional.ofNullable(found).map(text -> text.replace(';', ',')));
    }

    @ParameterizedTest
    @CsvSource({"2, true, true", "3, true, false", "-1, true, true", "2, false, false"})
    void shouldSeeABrokerThatIsTooOldForExactlyOnce(int newest, boolean exactlyOnce, boolean tooOld) throws Exception {
        byte[] versions = answer(18, 0, newest < 0 ? new int[] {0, 0, 9} : new int[] {0, 0, 9, 28, 0, newest});
        byte[] noSasl = answer(17, 34, new int[0]);

        Optional<String> obstacle = ask("PLAINTEXT", exactlyOnce, versions, noSasl);

        assertThat(obstacle.isPresent()).isEqualTo(tooOld);
        if (tooOld) {
            assertThat(obstacle.get())
                    .isEqualTo(
                            "is older than Kafka 2.5, and --guarantee is exactly_once_v2: expected a newer broker, or at_least_once");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 400 Bad Request\r\n\r\n", "x"})
    void shouldKnowNothingOfAServerThatSaysSomethingElse(String answer) throws Exception {
        assertThat(ask("PLAINTEXT", true, answer.getBytes())).isEmpty();
        assertThat(ask("SSL", true, answer.getBytes())).isEmpty();
    }

    @Test
    void shouldKnowNothingWhereNobodyAnswers() {
        assertThat(BrokerProbe.obstacle(
                        Map.of("bootstrap.servers", "127.0.0.1:1,no.such.host.invalid:1,127.0.0.1:99999"), true))
                .isEmpty();
    }

    /** @param entries key, oldest and newest version of each request */
    private static byte[] answer(int correlation, int error, int[] entries) {
        ByteBuffer answer = ByteBuffer.allocate(14 + 2 * entries.length);
        answer.putInt(answer.capacity() - 4)
                .putInt(correlation)
                .putShort((short) error)
                .putInt(entries.length / 3);
        for (int number : entries) {
            answer.putShort((short) number);
        }
        return answer.array();
    }

    /** What the probe says, without the name of the broker. */
    private static Optional<String> ask(String protocol, boolean exactlyOnce, byte[]... answers) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> serve(server, answers));
            thread.start();
            String address = "127.0.0.1:" + server.getLocalPort();
            Optional<String> obstacle = BrokerProbe.obstacle(
                    Map.of("bootstrap.servers", address, "security.protocol", protocol), exactlyOnce);
            thread.join();
            return obstacle.map(line -> {
                assertThat(line).startsWith("broker " + address + " ");
                return line.substring(("broker " + address + " ").length());
            });
        }
    }

    private static void serve(ServerSocket server, byte[]... answers) {
        try (Socket socket = server.accept()) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            for (byte[] answer : answers) {
                in.readFully(new byte[in.readInt()]);
                socket.getOutputStream().write(answer);
                socket.getOutputStream().flush();
            }
        } catch (IOException e) {
            // The probe has heard enough.
        }
    }
}
