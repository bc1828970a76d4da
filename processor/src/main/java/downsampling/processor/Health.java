package downsampling.processor;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.apache.kafka.streams.KafkaStreams.State;

/**
 * Whether this instance lives and whether it works, over HTTP, for whatever restarts containers and sends them away.
 *
 * <p>{@code GET /health/live}: 503 once the stream threads have died for good. {@code GET /health/ready}: 200 only while
 * partitions are assigned, restored and worked on. Both answer {@code {"state":"RUNNING"}} with the state as Kafka Streams
 * names it. Everything else is 404, or 405 for another method.
 */
final class Health implements AutoCloseable {
    private final HttpServer server;

    /**
     * @param port 0 for a free one
     * @throws FailedException if the port is taken
     */
    Health(String host, int port, Service service) {
        try {
            server = HttpServer.create(new InetSocketAddress(host, port), 0);
        } catch (IOException e) {
            throw new FailedException("cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
        }
        service.metrics().watch(service.streams());
        server.createContext("/metrics", exchange -> {
            try (exchange) {
                byte[] body = service.metrics().scrape().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.createContext("/", exchange -> answer(exchange, 404, "{}"));
        check("/health/live", service, state -> state != State.ERROR && state != State.NOT_RUNNING);
        check("/health/ready", service, state -> state == State.RUNNING);
        server.setExecutor(Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "health");
            thread.setDaemon(true);
            return thread;
        }));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void check(String path, Service service, Predicate<State> good) {
        server.createContext(path, exchange -> {
            State state = service.state();
            boolean known = exchange.getRequestURI().getPath().equals(path); // a context takes longer paths too
            answer(
                    exchange,
                    !known ? 404 : good.test(state) ? 200 : 503,
                    known ? "{\"state\":\"" + state + "\"}" : "{}");
        });
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        try (exchange) {
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            if (exchange.getRequestMethod().equals("GET")) {
                exchange.sendResponseHeaders(status, body.length);
                exchange.getResponseBody().write(body);
            } else {
                exchange.sendResponseHeaders(405, -1);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
