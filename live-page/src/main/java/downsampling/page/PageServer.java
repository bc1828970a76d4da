package downsampling.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import downsampling.service.AllowedHosts;
import downsampling.service.Answer;
import downsampling.service.Call;
import downsampling.service.FailedException;
import downsampling.service.HttpServer;
import downsampling.service.RefusedException;
import downsampling.service.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves the page over HTTP: a handful of files, each at its one path; {@code /events}, a stream of server-sent events; and
 * {@code /health/live}.
 */
final class PageServer implements AutoCloseable {
    /** In characters: what a client asks for is at most an id as {@link RecordText} shortens it. */
    private static final int LONGEST_PARAMETER = 300;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Board board;
    private final HttpServer server;

    /**
     * Starts to listen.
     *
     * @param port 0 for a free one
     * @throws FailedException if it cannot listen, for instance on a port in use
     */
    PageServer(Board board, String host, int port, AllowedHosts hosts) {
        this.board = board;
        Map<String, Route> routes = new HashMap<>();
        // The parameters of the page itself are read by its script.
        loadAssets()
                .forEach((path, asset) -> routes.put(
                        path,
                        Route.of(path.equals("/") ? Set.of("sensor", "field", "level") : Set.of(), call -> asset)));
        routes.put(
                "/events", Route.events(Set.of("sensor", "field", "level", "find", "silent", "first"), this::events));
        routes.put("/health/live", Route.of(Set.of(), call -> Answer.state(true, "SERVING")));
        server = new HttpServer(host, port, hosts, routes);
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.close();
    }

    private Supplier<byte[]> events(Call call) {
        OpenPage page = new OpenPage(
                board,
                new OpenPage.Choice(
                        parameter(call, "sensor"),
                        parameter(call, "field"),
                        Objects.requireNonNullElse(parameter(call, "level"), ""),
                        Objects.requireNonNullElse(parameter(call, "find"), ""),
                        silent(call),
                        first(call)));
        return () -> {
            try {
                return JSON.writeValueAsBytes(page.nextUpdate()); // one line, as an event has to be
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException("writing to memory failed", e);
            }
        };
    }

    private static @Nullable String parameter(Call call, String name) {
        String value = call.parameter(name);
        if (value != null && value.length() > LONGEST_PARAMETER) {
            throw RefusedException.badRequest(name + ": expected at most " + LONGEST_PARAMETER + " characters");
        }
        return value == null || value.isEmpty() ? null : value;
    }

    private static boolean silent(Call call) {
        String text = parameter(call, "silent");
        if (text != null && !text.equals("true")) {
            throw RefusedException.badRequest("silent: expected true");
        }
        return text != null;
    }

    private static int first(Call call) {
        String text = call.parameter("first");
        try {
            int first = text == null ? 0 : Integer.parseInt(text);
            if (first >= 0) {
                return first;
            }
        } catch (NumberFormatException e) {
            // It is refused below.
        }
        throw RefusedException.badRequest("first: expected a number from 0");
    }

    private static Map<String, Answer> loadAssets() {
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

    /** Read from the library, so that the version stands in the root POM alone. */
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

    private static Answer asset(String type, String resource) {
        try (InputStream in = PageServer.class.getResourceAsStream(resource)) {
            return new Answer(200, type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
