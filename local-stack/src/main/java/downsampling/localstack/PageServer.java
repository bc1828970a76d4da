package downsampling.localstack;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The page over HTTP: a handful of files, each held by its one path, and {@code /events}, a stream of server-sent events. It
 * reads only, and everything a client can take of it has a limit.
 */
final class PageServer implements AutoCloseable {
    /** Open pages: each holds a thread. */
    static final int STREAMS = 32;

    static final int CONNECTIONS = 128;
    /** A connection on which nothing moves for so long is closed, also one whose client does not read. */
    static final int IDLE_MILLIS = 15_000;

    static final int HEADER_BYTES = 8 << 10;

    private static final long UPDATE_MILLIS = 500;
    /** What a client asks for is at most an id as {@link RecordText} shortens it. */
    private static final int LONGEST_PARAMETER = 300;

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self';"
            + " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private record Asset(String type, byte[] content) {}

    private final Board board;
    private final boolean loopback;
    private final Map<String, Asset> assets;
    private final Semaphore streams = new Semaphore(STREAMS);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Javalin server;

    /**
     * Starts to listen.
     *
     * @param port 0 for a free one
     * @throws IOException if that is not possible, such as for a port in use
     */
    PageServer(Board board, String host, int port) throws IOException {
        this.board = board;
        loopback = InetAddress.getByName(host).isLoopbackAddress();
        assets = loadAssets();
        server = Javalin.create(config -> configure(config, host, port));
        try {
            server.start();
        } catch (RuntimeException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop();
    }

    private void configure(JavalinConfig config, String host, int port) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.router.ignoreTrailingSlashes = false;
        config.http.compressionStrategy = CompressionStrategy.NONE;
        config.jetty.threadPool = new QueuedThreadPool(STREAMS + 16, 4);
        config.jetty.modifyHttpConfiguration(http -> http.setRequestHeaderSize(HEADER_BYTES));
        config.jetty.addConnector((jetty, http) -> connector(jetty, http, host, port));
        config.routes.before(this::guard);
        assets.forEach((path, asset) ->
                config.routes.get(path, ctx -> ctx.contentType(asset.type).result(asset.content)));
        config.routes.get("/events", this::events);
        config.routes.error(404, ctx -> ctx.result("Not found\n"));
    }

    private static ServerConnector connector(Server jetty, HttpConfiguration http, String host, int port) {
        ServerConnector connector = new ServerConnector(jetty, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(host);
        connector.setPort(port);
        connector.setIdleTimeout(IDLE_MILLIS);
        jetty.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
        return connector;
    }

    /** Before every request, also of one for a path that there is not. */
    private void guard(Context ctx) {
        ctx.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        ctx.header("X-Content-Type-Options", "nosniff");
        ctx.header("Referrer-Policy", "no-referrer");
        ctx.header("Cross-Origin-Resource-Policy", "same-origin");
        ctx.header("Cross-Origin-Opener-Policy", "same-origin");
        ctx.header("Cache-Control", "no-cache");
        if (!Set.of("GET", "HEAD").contains(ctx.req().getMethod())) {
            ctx.header("Allow", "GET, HEAD");
            refuse(ctx, 405, "Read only");
        } else if (ctx.req().getContentLengthLong() > 0 || ctx.header("Transfer-Encoding") != null) {
            refuse(ctx, 413, "No content expected");
        } else if (loopback && !isLocal(ctx.req().getServerName())) {
            // The page of some other site whose name has been made to point here.
            refuse(ctx, 421, "Ask for localhost");
        }
    }

    private static void refuse(Context ctx, int status, String reason) {
        ctx.status(status).result(reason + "\n").skipRemainingHandlers();
    }

    private static boolean isLocal(String name) {
        return name != null && Set.of("localhost", "127.0.0.1", "[::1]", "::1").contains(name);
    }

    /** Sends updates until the client leaves, does not read, or this server closes. */
    private void events(Context ctx) {
        String chosen = parameter(ctx, "sensor");
        String find = parameter(ctx, "find");
        int first = ctx.queryParam("first") == null ? 0 : number(ctx.queryParam("first"));
        if ((chosen != null && chosen.length() > LONGEST_PARAMETER)
                || (find != null && find.length() > LONGEST_PARAMETER)
                || first < 0) {
            refuse(ctx, 400, "Expected sensor and find of at most " + LONGEST_PARAMETER + " characters, first from 0");
            return;
        }
        if (!streams.tryAcquire()) {
            ctx.header("Retry-After", "10");
            refuse(ctx, 503, "Too many pages are open: " + STREAMS);
            return;
        }
        try {
            ctx.contentType("text/event-stream; charset=utf-8");
            if (ctx.req().getMethod().equals("HEAD")) {
                return;
            }
            Viewer viewer = new Viewer(board, chosen, find == null ? "" : find, first);
            OutputStream out = ctx.res().getOutputStream(); // Javalin's own does not pass on a flush
            do {
                out.write("data: ".getBytes(UTF_8));
                out.write(JSON.writeValueAsBytes(viewer.next())); // one line: JSON has no line breaks of its own
                out.write("\n\n".getBytes(UTF_8));
                out.flush();
            } while (!closing.await(UPDATE_MILLIS, TimeUnit.MILLISECONDS));
        } catch (IOException e) {
            // The client has left.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            streams.release();
        }
    }

    private static String parameter(Context ctx, String name) {
        String value = ctx.queryParam(name);
        return value == null || value.isEmpty() ? null : value;
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Map<String, Asset> loadAssets() {
        String html = "text/html; charset=utf-8";
        String css = "text/css; charset=utf-8";
        String script = "text/javascript; charset=utf-8";
        String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/dist/";
        return Map.ofEntries(
                Map.entry("/", asset(html, "/page/index.html")),
                Map.entry("/style.css", asset(css, "/page/style.css")),
                Map.entry("/app.js", asset(script, "/page/app.js")),
                Map.entry("/chart.js", asset(script, "/page/chart.js")),
                Map.entry("/tables.js", asset(script, "/page/tables.js")),
                Map.entry("/format.js", asset(script, "/page/format.js")),
                Map.entry("/favicon.svg", asset("image/svg+xml", "/page/favicon.svg")),
                Map.entry("/uplot.js", asset(script, uplot + "uPlot.iife.min.js")),
                Map.entry("/uplot.css", asset(css, uplot + "uPlot.min.css")));
    }

    /** So that the version stands in the parent POM alone. */
    private static String uplotVersion() {
        Properties properties = new Properties();
        try (InputStream in =
                PageServer.class.getResourceAsStream("/META-INF/maven/org.webjars.npm/uplot/pom.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }

    private static Asset asset(String type, String resource) {
        try (InputStream in = PageServer.class.getResourceAsStream(resource)) {
            return new Asset(type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
