package downsampling.processor;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.ContentType;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processor's HTTP server: read-only, JSON, and bounded in everything that a client could make grow. Which paths there
 * are is said by who makes it; each answers {@code GET} and {@code HEAD}.
 *
 * <p>Everything that goes wrong is {@code {"error":"…"}} with a fitting status: 404 for a path that is not there, 405 for
 * another method, 413 for a request with a body, 414 and 431 for a URL or headers of more than 8 KiB, 503 with {@code
 * Retry-After} for what may work in a second.
 */
final class HttpApi implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);

    static final int MAX_CONNECTIONS = 64;
    static final int MAX_HEADER_BYTES = 8 * 1024;
    /** After this long without a byte, in milliseconds, a connection is closed. */
    private static final int IDLE_TIMEOUT = 5_000;
    /** Within this long, in seconds, a connection that is kept has to get a request answered. */
    static final int EXCHANGE_TIMEOUT = 10;

    private static final int THREADS = 16;

    private final Javalin javalin;

    /**
     * Listens at once.
     *
     * @param port   0 for a free one
     * @param routes path, as Javalin writes it, to what answers it
     * @throws FailedException if that address cannot be listened on
     */
    HttpApi(String host, int port, Map<String, Handler> routes) {
        javalin = Javalin.create(config -> configure(config, host, port, routes));
        try {
            javalin.start();
        } catch (RuntimeException e) {
            javalin.stop();
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new FailedException("cannot listen on " + host + ":" + port + ": " + root.getMessage(), e);
        }
        LOG.info("Listening on http://{}:{}", host, port());
    }

    int port() {
        return javalin.port();
    }

    private static void configure(JavalinConfig config, String host, int port, Map<String, Handler> routes) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.defaultContentType = ContentType.JSON;
        config.http.compressionStrategy = CompressionStrategy.NONE;
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 2);
        threads.setName("http");
        threads.setDaemon(true);
        config.jetty.threadPool = threads;
        config.jetty.modifyHttpConfiguration(HttpApi::limit);
        config.jetty.addConnector((server, http) -> connector(server, http, host, port));
        config.jetty.modifyServer(server -> {
            server.setErrorHandler(new JsonErrors());
            server.setStopTimeout(0);
        });

        config.routes.before(HttpApi::admit);
        routes.forEach((path, handler) -> {
            config.routes.get(path, handler);
            config.routes.head(path, handler);
        });
        config.routes.exception(HttpResponseException.class, (e, ctx) -> {
            error(ctx, e.getStatus(), e.getMessage());
        });
        config.routes.exception(Exception.class, (e, ctx) -> {
            LOG.warn("{} {} failed", ctx.method(), ctx.path(), e);
            error(ctx, 500, "an error that is in the log");
        });
    }

    private static void limit(HttpConfiguration http) {
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEADER_BYTES);
        // A sensor's id may hold any character. What is ambiguous about an encoded slash is harmless where no path is a
        // file.
        http.setUriCompliance(UriCompliance.UNSAFE);
    }

    private static Connector connector(Server server, HttpConfiguration http, String host, int port) {
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(host);
        connector.setPort(port);
        connector.setIdleTimeout(IDLE_TIMEOUT);
        NetworkConnectionLimit limit = new NetworkConnectionLimit(MAX_CONNECTIONS, connector);
        limit.setEndPointIdleTimeout(1000); // while there are so many, idle ones make way sooner
        connector.addBean(limit);
        connector.addBean(new ExchangeTimeout(connector));
        return connector;
    }

    private static void admit(Context ctx) {
        ctx.header("X-Content-Type-Options", "nosniff").header("Cache-Control", "no-store");
        if (ctx.method() != HandlerType.GET && ctx.method() != HandlerType.HEAD) {
            ctx.header("Allow", "GET, HEAD");
            throw new HttpResponseException(HttpStatus.METHOD_NOT_ALLOWED.getCode(), "only GET and HEAD are answered");
        }
        if (ctx.contentLength() > 0 || ctx.header("Transfer-Encoding") != null) {
            ctx.header("Connection", "close");
            throw new HttpResponseException(HttpStatus.CONTENT_TOO_LARGE.getCode(), "a request has no body here");
        }
    }

    static void error(Context ctx, int status, String message) {
        if (status == HttpStatus.SERVICE_UNAVAILABLE.getCode()) {
            ctx.header("Retry-After", "1");
        }
        ctx.status(status).contentType(ContentType.APPLICATION_JSON).result(error(message));
    }

    private static String error(String message) {
        return "{\"error\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(message)) + "\"}";
    }

    @Override
    public void close() {
        javalin.stop();
    }

    /** What Jetty refuses before a handler sees it. */
    private static final class JsonErrors extends ErrorHandler {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
            response.getHeaders().put("X-Content-Type-Options", "nosniff");
            String reason = org.eclipse.jetty.http.HttpStatus.getMessage(response.getStatus());
            response.write(true, ByteBuffer.wrap(error(reason).getBytes(StandardCharsets.UTF_8)), callback);
            return true;
        }
    }

    /**
     * Closes a connection on which a request or the taking of its answer is overdue: Jetty's own timeout starts anew with each
     * byte, so that one now and then would hold a connection for good.
     */
    private record ExchangeTimeout(ServerConnector connector) implements Connection.Listener {
        @Override
        public void onOpened(Connection connection) {
            check(connection, 0);
        }

        private void check(Connection connection, long answersBefore) {
            connector
                    .getScheduler()
                    .schedule(
                            () -> {
                                long answers = connection.getMessagesOut();
                                if (answers == answersBefore) {
                                    connection.getEndPoint().close();
                                } else if (connection.getEndPoint().isOpen()) {
                                    check(connection, answers);
                                }
                            },
                            EXCHANGE_TIMEOUT,
                            TimeUnit.SECONDS);
        }
    }
}
