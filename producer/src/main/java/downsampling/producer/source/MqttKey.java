package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter.Inclusion;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;

/** How the sensor id of an MQTT message is found. */
@FunctionalInterface
interface MqttKey {

    /** The sensor id in UTF-8; null if there is none. */
    byte @Nullable [] of(String topic, byte[] payload);

    /** Reads {@code topic}, {@code topic:N} and JSON Pointers (RFC 6901). */
    final class Converter implements ITypeConverter<MqttKey> {
        private static final String EXPECTED =
                "topic, topic:N with N from 1 to 999, or a JSON Pointer such as /device/id";

        private static final JsonFactory JSON = new JsonFactory();

        @Override
        public MqttKey convert(String text) {
            if (text.equals("topic")) {
                return (topic, payload) -> topic.getBytes(UTF_8);
            }
            if (text.matches("topic:[1-9]\\d{0,2}")) {
                int level = Integer.parseInt(text.substring("topic:".length()));
                return (topic, payload) -> level(topic, level);
            }
            if (!text.startsWith("/")) {
                throw new IllegalArgumentException(EXPECTED);
            }
            JsonPointer pointer = JsonPointer.compile(text);
            return (topic, payload) -> at(pointer, payload);
        }

        private static byte @Nullable [] level(String topic, int level) {
            String[] levels = topic.split("/", level + 1);
            return levels.length < level || levels[level - 1].isEmpty() ? null : levels[level - 1].getBytes(UTF_8);
        }

        private static byte @Nullable [] at(JsonPointer pointer, byte[] payload) {
            try (JsonParser all = JSON.createParser(payload);
                    JsonParser found = new FilteringParserDelegate(
                            all, new JsonPointerBasedFilter(pointer), Inclusion.ONLY_INCLUDE_ALL, false)) {
                JsonToken token = found.nextToken();
                return token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT
                        ? found.getText().getBytes(UTF_8)
                        : null;
            } catch (IOException e) { // no JSON
                return null;
            }
        }
    }
}
