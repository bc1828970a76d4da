package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpApiTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpApi http;

    @BeforeAll
    void start() {
        http = new HttpApi(
                "127.0.0.1",
                0,
                Map.of(
                        "/fine", ctx -> ctx.result("{}"),
                        "/unwell", ctx -> ctx.status(503).result("{\"state\":\"unwell\"}"),
                        "/id/{id}", ctx -> ctx.result("<" + ctx.pathParam("id") + ">"),
                        "/fault",
                                ctx -> {
                                    throw new IllegalStateException("the inside of the program");
                                }));
    }

    @AfterAll
    void stop() {
        http.close();
    }

    @Test
    void shouldAnswerGetAndHead() throws Exception {
        HttpResponse<String> get = request("GET", "/fine");
        assertThat(get.statusCode()).isEqualTo(200);
        assertThat(get.body()).isEqualTo("{}");
        assertThat(get.headers().map())
                .containsEntry("content-type", List.of("application/json"))
                .containsEntry("x-content-type-options", List.of("nosniff"))
                .containsEntry("cache-control", List.of("no-store"))
                .doesNotContainKey("server");

        HttpResponse<String> head = request("HEAD", "/unwell");
        assertThat(head.statusCode()).isEqualTo(503);
        assertThat(head.body()).isEmpty();
    }

    /** The Dockerfile's health check is a line of Bash that speaks just that much HTTP. */
    @Test
    void shouldAnswerAClientThatSpeaksVeryLittleHttp() throws Exception {
        assertThat(send("GET /fine HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"})
    void shouldAnswerNoOtherMethod(String method) throws Exception {
        HttpResponse<String> response = request(method, "/fine");
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("allow")).hasValue("GET, HEAD");
        assertThat(response.body()).isEqualTo("{\"error\":\"only GET and HEAD are answered\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/index.html", "/fine/more", "/META-INF/MANIFEST.MF", "//"})
    void shouldSayInJsonThatAPathIsNotThere(String path) throws Exception {
        String answer = send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 404 ").endsWith("{\"error\":\"Endpoint GET " + path + " not found\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "a b",
                "a/b",
                "/",
                "..",
                ".",
                "a;b=c",
                "100%",
                "%2F",
                "a?b#c",
                "a+b",
                "\\",
                "\"quoted\"",
                "Büro",
                "温度",
                "🌡",
                "a\nb",
                "\u007f"
            })
    void shouldTakeAnyCharacterInAPath(String id) throws Exception {
        HttpResponse<String> response =
                request("GET", "/id/" + URLEncoder.encode(id, UTF_8).replace("+", "%20"));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("<" + id + ">");
    }

    @Test
    void shouldRefuseABody() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(uri("/fine"))
                        .method("GET", BodyPublishers.ofString("something"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(response.body()).isEqualTo("{\"error\":\"a request has no body here\"}");
    }

    @Test
    void shouldRefuseMoreThanItIsReadyToHold() throws Exception {
        String much = "x".repeat(HttpApi.MAX_HEADER_BYTES);
        assertThat(send("GET /" + much + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ")
                .endsWith("{\"error\":\"URI Too Long\"}");
        assertThat(send("GET /fine HTTP/1.1\r\nHost: x\r\nMuch: " + much + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .endsWith("{\"error\":\"Request Header Fields Too Large\"}");
        assertThat(send("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("{\"error\":\"");
    }

    @Test
    void shouldNotShowTheInsideOfTheProgram() throws Exception {
        HttpResponse<String> response = request("GET", "/fault");
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).isEqualTo("{\"error\":\"an error that is in the log\"}");
    }

    /** More connections than it takes, all of them idle: those behind have to wait a second or two, not for ever. */
    @Test
    void shouldAnswerWhileSomebodyHoldsManyConnections() throws Exception {
        List<Socket> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * HttpApi.MAX_CONNECTIONS; i++) {
                idle.add(new Socket("127.0.0.1", http.port()));
            }
            assertThat(request("GET", "/fine").statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    /** Each byte comes before the connection would count as idle. */
    @Test
    void shouldCutOffARequestThatNeverEnds() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", http.port())) {
            socket.setSoTimeout(500);
            socket.getOutputStream().write("GET /fine HTTP/1.1\r\nHost: x\r\nSlow: ".getBytes(UTF_8));
            long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (isOpen(socket)) {
                assertThat(System.nanoTime()).as("time").isLessThan(deadline);
            }
        }
    }

    private static boolean isOpen(Socket socket) {
        try {
            socket.getOutputStream().write('x');
            return socket.getInputStream().read() >= 0;
        } catch (SocketTimeoutException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void shouldSayInOneLineThatItCannotListen() {
        assertThatThrownBy(() -> new HttpApi("127.0.0.1", http.port(), Map.of()))
                .isInstanceOf(FailedException.class)
                .hasMessageStartingWith("cannot listen on 127.0.0.1:" + http.port() + ": ");
        assertThatThrownBy(() -> new HttpApi("192.0.2.1", 0, Map.of()))
                .isInstanceOf(FailedException.class)
                .hasMessageStartingWith("cannot listen on 192.0.2.1:0: ");
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + http.port() + path);
    }

    private HttpResponse<String> request(String method, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(uri(path))
                        .timeout(Duration.ofSeconds(30))
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    /** Byte for byte, where the client would refuse or tidy up. */
    private String send(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", http.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
