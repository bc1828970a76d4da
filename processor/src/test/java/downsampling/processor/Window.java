package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.window.TopicLimits;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A summary as a consumer of the output topic sees it, and the slow, obvious way to come by the same. */
record Window(String sensor, long start, long end, long count, double min, double max, double mean) {

    /** What a sensor said; time in epoch ms. */
    record Said(String sensor, long time, double value) {}

    /** By start, then sensor: the order that tests compare in. */
    static final Comparator<Window> ORDER = Comparator.comparing(Window::start).thenComparing(Window::sensor);

    private static final Pattern JSON = Pattern.compile(
            "\\{\"time\":(\\d+),\"temperature\":\\{\"count\":(\\d+),\"min\":(\\S+),\"max\":(\\S+),\"mean\":(\\S+)}}");

    /** Reads a record and, on the way, holds its timestamp, headers and value against each other. */
    static Window of(ConsumerRecord<byte[], byte[]> record) {
        String value = new String(record.value(), UTF_8);
        Matcher json = JSON.matcher(value);
        assertThat(value).matches(JSON);
        json.matches();
        long start = Long.parseLong(Pipeline.header(record, "window.start"));
        long end = Long.parseLong(Pipeline.header(record, "window.end"));
        boolean moved = record.headers().lastHeader(TopicLimits.TIMESTAMP) != null;
        assertThat(moved ? Long.parseLong(Pipeline.header(record, TopicLimits.TIMESTAMP)) : record.timestamp())
                .as("record timestamp")
                .isEqualTo(start);
        assertThat(json.group(1)).as("time").isEqualTo(Long.toString(end));
        return new Window(
                new String(record.key(), UTF_8),
                start,
                end,
                Long.parseLong(json.group(2)),
                Double.parseDouble(json.group(3)),
                Double.parseDouble(json.group(4)),
                Double.parseDouble(json.group(5)));
    }

    /** Brute force: gather what each sensor said in each window, then count, compare and divide. */
    static List<Window> bruteForce(List<Said> readings, long size) {
        Map<String, List<Said>> gathered = new TreeMap<>();
        for (Said said : readings) {
            gathered.computeIfAbsent(said.sensor + "@" + said.time / size, key -> new ArrayList<>())
                    .add(said);
        }
        List<Window> windows = new ArrayList<>();
        for (List<Said> all : gathered.values()) {
            Said one = all.get(0);
            long start = one.time / size * size;
            double min = all.stream().mapToDouble(Said::value).min().orElseThrow();
            double max = all.stream().mapToDouble(Said::value).max().orElseThrow();
            BigDecimal sum =
                    all.stream().map(said -> new BigDecimal(said.value)).reduce(BigDecimal.ZERO, BigDecimal::add);
            double mean = Math.max(min, Math.min(max, sum.doubleValue() / all.size()));
            windows.add(new Window(one.sensor, start, start + size, all.size(), min, max, mean));
        }
        windows.sort(ORDER);
        return windows;
    }
}
