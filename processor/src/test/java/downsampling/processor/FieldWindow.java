package downsampling.processor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a sensor said of one field in one window, and the slow, obvious way to each statistic of it.
 *
 * @param place sensor, start and end of the window, and field
 * @param said in the order of the partition
 */
record FieldWindow(String place, List<Said> said) {

    /** What a sensor said of a field; time in epoch ms. */
    record Said(String sensor, long time, String field, double value) {}

    private static final MathContext EXACT = new MathContext(60);
    private static final ObjectMapper JSON = new ObjectMapper();

    static List<FieldWindow> bruteForce(List<Said> readings, long size) {
        Map<String, FieldWindow> windows = new LinkedHashMap<>();
        for (Said said : readings) {
            long start = said.time / size * size;
            windows.computeIfAbsent(
                            place(said.sensor, start, start + size, said.field),
                            place -> new FieldWindow(place, new ArrayList<>()))
                    .said
                    .add(said);
        }
        return List.copyOf(windows.values());
    }

    private static String place(String sensor, long start, long end, String field) {
        return sensor + " " + start + " " + end + " " + field;
    }

    /** Holds all summaries but those of a sensor {@code closer} against what they have to be. */
    static void assertSame(
            List<ConsumerRecord<byte[], byte[]>> summaries, List<FieldWindow> expected, String statistics)
            throws IOException {
        Map<String, JsonNode> found = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> summary : summaries) {
            String sensor = new String(summary.key(), UTF_8);
            JsonNode json = JSON.readTree(summary.value());
            for (Map.Entry<String, JsonNode> field : json.properties()) {
                if (!sensor.equals("closer") && !field.getKey().equals("time")) {
                    String place =
                            place(sensor, summary.timestamp(), json.get("time").longValue(), field.getKey());
                    assertThat(found.put(place, field.getValue()))
                            .as("another one of " + place)
                            .isNull();
                }
            }
        }
        assertThat(found.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        expected.stream().map(FieldWindow::place).toList());
        for (FieldWindow window : expected) {
            window.assertSays(found.get(window.place), statistics);
        }
    }

    /** Holds what a summary says of the field against what it has to say. */
    void assertSays(JsonNode field, String statistics) {
        assertThat(field.fieldNames()).toIterable().as(place).containsExactly(statistics.split(","));
        field.properties().forEach(statistic -> assertStatistic(statistic.getKey(), statistic.getValue()));
    }

    private void assertStatistic(String name, JsonNode found) {
        String what = place + " " + name;
        double[] values = said.stream().mapToDouble(Said::value).sorted().toArray();
        int count = values.length;
        double min = values[0];
        double max = values[count - 1];
        BigDecimal sum = said.stream().map(said -> new BigDecimal(said.value)).reduce(BigDecimal.ZERO, BigDecimal::add);
        switch (name) {
            case "count" -> assertThat(found.longValue()).as(what).isEqualTo(count);
            case "sum" -> assertThat(found.doubleValue()).as(what).isEqualTo(sum.doubleValue());
            case "min" -> assertThat(found.doubleValue()).as(what).isEqualTo(min);
            case "max" -> assertThat(found.doubleValue()).as(what).isEqualTo(max);
            case "mean" ->
                assertThat(found.doubleValue())
                        .as(what)
                        .isEqualTo(Math.max(min, Math.min(max, sum.doubleValue() / count)));
            case "stddev" -> assertDeviation(what, sum.divide(BigDecimal.valueOf(count), EXACT), found);
            case "first" -> assertThat(found.doubleValue()).as(what).isEqualTo(valueAt(true));
            case "last" -> assertThat(found.doubleValue()).as(what).isEqualTo(valueAt(false));
            case "median" -> assertQuantile(what, values[(count - 1) / 2], found);
            default -> {
                assertThat(name).startsWith("p");
                BigDecimal rank =
                        new BigDecimal(name.substring(1)).movePointLeft(2).multiply(BigDecimal.valueOf(count - 1));
                assertQuantile(what, values[rank.intValue()], found);
            }
        }
    }

    private void assertDeviation(String what, BigDecimal mean, JsonNode found) {
        if (said.size() == 1) {
            assertThat(found.isNull()).as(what).isTrue();
            return;
        }
        BigDecimal squares = BigDecimal.ZERO;
        for (Said one : said) {
            squares = squares.add(new BigDecimal(one.value).subtract(mean).pow(2));
        }
        double deviation = squares.divide(BigDecimal.valueOf(said.size() - 1), EXACT)
                .sqrt(EXACT)
                .doubleValue();
        assertThat(found.isNumber()).as(what).isTrue();
        // Subtracted here: isCloseTo takes the difference of the shortest decimals, which may exceed an ulp.
        assertThat(Math.abs(found.doubleValue() - deviation))
                .as("%s: %s, expected %s", what, found, deviation)
                .isLessThanOrEqualTo(Math.ulp(deviation));
    }

    /** Of the oldest or the newest event time; where several readings have it, of the one that came last. */
    private double valueAt(boolean oldest) {
        Said best = said.get(0);
        for (Said one : said) {
            if (oldest ? one.time <= best.time : one.time >= best.time) {
                best = one;
            }
        }
        return best.value;
    }

    private static void assertQuantile(String what, double expected, JsonNode found) {
        assertThat(found.isNumber()).as(what).isTrue();
        assertThat(found.doubleValue()).as(what).isCloseTo(expected, within(Math.abs(expected) * 0.01));
    }
}
