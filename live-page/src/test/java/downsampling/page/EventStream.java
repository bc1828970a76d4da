package downsampling.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What a page receives: one stream of server-sent events, which is read update by update. */
final class EventStream implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BufferedReader lines;
    private final List<JsonNode> updates = new ArrayList<>();

    /** @param query such as {@code sensor=Sensor1} */
    EventStream(String address, String query) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(address + "/events?" + query))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new AssertionError("status " + response.statusCode());
        }
        lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    static String query(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** Waits for the next update. */
    JsonNode next() {
        try {
            String line;
            while ((line = lines.readLine()) != null) {
                if (line.startsWith("data: ")) {
                    JsonNode update = JSON.readTree(line.substring("data: ".length()));
                    updates.add(update);
                    return update;
                }
            }
            throw new AssertionError("the stream has ended");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for an update that meets the condition; updates come twice a second. */
    JsonNode await(String wanted, Predicate<JsonNode> condition) {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            JsonNode update = next();
            if (condition.test(update)) {
                return update;
            }
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("No update with " + wanted + " after " + PATIENCE + "; the last: " + update);
            }
        }
    }

    /** All updates so far. */
    List<JsonNode> updates() {
        return updates;
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
