package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import downsampling.processor.window.SummaryJson;
import downsampling.processor.window.WindowReader;
import downsampling.service.Answer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A page of the windows of one sensor: all there are in the time that was asked for, up to the last of them.
 *
 * @param completeAfter no window that ended after this, in epoch milliseconds, is missing
 * @param total         windows of the sensor, of whatever time
 * @param windows       by time
 * @param next          the time of the last of them if there are others after it, else null
 */
record WindowsPage(
        long completeAfter,
        long total,
        List<Window> windows,
        @Nullable Long next) {
    /** Members of a window beside its fields. */
    private static final Set<String> OF_WINDOW = Set.of("time", "open", "partition");

    private static final WindowsPage NONE = new WindowsPage(0, 0, List.of(), null);

    /**
     * @param time its end, in epoch milliseconds
     * @param json as it is answered
     */
    record Window(long time, int partition, String json) {}

    /** What partitions of this instance have of the windows that overlap {@code [from, to)}. */
    static WindowsPage of(WindowReader reader, Set<Integer> partitions, String sensor, long from, long to, int limit) {
        return partitions.stream()
                .map(partition -> of(reader.windows(partition, sensor), partition, from, to, limit))
                .reduce(NONE, (some, others) -> joined(List.of(some, others), limit));
    }

    private static WindowsPage of(WindowReader.Windows found, int partition, long from, long to, int limit) {
        List<Window> windows = new ArrayList<>();
        for (WindowReader.Window window : found.windows()) {
            if (window.end() > from && window.start() < to) {
                if (windows.size() == limit) {
                    long last = windows.get(limit - 1).time;
                    return new WindowsPage(
                            found.completeAfter(), found.windows().size(), windows, last);
                }
                windows.add(written(window, partition));
            }
        }
        return new WindowsPage(found.completeAfter(), found.windows().size(), windows, null);
    }

    /** What stands, or would stand, on the output topic, and where it comes from. */
    private static Window written(WindowReader.Window window, int partition) {
        String summary = new String(new SummaryJson().write(window.end(), window.summary()), UTF_8);
        String json = summary.substring(0, summary.length() - 1) + ",\"open\":" + window.open() + ",\"partition\":"
                + partition + "}";
        return new Window(window.end(), partition, json);
    }

    /** One page of several: it ends where the first of them ends. */
    static WindowsPage joined(List<WindowsPage> pages, int limit) {
        Long end = pages.stream()
                .map(WindowsPage::next)
                .filter(Objects::nonNull)
                .min(Comparator.naturalOrder())
                .orElse(null);
        List<Window> windows = pages.stream()
                .flatMap(page -> page.windows.stream())
                .filter(window -> end == null || window.time <= end)
                .sorted(Comparator.comparingLong(Window::time).thenComparingInt(Window::partition))
                .toList();
        int most = Math.min(limit, windows.size());
        while (most > 0 && most < windows.size() && windows.get(most).time == windows.get(most - 1).time) {
            most++; // of other partitions: a page ends between times
        }
        boolean cut = end != null || most < windows.size();
        return new WindowsPage(
                pages.stream().mapToLong(WindowsPage::completeAfter).max().orElse(0),
                pages.stream().mapToLong(WindowsPage::total).sum(),
                windows.subList(0, most),
                cut ? (Long) windows.get(most - 1).time : null);
    }

    /** @param all whether all partitions were asked, so that a sensor without a window is known to have none */
    Answer answer(String sensor, boolean all) {
        if (total == 0 && all) {
            return Answer.error(404, "no window of this sensor is open or kept");
        }
        return Answer.json(
                200,
                windows.stream()
                        .map(Window::json)
                        .collect(Collectors.joining(
                                ",",
                                "{\"sensor\":" + Json.quoted(sensor) + ",\"completeAfter\":" + completeAfter
                                        + ",\"total\":" + total + ",\"windows\":[",
                                "],\"next\":" + next + "}")));
    }

    /** @throws IllegalArgumentException if that is not what {@link #answer} writes of the sensor and these partitions */
    static WindowsPage read(JsonNode json, String sensor, Set<Integer> partitions) {
        Json.expect(sensor.equals(json.path("sensor").textValue())
                && json.path("completeAfter").isIntegralNumber()
                && json.path("total").isIntegralNumber()
                && json.path("windows").isArray()
                && json.has("next")
                && (json.get("next").isNull() || json.get("next").isIntegralNumber()));
        List<Window> windows = new ArrayList<>();
        for (JsonNode window : json.get("windows")) {
            Json.expect(window.path("time").isIntegralNumber()
                    && window.path("open").isBoolean()
                    && window.path("partition").isInt()
                    && partitions.contains(window.get("partition").intValue())
                    && window.properties().stream().allMatch(WindowsPage::isExpected));
            windows.add(new Window(
                    window.get("time").longValue(), window.get("partition").intValue(), window.toString()));
        }
        Long next = json.get("next").isNull() ? null : (Long) json.get("next").longValue();
        Json.expect(next == null || (!windows.isEmpty() && windows.get(windows.size() - 1).time == next));
        return new WindowsPage(
                json.get("completeAfter").longValue(), json.get("total").longValue(), windows, next);
    }

    /** What is not of the window itself is the statistics of a field. Which fields there are, another instance may see otherwise. */
    private static boolean isExpected(Map.Entry<String, JsonNode> member) {
        JsonNode value = member.getValue();
        return value.isObject()
                ? value.valueStream().allMatch(statistic -> statistic.isNumber() || statistic.isNull())
                : OF_WINDOW.contains(member.getKey());
    }
}
