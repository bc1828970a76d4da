package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingJsonTest {

    private final ObjectMapper jackson = new ObjectMapper();
    private final ReadingJson json = new ReadingJson(List.of("value"), false);

    @ParameterizedTest
    @CsvSource({
        "2025-01-01T12:00:00.123456Z, 42, 2025-01-01T12:00:00.123456Z, 42",
        "2025-01-01T12:00:00Z, 0, 2025-01-01T12:00:00.000000Z, 0",
        "2025-01-01T12:00:00.000000001Z, 7, 2025-01-01T12:00:00.000000001Z, 7",
        "1969-12-31T23:59:59.999999Z, -1, 1969-12-31T23:59:59.999999Z, -1",
        "2024-02-29T00:00:00Z, 20.87, 2024-02-29T00:00:00.000000Z, 20.87",
        "2024-12-31T23:59:59Z, 100.0, 2024-12-31T23:59:59.000000Z, 100",
        "0000-01-01T00:00:00Z, -0.0, 0000-01-01T00:00:00.000000Z, 0",
        "9999-12-31T23:59:59Z, 9007199254740992, 9999-12-31T23:59:59.000000Z, 9007199254740992",
        "2025-01-01T00:00:00Z, 1e300, 2025-01-01T00:00:00.000000Z, 1.0E300",
        "2025-01-01T00:00:00Z, 999, 2025-01-01T00:00:00.000000Z, 999",
        "2025-01-01T00:00:00Z, 1000, 2025-01-01T00:00:00.000000Z, 1000",
    })
    void shouldWriteTimeAndNumber(Instant time, double reading, String writtenTime, String writtenNumber) {
        assertThat(new String(json.write(time, reading), UTF_8))
                .isEqualTo("{\"ts\":\"" + writtenTime + "\",\"value\":" + writtenNumber + "}");
    }

    @Test
    void shouldSayToJacksonWhatWasMeant() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200_000; i++) {
            Instant time = Instant.ofEpochSecond(
                    random.nextLong(ReadingJson.MIN_TIME.getEpochSecond(), ReadingJson.MAX_TIME.getEpochSecond() + 1),
                    random.nextInt(1_000_000_000) / (i % 2 == 0 ? 1 : 1_000) * (i % 2 == 0 ? 1 : 1_000));
            double reading = switch (i % 4) {
                case 0 -> random.nextInt(-100, 101);
                case 1 -> random.nextInt(-10_000, 10_001) / 100.0;
                case 2 -> random.nextLong();
                default -> finite(random);
            };

            JsonNode tree = jackson.readTree(json.write(time, reading));

            assertThat(tree.size()).isEqualTo(2);
            assertThat(Instant.parse(tree.get("ts").textValue())).isEqualTo(time);
            assertThat(tree.get("value").isNumber()).isTrue();
            assertThat(tree.get("value").doubleValue()).isEqualTo(reading);
        }
    }

    @Test
    void shouldWriteAStringThatHoldsTheJsonForReadersThatDecodeTwice() throws IOException {
        Instant time = Instant.parse("2025-01-01T12:00:00.123456789Z");
        byte[] twice = new ReadingJson(List.of("value"), true).write(time, -0.123456789012345678);

        assertThat(new String(twice, UTF_8))
                .isEqualTo(
                        "\"{\\\"ts\\\":\\\"2025-01-01T12:00:00.123456789Z\\\",\\\"value\\\":-0.12345678901234568}\"");
        assertThat(jackson.readTree(twice).textValue())
                .isEqualTo(new String(json.write(time, -0.123456789012345678), UTF_8));
    }

    /** Names as odd as they may be, values of any length, some of them left out. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldSayToJacksonWhatWasMeantOfManyFields(boolean doubleEncoded) throws IOException {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 2_000; i++) {
            List<String> fields = Stream.generate(() -> name(random))
                    .distinct()
                    .limit(random.nextInt(1, ReadingJson.MOST_FIELDS + 1))
                    .toList();
            ReadingJson.checkFields("--fields", fields);
            ReadingJson many = new ReadingJson(fields, doubleEncoded);
            for (int j = 0; j < 5; j++) {
                Instant time = Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
                double[] values = random.doubles(fields.size())
                        .map(share -> share < 0.2 ? Double.NaN : share < 0.4 ? -Double.MIN_NORMAL : finite(random))
                        .toArray();

                JsonNode tree = jackson.readTree(many.write(time, values));
                if (doubleEncoded) {
                    tree = jackson.readTree(tree.textValue());
                }

                Map<String, Double> expected = new LinkedHashMap<>();
                for (int field = 0; field < values.length; field++) {
                    if (!Double.isNaN(values[field])) {
                        expected.put(fields.get(field), values[field]);
                    }
                }
                Map<String, Double> written = new LinkedHashMap<>();
                tree.properties().stream()
                        .skip(1)
                        .forEach(member ->
                                written.put(member.getKey(), member.getValue().doubleValue()));
                assertThat(Instant.parse(tree.get("ts").textValue())).isEqualTo(time);
                assertThat(written).containsExactlyEntriesOf(expected);
            }
        }
    }

    private static String name(SplittableRandom random) {
        String letters = "abc \"\\/'{}:~ö☃😀";
        StringBuilder name = new StringBuilder();
        for (int length = random.nextInt(1, 51); length > 0; length--) {
            int[] points = letters.codePoints().toArray();
            name.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return name.toString();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void shouldRefuseWhatJsonCannotSay(double reading) {
        assertThatThrownBy(() -> json.write(Instant.EPOCH, reading)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0001-12-31T23:59:59.999999999Z", "+10000-01-01T00:00:00Z"})
    void shouldRefuseYearsOfMoreThanFourDigits(Instant time) {
        assertThatThrownBy(() -> json.write(time, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static double finite(SplittableRandom random) {
        double number = Double.longBitsToDouble(random.nextLong());
        return Double.isFinite(number) ? number : Double.MIN_VALUE;
    }
}
