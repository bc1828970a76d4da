package downsampling.page;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.service.AllowedHosts;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page's server answers, and what it refuses. */
class PageServerIT {

    private PageServer server;

    @BeforeEach
    void start() {
        server = new PageServer(
                new Board(List.of(""), TestTopics.USUAL_FORMAT, System::currentTimeMillis),
                "127.0.0.1",
                0,
                new AllowedHosts(List.of()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html",
        "/style.css, text/css",
        "/app.js, text/javascript",
        "/chart.js, text/javascript",
        "/tables.js, text/javascript",
        "/format.js, text/javascript",
        "/uplot.js, text/javascript",
        "/uplot.css, text/css",
        "/favicon.svg, image/svg+xml"
    })
    void shouldServeItsFilesWithStrictHeaders(String path, String type) throws Exception {
        HttpResponse<String> response = get(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isNotBlank();
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
        assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'")
                .doesNotContain("unsafe");
        assertThat(response.headers().firstValue("Server")).isEmpty();
    }

    @Test
    void shouldHaveNoScriptOrStyleInsideThePage() throws Exception {
        assertThat(get("/").body())
                .doesNotContainPattern("<script(?![^>]* src=)")
                .doesNotContainPattern("(?i)<style|\\sstyle=|\\son[a-z]+=");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/page",
                "/page/",
                "/page/index.html",
                "/META-INF/MANIFEST.MF",
                "/logback.xml",
                "/app.js/",
                "//app.js",
                "/..%2fapp.js",
                "/%2e%2e%2flogback.xml",
                "/x/..;/app.js",
                "/x/%2e%2e/app.js",
                "/../app.js",
                "/%2e%2e/app.js",
                "/%00",
                "/app.js%00",
                "/\\..\\app.js",
                "/%",
                "/%c0%ae%c0%ae/logback.xml",
                "/.git/config"
            })
    void shouldNotLeaveItsFiles(String path) throws IOException {
        // Without a client that tidies up the path. What is no URI at all, or leads out of the root, Jetty answers with
        // 400.
        assertThat(status("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .isIn(404, 400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"})
    void shouldOnlyBeRead(String method) throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(uri("/"))
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/events"})
    void shouldAnswerHeadWithoutABody(String path) throws IOException {
        String answer = answer("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n").contains("nosniff");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET / HTTP/1.1~Host: attacker.example~ | 421",
                "GET / HTTP/1.1~Host: localhost~Content-Length: 5~~hello | 413",
                "GET / HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~ | 413",
                "GET /events?first=-1 HTTP/1.1~Host: localhost~ | 400",
                "GET /events?first=x HTTP/1.1~Host: localhost~ | 400",
                "GET /events?first=1&first=1 HTTP/1.1~Host: localhost~ | 400",
                "GET /events?silent=no HTTP/1.1~Host: localhost~ | 400",
                "GET /events?colour=red HTTP/1.1~Host: localhost~ | 400",
                "GET /app.js?x HTTP/1.1~Host: localhost~ | 400",
                "GET / HTTP/1.1~ | 400",
                "nonsense | 400",
            })
    void shouldRefuseWhatMakesNoSense(String request, int status) throws IOException {
        assertThat(status(request.replace("~", "\r\n") + "\r\n")).isEqualTo(status);
    }

    @Test
    void shouldRefuseLargeHeaders() throws IOException {
        String request = "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(8192) + "\r\n\r\n";

        assertThat(status(request)).isEqualTo(431);
    }

    @Test
    void shouldRefuseLongSearches() throws Exception {
        assertThat(get("/events?find=" + "x".repeat(301)).statusCode()).isEqualTo(400);
    }

    @Test
    void shouldEndOpenPagesWhenItCloses() throws Exception {
        try (EventStream stream = new EventStream("http://127.0.0.1:" + server.port(), "")) {
            stream.next();

            long begin = System.nanoTime();
            server.close();

            assertThat(System.nanoTime() - begin).as("ns").isLessThan(10_000_000_000L);
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> {
                        while (true) {
                            stream.next();
                        }
                    })
                    .isNotNull();
        }
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://localhost:" + server.port() + path);
    }

    private int status(String request) throws IOException {
        return Integer.parseInt(answer(request).split(" ")[1]);
    }

    private String answer(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }
}
