package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.core.encoder.JsonEscapeUtil;

/**
 * What a {@link Route} answers; small enough to be held in memory for each connection.
 *
 * @param type of the content, as in {@code Content-Type}
 */
public record Answer(int status, String type, byte[] content) {
    private static final String JSON = "application/json";

    public static Answer ok(String type, String content) {
        return new Answer(200, type, content.getBytes(UTF_8));
    }

    public static Answer json(int status, String json) {
        return new Answer(status, JSON, json.getBytes(UTF_8));
    }

    /** {@code {"error":"…"}}. */
    public static Answer error(int status, String message) {
        return json(status, "{\"error\":\"" + JsonEscapeUtil.jsonEscapeString(message) + "\"}");
    }

    /** As health checks read it: {@code {"state":"RUNNING"}}, 200 if that is good and otherwise 503. */
    public static Answer state(boolean good, Object state) {
        return json(good ? 200 : 503, "{\"state\":\"" + JsonEscapeUtil.jsonEscapeString(state.toString()) + "\"}");
    }
}
