package downsampling.producer;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.util.function.Supplier;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * What this program is about, over HTTP: {@code /metrics} for Prometheus, {@code /health/live} and {@code /health/ready},
 * which answer {@code {"state":"SENDING"}}, ready with 503 in any other {@link State}. Read-only and bounded.
 */
final class HttpApi implements AutoCloseable {

    enum State {
        /** For a broker that has the topic. */
        WAITING,
        SENDING,
        /** What was handed over is still being delivered. */
        ENDING
    }

    /** The content type of Prometheus' text format. */
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private static final int MAX_CONNECTIONS = 16;
    private static final int MAX_HEADER_BYTES = 8 * 1024;
    private static final int IDLE_TIMEOUT_MS = 5_000;

    private final Javalin javalin;

    /**
     * Listens at once.
     *
     * @param port 0 for a free one
     * @throws IllegalStateException in one line, if that address cannot be listened on
     */
    HttpApi(String host, int port, Metrics metrics, Supplier<State> state) {
        javalin = Javalin.create(config -> {
            configure(config, host, port);
            config.routes.before(HttpApi::admit);
            config.routes.get("/metrics", ctx -> ctx.contentType(PROMETHEUS).result(metrics.scrape()));
            config.routes.get("/health/live", ctx -> answer(ctx, 200, state.get()));
            config.routes.get(
                    "/health/ready", ctx -> answer(ctx, state.get() == State.SENDING ? 200 : 503, state.get()));
            config.routes.exception(
                    HttpResponseException.class,
                    (e, ctx) -> ctx.status(e.getStatus()).json("{}"));
        });
        try {
            javalin.start();
        } catch (RuntimeException e) {
            javalin.stop();
            throw new IllegalStateException("cannot listen on " + host + ":" + port, e);
        }
    }

    int port() {
        return javalin.port();
    }

    private static void configure(JavalinConfig config, String host, int port) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.compressionStrategy = CompressionStrategy.NONE;
        QueuedThreadPool threads = new QueuedThreadPool(8, 2);
        threads.setName("http");
        threads.setDaemon(true);
        config.jetty.threadPool = threads;
        config.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setRequestHeaderSize(MAX_HEADER_BYTES);
        });
        config.jetty.addConnector((server, http) -> {
            ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
            connector.setHost(host);
            connector.setPort(port);
            connector.setIdleTimeout(IDLE_TIMEOUT_MS);
            connector.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
            return connector;
        });
        config.jetty.modifyServer(server -> server.setStopTimeout(0));
    }

    private static void admit(Context ctx) {
        if (ctx.method() != HandlerType.GET && ctx.method() != HandlerType.HEAD) {
            throw new HttpResponseException(HttpStatus.METHOD_NOT_ALLOWED.getCode(), "only GET and HEAD are answered");
        }
    }

    private static void answer(Context ctx, int status, State state) {
        ctx.status(status).contentType("application/json").result("{\"state\":\"" + state + "\"}");
    }

    @Override
    public void close() {
        javalin.stop();
    }
}
