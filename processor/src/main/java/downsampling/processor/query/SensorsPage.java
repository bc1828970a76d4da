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
 * @param next the id of the last of them if there are others after it, else null
 */
record SensorsPage(List<Sensor> sensors, @Nullable String next) {
    /** @param silentSince when its last reading arrived, in epoch milliseconds; null if it is not asked for silent ones */
    record Sensor(String id, @Nullable Long silentSince) {
        /** How long JSON is at most without the characters of the id. */
        static final int MOST_BESIDE_ID = 70;

        /** Of a silent one, what stands on the status topic. */
        private String json() {
            return silentSince == null
                    ? Json.quoted(id)
                    : "{\"sensor\":" + Json.quoted(id) + ",\"status\":\"silent\",\"since\":" + silentSince + "}";
        }
    }

    /** What partitions of this instance have. */
    static SensorsPage of(WindowReader windows, Set<Integer> partitions, String after, int limit) {
        FirstSensors first = new FirstSensors(utf8(after), limit);
        partitions.forEach(partition -> windows.sensors(partition, first.after(), first::add));
        return new SensorsPage(first.sensors(), first.next());
    }

    /** What partitions of this instance have of sensors that are silent. */
    static SensorsPage ofSilent(WindowReader windows, Set<Integer> partitions, String after, int limit) {
        FirstSensors first = new FirstSensors(utf8(after), limit);
        partitions.forEach(partition -> windows.silent(partition, first::addSilent));
        return new SensorsPage(first.sensors(), first.next());
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
            for (Sensor sensor : page.sensors) {
                Bytes id = utf8(sensor.id);
                if (end != null && id.compareTo(end) > 0) {
                    continue;
                }
                if (sensor.silentSince == null) {
                    first.add(id);
                } else {
                    first.addSilent(id, sensor.silentSince);
                }
            }
        }
        if (end != null) {
            first.cut();
        }
        return new SensorsPage(first.sensors(), first.next());
    }

    Answer answer() {
        return Answer.json(
                200,
                sensors.stream()
                        .map(Sensor::json)
                        .collect(Collectors.joining(
                                ",",
                                "{\"sensors\":[",
                                "],\"next\":" + (next == null ? null : Json.quoted(next)) + "}")));
    }

    /**
     * Reads what another instance answered.
     *
     * @param silent whether it was asked for those that are silent
     * @throws IllegalArgumentException if that is not what {@link #answer} writes
     */
    static SensorsPage read(JsonNode json, boolean silent) {
        List<Sensor> sensors = new ArrayList<>();
        Json.expect(json.path("sensors").isArray() && json.has("next"));
        for (JsonNode sensor : json.get("sensors")) {
            JsonNode id = silent ? sensor.path("sensor") : sensor;
            Json.expect(id.isTextual() && (!silent || sensor.path("since").isIntegralNumber()));
            sensors.add(new Sensor(
                    id.textValue(), silent ? (Long) sensor.get("since").longValue() : null));
        }
        String next = json.get("next").textValue();
        Json.expect(
                next == null
                        ? json.get("next").isNull()
                        : !sensors.isEmpty()
                                && sensors.get(sensors.size() - 1).id.equals(next));
        return new SensorsPage(sensors, next);
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(UTF_8));
    }
}
