package downsampling.processor;

import static downsampling.processor.Pipeline.T0;
import static downsampling.processor.Pipeline.await;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.broker.Broker;
import downsampling.broker.BrokerTest;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The HTTP servers of the jars, as an attacker finds them. */
@BrokerTest
class ClosedDoorsIT {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 (\\d{3}) .*", Pattern.DOTALL);

    @TempDir
    private Path folder;

    private final Broker broker;
    private Process process;
    private int port;

    ClosedDoorsIT(Broker broker) {
        this.broker = broker;
    }

    @AfterEach
    void endProcess() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    private void start(String module, String heap, List<String> arguments) throws Exception {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        File jar = Path.of("..", module, "target", module + ".jar").toFile();
        List<String> command = new ArrayList<>(
                List.of(JAVA, heap, "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1", "-jar", jar.getPath()));
        command.addAll(arguments);
        command.add("--http-port=" + port);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().clear();
        process = builder.start();
        await("it listens", () -> {
            assertThat(process.isAlive())
                    .as(() -> "it runs, see " + folder.resolve("log"))
                    .isTrue();
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private void start(String program) throws Exception {
        switch (program) {
            case "processor" -> start(program, "-Xmx96m", List.of("--bootstrap-servers=127.0.0.1:1", "--wait=1h"));
            case "producer" -> start(program, "-Xmx64m", List.of("--bootstrap-servers=127.0.0.1:1", "--wait=1h"));
            default -> start("live-page", "-Xmx64m", List.of("--bootstrap-servers=127.0.0.1:1"));
        }
    }

    /** Everything up to the end of the connection; of a stream that has none, the head. */
    private String ask(String path, String... headers) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            OutputStream out = socket.getOutputStream();
            out.write(("GET " + path + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\nConnection: close\r\n\r\n")
                    .getBytes(ISO_8859_1));
            out.flush();
            StringBuilder answer = new StringBuilder();
            InputStream in = socket.getInputStream();
            byte[] some = new byte[8192];
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                answer.append(new String(some, 0, n, ISO_8859_1));
                if (answer.indexOf("text/event-stream") >= 0) {
                    break;
                }
            }
            return answer.toString();
        }
    }

    private int status(String answer) {
        var matcher = STATUS.matcher(answer);
        assertThat(matcher.matches())
                .as("an answer, and not '%s'", answer.substring(0, Math.min(200, answer.length())))
                .isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    private int get(String path) throws IOException {
        return status(ask(path, "Host: localhost"));
    }

    @Test
    void shouldLiveThroughTheLargestAnswersThatCanBeAskedForManyAtOnce() throws Exception {
        try (Pipeline pipeline = new Pipeline(broker, 6)) {
            String id = "s".repeat(400);
            for (int i = 0; i < 6_000; i++) {
                pipeline.send(i % 6, id + i, T0 + 1_000, i);
            }
            for (int i = 0; i < 3_000; i++) {
                pipeline.send(0, "many", T0 + i * pipeline.window.toMillis(), i);
            }
            pipeline.flush();
            start("processor", "-Xmx96m", pipeline.options("--keep-closed=10000"));
            await("all is there", () -> {
                String answer = ask("/sensors/many/windows?limit=1", "Host: localhost");
                return answer.contains("\"total\":")
                        && Integer.parseInt(answer.replaceFirst("(?s).*\"total\":(\\d+).*", "$1")) > 2_900;
            });
            List<String> paths = new ArrayList<>();
            for (int times : List.of(1, 60, 1_700)) {
                String list = "0,1,2,3,4,5,".repeat(times);
                paths.add("/sensors?limit=10000&partitions=" + list.substring(0, list.length() - 1));
                paths.add("/sensors?limit=10000" + "&partitions=0".repeat(times));
                paths.add("/sensors/many/windows?limit=1000&partitions=" + "0,".repeat(times) + "0");
                paths.add("/sensors/many/windows?limit=1000" + "&limit=1000".repeat(times));
            }
            paths.addAll(List.of(
                    "/sensors?limit=10000",
                    "/sensors?limit=10001",
                    "/sensors?partitions=6",
                    "/sensors/many/windows",
                    "/sensors/many/windows?partitions=0&from=0",
                    "/metrics",
                    "/openapi.yaml"));
            ExecutorService clients = Executors.newFixedThreadPool(48);
            try {
                List<Future<String>> answers = new ArrayList<>();
                for (int round = 0; round < 12; round++) {
                    for (String path : paths) {
                        answers.add(clients.submit((Callable<String>) () -> ask(path, "Host: localhost")));
                    }
                }
                for (int i = 0; i < answers.size(); i++) {
                    String answer = answers.get(i).get();
                    String path = paths.get(i % paths.size());
                    assertThat(status(answer))
                            .as(path.length() > 100 ? path.substring(0, 100) : path)
                            .isIn(200, 400, 503, 414, 431);
                    assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4)).isNotBlank();
                }
            } finally {
                clients.shutdownNow();
            }
            assertThat(process.isAlive()).isTrue();
            assertThat(get("/health/live")).isEqualTo(200);
            assertThat(get("/sensors?limit=10000")).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"processor", "producer", "live-page"})
    void shouldAnswerWhileTwoHundredClientsSendAByteNowAndThen(String program) throws Exception {
        start(program);
        AtomicBoolean over = new AtomicBoolean();
        List<Socket> slow = new ArrayList<>();
        byte[] request =
                "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: 0123456789012345678901234567890123456789"
                        .getBytes(ISO_8859_1);
        Thread sender = new Thread(() -> {
            for (int at = 0; !over.get(); at++) {
                for (Socket socket : slow) {
                    try {
                        socket.getOutputStream().write(request[at % request.length]);
                    } catch (IOException e) {
                        // Thrown out, which is right.
                    }
                }
                java.util.concurrent.locks.LockSupport.parkNanos(2_000_000_000L);
            }
        });
        try {
            for (int i = 0; i < 200; i++) {
                slow.add(new Socket("127.0.0.1", port));
            }
            sender.start();
            for (int i = 0; i < 10; i++) {
                assertThat(get("/health/live")).isEqualTo(200);
                java.util.concurrent.locks.LockSupport.parkNanos(500_000_000L); // the slow ones go on meanwhile
            }
        } finally {
            over.set(true);
            sender.join();
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"processor", "producer", "live-page"})
    void shouldAnswerToNamesOfItsOwnOnly(String program) throws Exception {
        start(program);
        List<String> paths = program.equals("live-page")
                ? List.of("/", "/health/live", "/events")
                : List.of("/health/live", "/metrics");
        for (String path : paths) {
            int fine =
                    path.equals("/metrics") && program.equals("processor") ? 503 : 200; // no broker yet, so no numbers
            for (String host : List.of("localhost:" + port, "127.0.0.1:" + port, "[::1]:" + port, "LOCALHOST.")) {
                assertThat(status(ask(path, "Host: " + host)))
                        .as(path + " of " + host)
                        .isEqualTo(fine);
            }
            for (String host : List.of("attacker.example", "127.0.0.1.nip.io:" + port, "localhost.attacker.example")) {
                String answer = ask(path, "Host: " + host);
                assertThat(status(answer)).as(path + " of " + host).isEqualTo(421);
                assertThat(answer).contains("X-Content-Type-Options: nosniff").doesNotContain("<html");
            }
            assertThat(status(ask(path, "Host: localhost:" + port, "Origin: http://localhost:" + port)))
                    .isEqualTo(fine);
            for (String origin : List.of("http://attacker.example", "null", "http://localhost:1")) {
                assertThat(status(ask(path, "Host: localhost:" + port, "Origin: " + origin)))
                        .as(path + " for " + origin)
                        .isEqualTo(403);
            }
            assertThat(status(ask(path, "X: no host"))).isEqualTo(400);
            assertThat(status(ask(path, "Host: localhost", "Host: attacker.example")))
                    .isEqualTo(400);
        }
    }
}
