package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server that only reads, and that limits everything a client could make grow. The program gives the paths; each answers
 * {@code GET} and {@code HEAD}. Answers are written without holding a thread, so that a client that does not read keeps no other
 * from being answered.
 *
 * <p>Every failure is answered with {@code {"error":"…"}} and a fitting status: 400 for a parameter that the path does not know
 * or that is given twice, 403 for a page of another origin, 404 for an unknown path, 405 for another method, 413 for a request
 * with a body, 414 and 431 for a URL or headers of more than 8 KiB, 421 for a host that is not {@link AllowedHosts allowed}, 500
 * for an error of the program, and 503 with {@code Retry-After} for a request that may work in a second.
 */
public final class HttpServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    static final int MAX_HEADER_BYTES = 8 * 1024;
    /** How long a stream of events pauses between two updates. */
    public static final int UPDATE_MILLIS = 500;
    /** A connection without a byte for this long is closed. */
    private static final int IDLE_MILLIS = 5_000;

    private static final int THREADS = 16;
    /** The server cannot see how much of an answer waits unread in the operating system, so this is small. */
    private static final int SEND_BUFFER = 64 * 1024;

    /** Headers of every answer. Scripts and styles come from this server alone, and no other page may frame or embed its pages. */
    private static final HttpFields HEADERS = HttpFields.build()
            .put("X-Content-Type-Options", "nosniff")
            .put("Cache-Control", "no-store")
            .put(
                    "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
                            + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
            .put("X-Frame-Options", "DENY")
            .put("Referrer-Policy", "no-referrer")
            .put("Cross-Origin-Resource-Policy", "same-origin")
            .put("Cross-Origin-Opener-Policy", "same-origin")
            .asImmutable();

    private final AllowedHosts hosts;
    private final Map<String, Route> routes;
    private final Connections connections = new Connections();
    private final Server server;
    private final ServerConnector connector;
    private final EventStreams streams;

    /**
     * Starts the server, which listens when this returns.
     *
     * @param host   address to listen on
     * @param port   port to listen on; 0 for any free one
     * @param hosts  host names under which it answers
     * @param routes by path; one segment of a path may be {@code {}}, which stands for any text
     * @throws FailedException if the server cannot listen on that address
     */
    public HttpServer(String host, int port, AllowedHosts hosts, Map<String, Route> routes) {
        this.hosts = hosts;
        this.routes = Map.copyOf(routes);
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 2);
        threads.setName("http");
        threads.setDaemon(true);
        server = new Server(threads, new ScheduledExecutorScheduler("http-scheduler", true), null);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(MAX_HEADER_BYTES);
        // A sensor's id may hold any character. An encoded slash is ambiguous, which does no harm without files.
        http.setUriCompliance(UriCompliance.UNSAFE);
        connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(host);
        connector.setPort(port);
        connector.setIdleTimeout(IDLE_MILLIS);
        connector.setAcceptedSendBufferSize(SEND_BUFFER);
        connector.addBean(connections);
        server.addConnector(connector);
        server.setErrorHandler(new JsonErrors());
        server.setHandler(new RouteHandler());
        server.setStopTimeout(0);
        streams = new EventStreams(connections, connector.getScheduler(), threads);
        try {
            server.start();
        } catch (Exception e) {
            stop();
            throw new FailedException("cannot listen on " + host + ":" + port + ": " + rootMessage(e), e);
        }
        cutOffEverySecond();
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return ErrorLine.of(root);
    }

    /** The port on which the server listens. */
    public int port() {
        return connector.getLocalPort();
    }

    private void cutOffEverySecond() {
        connections.cutOffOverdue();
        if (server.isRunning()) {
            connector.getScheduler().schedule(this::cutOffEverySecond, 1, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        streams.close();
        stop();
    }

    private void stop() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.debug("The HTTP server did not stop in good order", e);
        }
    }

    private final class RouteHandler extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Connection connection = request.getConnectionMetaData().getConnection();
            connections.requestArrived(connection);
            Request.addCompletionListener(request, failure -> connections.answered(connection));
            try {
                admit(request, response);
                Match match = match(request.getHttpURI().getPath());
                Route route = match.route();
                Call call = new Call(
                        match.variable(), parameters(request.getHttpURI().getQuery(), route.parameters()));
                if (route instanceof Route.Streaming streaming) {
                    stream(streaming.updates().apply(call), request, response, callback);
                } else if (route instanceof Route.Answering answering) {
                    answering.answer().apply(call).whenComplete((answer, e) -> {
                        if (e == null) {
                            write(answer, response, callback);
                        } else {
                            refuse(e, request, response, callback);
                        }
                    });
                }
            } catch (RuntimeException e) {
                refuse(e, request, response, callback);
            }
            return true;
        }
    }

    private void admit(Request request, Response response) {
        if (!request.getMethod().equals("GET") && !request.getMethod().equals("HEAD")) {
            response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
            throw new RefusedException(405, "only GET and HEAD are answered");
        }
        if (request.getLength() > 0 || request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
            throw new RefusedException(413, "a request has no body here");
        }
        String host = request.getHeaders().get(HttpHeader.HOST);
        String authority = request.getHttpURI().getAuthority();
        // Browsers always send the host. A client that does not is no browser, and no name has led it here.
        if ((host != null && !host.isEmpty() && !hosts.allows(host))
                || (authority != null && !hosts.allows(authority))) {
            throw new RefusedException(
                    421, "this host name is not allowed here: ask by address, or allow it by --http-allowed-hosts");
        }
        for (HttpField origin : request.getHeaders().getFields(HttpHeader.ORIGIN)) {
            if (!hosts.allowsOrigin(origin.getValue(), host == null ? "" : host)) {
                throw new RefusedException(403, "pages of other origins are not answered");
            }
        }
    }

    /**
     * A route with the text that stands where its path has {@code {}}.
     *
     * @param variable decoded; empty if the path has no such part
     */
    private record Match(Route route, String variable) {}

    /** @throws RefusedException if there is no route for the path */
    private Match match(String path) {
        Route exact = routes.get(path);
        if (exact != null && !path.contains("{}")) { // a client may send the two characters as they are
            return new Match(exact, "");
        }
        for (Map.Entry<String, Route> route : routes.entrySet()) {
            String pattern = route.getKey();
            int at = pattern.indexOf("{}");
            if (at < 0 || path.length() <= pattern.length() - 2 || !path.startsWith(pattern.substring(0, at))) {
                continue;
            }
            String after = pattern.substring(at + 2);
            int slash = path.indexOf('/', at);
            if (path.endsWith(after) && (slash < 0 || slash >= path.length() - after.length())) {
                return new Match(route.getValue(), decoded(path.substring(at, path.length() - after.length()), false));
            }
        }
        throw new RefusedException(404, "there is no such path");
    }

    private static Map<String, String> parameters(@Nullable String query, Set<String> known) {
        Map<String, String> parameters = new HashMap<>();
        for (int start = 0; query != null && start < query.length(); ) {
            int and = query.indexOf('&', start);
            int end = and < 0 ? query.length() : and;
            int equals = query.indexOf('=', start);
            int nameEnd = equals < 0 || equals > end ? end : equals;
            String name = decoded(query.substring(start, nameEnd), true);
            if (!known.contains(name)) {
                throw RefusedException.badRequest(name + ": there is no such parameter, expected "
                        + (known.isEmpty() ? "none" : "one of " + new TreeSet<>(known)));
            }
            if (parameters.put(name, decoded(query.substring(Math.min(nameEnd + 1, end), end), true)) != null) {
                throw RefusedException.badRequest(name + ": expected once");
            }
            start = end + 1;
        }
        return parameters;
    }

    /** Decodes percent-encoded UTF-8. */
    private static String decoded(String text, boolean plusIsSpace) {
        byte[] from = text.getBytes(UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(from.length);
        for (int i = 0; i < from.length; i++) {
            if (from[i] == '%') {
                int high = i + 2 < from.length ? Character.digit(from[i + 1], 16) : -1;
                int low = high < 0 ? -1 : Character.digit(from[i + 2], 16);
                if (low < 0) {
                    throw RefusedException.badRequest("expected two hexadecimal digits after %");
                }
                bytes.put((byte) ((high << 4) | low));
                i += 2;
            } else {
                bytes.put(plusIsSpace && from[i] == '+' ? (byte) ' ' : from[i]);
            }
        }
        try {
            return UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            throw RefusedException.badRequest("expected UTF-8");
        }
    }

    private void stream(Supplier<byte[]> updates, Request request, Response response, Callback callback) {
        HEADERS.forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        if (request.getMethod().equals("HEAD")) {
            response.write(true, ByteBuffer.allocate(0), callback);
        } else {
            streams.open(response, request.getConnectionMetaData().getConnection(), updates, callback);
        }
    }

    private static void refuse(Throwable thrown, Request request, Response response, Callback callback) {
        Throwable e = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (e instanceof RefusedException refused) {
            if (refused.status() == 503) {
                response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
            }
            write(Answer.error(refused.status(), refused.getMessage()), response, callback);
        } else {
            LOG.warn("{} {} failed", request.getMethod(), request.getHttpURI().getPath(), e);
            write(Answer.error(500, "the request failed because of an error, which is in the log"), response, callback);
        }
    }

    private static void write(Answer answer, Response response, Callback callback) {
        response.setStatus(answer.status());
        HEADERS.forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, answer.type());
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.content().length);
        response.write(true, ByteBuffer.wrap(answer.content()), callback);
    }

    /** Answers requests that Jetty refuses before a handler sees them. */
    private static final class JsonErrors extends ErrorHandler {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            String reason = HttpStatus.getMessage(response.getStatus());
            HttpServer.write(Answer.error(response.getStatus(), reason), response, callback);
            return true;
        }
    }
}
