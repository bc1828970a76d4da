package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.core.encoder.JsonEscapeUtil;

/**
 * The answer of a {@link Route}, small enough to be held in memory for each connection.
 *
 * @param status  HTTP status code
 * @param type    media type of the content, as in {@code Content-Type}
 * @param content body, which nobody may change afterwards
 */
public record Answer(int status, String type, byte[] content) {
    private static final String JSON = "application/json";

    /** An answer with status 200 and this text in UTF-8. */
    public static Answer ok(String type, String content) {
        return new Answer(200, type, content.getBytes(UTF_8));
    }

    /** An answer that is a JSON document. */
    public static Answer json(int status, String json) {
        return new Answer(status, JSON, json.getBytes(UTF_8));
    }

    /** The answer {@code {"error":"…"}}, with the message escaped. */
    public static Answer error(int status, String message) {
        return json(status, "{\"error\":\"" + JsonEscapeUtil.jsonEscapeString(message) + "\"}");
    }

    /** The answer that health checks read: {@code {"state":"RUNNING"}} with status 200 if the state is good, 503 otherwise. */
    public static Answer state(boolean good, Object state) {
        return json(good ? 200 : 503, "{\"state\":\"" + JsonEscapeUtil.jsonEscapeString(state.toString()) + "\"}");
    }
}
