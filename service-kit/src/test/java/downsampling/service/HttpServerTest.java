package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
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
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpServerTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private HttpServer http;

    @BeforeAll
    void start() {
        http = serve(0);
    }

    private static HttpServer serve(int port) {
        return new HttpServer(
                "127.0.0.1",
                port,
                new AllowedHosts(List.of("allowed.example")),
                Map.of(
                        "/fine", Route.of(Set.of("one"), call -> Answer.json(200, "{}")),
                        "/unwell", Route.of(Set.of(), call -> Answer.state(false, "unwell")),
                        "/id/{}",
                                Route.of(
                                        Set.of(),
                                        call -> Answer.ok("text/plain; charset=utf-8", "<" + call.variable() + ">")),
                        "/events", Route.events(Set.of(), call -> () -> "update".getBytes(UTF_8)),
                        "/large", Route.of(Set.of(), call -> Answer.ok("text/plain", "x".repeat(4 << 20))),
                        "/fault",
                                Route.of(Set.of(), call -> {
                                    throw new IllegalStateException("the inside of the program");
                                })));
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
        String answer = send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 404 ").endsWith("{\"error\":\"there is no such path\"}");
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
    void shouldTakeBracesInAPathForText() throws Exception {
        assertThat(send("GET /id/{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("<{}>");
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
        String much = "x".repeat(HttpServer.MAX_HEADER_BYTES);
        assertThat(send("GET /" + much + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ")
                .endsWith("{\"error\":\"URI Too Long\"}");
        assertThat(send("GET /fine HTTP/1.1\r\nHost: localhost\r\nMuch: " + much + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ")
                .endsWith("{\"error\":\"Request Header Fields Too Large\"}");
        assertThat(send("nonsense\r\n\r\n")).startsWith("HTTP/1.1 400 ").contains("{\"error\":\"");
    }

    @Test
    void shouldNotShowTheInsideOfTheProgram() throws Exception {
        HttpResponse<String> response = request("GET", "/fault");
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"the request failed because of an error, which is in the log\"}");
    }

    /** More connections than it takes, all of them idle: those behind have to wait a second or two, not for ever. */
    @Test
    void shouldAnswerWhileSomebodyHoldsManyConnections() throws Exception {
        List<Socket> idle = new ArrayList<>();
        try {
            for (int i = 0; i < 2 * Connections.MAX; i++) {
                idle.add(new Socket("127.0.0.1", http.port()));
            }
            assertThat(request("GET", "/fine").statusCode()).isEqualTo(200);
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
    }

    /** Each sends a byte now and then, for ever, and comes back when it is cut off. */
    @Test
    void shouldAnswerWhileManySlowClientsSendByteAfterByte() throws Exception {
        AtomicBoolean goesOn = new AtomicBoolean(true);
        List<Thread> slow = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            slow.add(new Thread(() -> {
                while (goesOn.get()) {
                    try (Socket socket = new Socket("127.0.0.1", http.port())) {
                        while (goesOn.get()) {
                            socket.getOutputStream().write('G');
                            Thread.sleep(200);
                        }
                    } catch (IOException | InterruptedException e) {
                        // Cut off: again.
                    }
                }
            }));
        }
        slow.forEach(Thread::start);
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(request("GET", "/fine").statusCode()).isEqualTo(200);
            }
        } finally {
            goesOn.set(false);
            for (Thread thread : slow) {
                thread.join();
            }
        }
    }

    /** More of them than there are threads, and than connections. */
    @Test
    void shouldAnswerWhileManyClientsDoNotReadTheirAnswers() throws Exception {
        List<Socket> unread = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                Socket socket = new Socket();
                socket.setReceiveBufferSize(4096);
                socket.connect(new InetSocketAddress("127.0.0.1", http.port()));
                socket.getOutputStream().write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
                unread.add(socket);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(request("GET", "/fine").statusCode()).isEqualTo(200);
            }
        } finally {
            for (Socket socket : unread) {
                socket.close();
            }
        }
    }

    /** They take turns; a stream that nobody reads keeps its place no longer than any other. */
    @Test
    void shouldOpenAStreamAlthoughAllPlacesAreTakenByStreamsThatNobodyReads() throws Exception {
        List<Socket> unread = new ArrayList<>();
        try {
            for (int i = 0; i < EventStreams.MAX; i++) {
                Socket socket = new Socket("127.0.0.1", http.port());
                socket.getOutputStream().write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
                unread.add(socket);
            }
            HttpResponse<InputStream> response;
            do {
                response = client.send(HttpRequest.newBuilder(uri("/events")).build(), BodyHandlers.ofInputStream());
                if (response.statusCode() == 503) {
                    response.body().close();
                    Thread.sleep(100);
                }
            } while (response.statusCode() == 503);
            assertThat(response.statusCode()).isEqualTo(200);
            try (InputStream events = response.body()) {
                assertThat(new String(events.readNBytes(26), UTF_8))
                        .isEqualTo("data: update\n\n".repeat(2).substring(0, 26));
            }
        } finally {
            for (Socket socket : unread) {
                socket.close();
            }
        }
    }

    @Test
    void shouldAnswerHeadOfAStreamWithoutOpeningIt() throws Exception {
        HttpResponse<String> head = request("HEAD", "/events");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Host: localhost | 200",
                "Host: LocalHost.:9999 | 200",
                "Host: 10.1.2.3:8081 | 200",
                "Host: [::1]:8081 | 200",
                "Host: allowed.example | 200",
                "Host: attacker.example | 421",
                "Host: 127.0.0.1.nip.io | 421",
                "Host: localhost~Host: attacker.example | 400",
                "Host: attacker.example~Host: localhost | 400",
                "X: y | 400",
                "Host: localhost~Origin: http://localhost | 200",
                "Host: localhost~Origin: http://allowed.example | 200",
                "Host: localhost~Origin: http://attacker.example | 403",
                "Host: localhost~Origin: http://localhost:3000 | 403",
                "Host: localhost~Origin: null | 403"
            })
    void shouldAnswerByNamesThatItKnowsAndPagesOfItsOwn(String headers, int status) throws Exception {
        String answer = send("GET /fine HTTP/1.1\r\n" + headers.replace("~", "\r\n") + "\r\nConnection: close\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("X-Content-Type-Options: nosniff", "Content-Type: application/json")
                .doesNotContain("<");
    }

    @Test
    void shouldNotBeLedByATargetWithAnotherHost() throws Exception {
        assertThat(send("GET http://attacker.example/fine HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 4");
        assertThat(send("GET http://attacker.example/fine HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 421 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?two=1",
                "?one=1&one=1",
                "?one=1&two",
                "?one=%",
                "?one=%zz",
                "?one=%ff",
                "?&",
                "?=",
                "?%6fne=1&one=2"
            })
    void shouldRefuseParametersThatItDoesNotKnowAndThoseThatComeTwice(String query) throws Exception {
        assertThat(send("GET /fine" + query + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ")
                .contains("{\"error\":\"");
    }

    @Test
    void shouldHaveItsHeadersOnEachAnswer() throws Exception {
        for (String request : List.of(
                "GET /fine HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "HEAD /unwell HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /fault HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "POST /fine HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                "GET /fine HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "nonsense\r\n\r\n")) {
            assertThat(send(request))
                    .as(request)
                    .contains(
                            "X-Content-Type-Options: nosniff",
                            "Cache-Control: no-store",
                            "frame-ancestors 'none'",
                            "X-Frame-Options: DENY",
                            "Cross-Origin-Resource-Policy: same-origin",
                            "Referrer-Policy: no-referrer");
        }
    }

    /** Each byte comes before the connection would count as idle. */
    @Test
    void shouldCutOffARequestThatNeverEnds() throws Exception {
        try (Socket socket = new Socket("127.0.0.1", http.port())) {
            socket.setSoTimeout(500);
            socket.getOutputStream().write("GET /fine HTTP/1.1\r\nHost: localhost\r\nSlow: ".getBytes(UTF_8));
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
        assertThatThrownBy(() -> serve(http.port()))
                .isInstanceOf(FailedException.class)
                .hasMessageStartingWith("cannot listen on 127.0.0.1:" + http.port() + ": ");
        assertThatThrownBy(() -> new HttpServer("192.0.2.1", 0, new AllowedHosts(List.of()), Map.of()))
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
