package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.service.RefusedException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.state.HostInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken for an answer of another instance, and what not; the other one is a socket that says whatever it likes. */
class PeersTest {
    private static final String FINE = "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 8~~{\"ok\":1}";

    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private interface Saying {
        void say(OutputStream out) throws Exception;
    }

    private CompletableFuture<Integer> ask(Saying saying) {
        Thread other = new Thread(() -> {
            try (Socket socket = server.accept()) {
                socket.getInputStream().read(new byte[4096]);
                saying.say(socket.getOutputStream());
            } catch (Exception e) {
                // The one who asked has gone.
            }
        });
        other.setDaemon(true);
        other.start();
        return new Peers()
                .ask(new HostInfo("127.0.0.1", server.getLocalPort()), Set.of(1), "/x", Map.of(), PeersTest::read);
    }

    private static int read(JsonNode json) {
        if (!json.path("ok").isInt()) {
            throw new IllegalArgumentException("another shape");
        }
        return json.get("ok").intValue();
    }

    private static Saying text(String text) {
        return out -> out.write(text.replace("~", "\r\n").getBytes(UTF_8));
    }

    private static void assertNoAnswer(CompletableFuture<Integer> answer) {
        assertThatThrownBy(() -> answer.get(60, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.status()).isEqualTo(503))
                .hasMessageContaining("does not answer for partitions [1]");
    }

    @Test
    void shouldTakeAWholeAnswerOfTheRightShape() throws Exception {
        assertThat(ask(text(FINE)).get(60, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 2~~[]",
                "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 2~~{}",
                "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 4~~null",
                "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 0~~",
                "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 4~~{\"ok",
                "HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 80~~{\"ok\":1}",
                "HTTP/1.1 200 OK~Content-Type: text/html~Content-Length: 8~~{\"ok\":1}",
                "HTTP/1.1 200 OK~Content-Length: 8~~{\"ok\":1}",
                "HTTP/1.1 204 No Content~~",
                "HTTP/1.1 302 Found~Location: /y~Content-Length: 0~~",
                "HTTP/1.1 404 Not Found~Content-Type: application/json~Content-Length: 8~~{\"ok\":1}",
                "HTTP/1.1 500 Oops~Content-Type: application/json~Content-Length: 8~~{\"ok\":1}"
            })
    void shouldTakeNothingElseForAnAnswer(String said) {
        assertNoAnswer(ask(text(said)));
    }

    @Test
    void shouldNotWaitForAnAnswerThatStalls() {
        assertNoAnswer(ask(out -> {
            text("HTTP/1.1 200 OK~Content-Type: application/json~Content-Length: 8~~{")
                    .say(out);
            Thread.sleep(60_000);
        }));
    }

    @Test
    void shouldNotWaitForAnAnswerThatNeverEnds() {
        assertNoAnswer(ask(out -> {
            text("HTTP/1.1 200 OK~Content-Type: application/json~~[").say(out);
            while (true) {
                out.write('1');
                out.flush();
                Thread.sleep(10);
            }
        }));
    }

    @Test
    void shouldNotHoldAnAnswerThatIsTooLarge() {
        assertNoAnswer(ask(out -> {
            text("HTTP/1.1 200 OK~Content-Type: application/json~~").say(out);
            byte[] much = " ".repeat(1 << 20).getBytes(UTF_8);
            while (true) {
                out.write(much);
            }
        }));
    }
}
