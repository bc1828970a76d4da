package downsampling.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a record of the status topic says of its sensor.
 *
 * @param silentSince when its last reading arrived, in milliseconds since the epoch; null if it is back
 */
record SensorStatus(@Nullable Long silentSince) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Returns null for what is no status. */
    static @Nullable SensorStatus parse(byte @Nullable [] value) {
        if (value == null) {
            return null;
        }
        try {
            JsonNode json = JSON.readTree(value);
            JsonNode since = json.path("since");
            return switch (json.path("status").asText()) {
                case "silent" -> since.canConvertToLong() ? new SensorStatus(since.longValue()) : null;
                case "back" -> new SensorStatus(null);
                default -> null;
            };
        } catch (IOException e) {
            return null;
        }
    }
}
