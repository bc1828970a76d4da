package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.processor.window.WindowReader;
import downsampling.service.Answer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A page of sensors, by the bytes of their ids in UTF-8: all there are after the one that was asked for, up to the last of them.
 *
 * @param next the last of the ids if there are others after it, else null
 */
record SensorsPage(List<String> ids, @Nullable String next) {
    /** What partitions of this instance have. */
    static SensorsPage of(WindowReader windows, Set<Integer> partitions, String after, int limit) {
        FirstSensors first = new FirstSensors(utf8(after), limit);
        partitions.forEach(partition -> windows.sensors(partition, first.after(), first::add));
        return new SensorsPage(first.ids(), first.next());
    }

    /** One page of those of several instances: it ends where the first of them ends. */
    static SensorsPage joined(List<SensorsPage> pages, String after, int limit) {
        FirstSensors first = new FirstSensors(utf8(after), limit);
        Bytes end = pages.stream()
                .filter(page -> page.next != null)
                .map(page -> utf8(page.next))
                .min(Comparator.naturalOrder())
                .orElse(null);
        for (SensorsPage page : pages) {
            for (String id : page.ids) {
                if (end == null || utf8(id).compareTo(end) <= 0) {
                    first.add(utf8(id));
                }
            }
        }
        if (end != null) {
            first.cut();
        }
        return new SensorsPage(first.ids(), first.next());
    }

    Answer answer() {
        return Answer.json(
                200,
                ids.stream()
                        .map(Json::quoted)
                        .collect(Collectors.joining(
                                ",",
                                "{\"sensors\":[",
                                "],\"next\":" + (next == null ? null : Json.quoted(next)) + "}")));
    }

    /** @throws IllegalArgumentException if that is not what {@link #answer} writes */
    static SensorsPage read(JsonNode json) {
        List<String> ids = new ArrayList<>();
        Json.expect(json.path("sensors").isArray() && json.has("next"));
        for (JsonNode id : json.get("sensors")) {
            Json.expect(id.isTextual());
            ids.add(id.textValue());
        }
        String next = json.get("next").textValue();
        Json.expect(
                next == null
                        ? json.get("next").isNull()
                        : !ids.isEmpty() && ids.get(ids.size() - 1).equals(next));
        return new SensorsPage(ids, next);
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(UTF_8));
    }
}
