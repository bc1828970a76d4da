package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingDeserializerTest {
    private static final Instant NOW = Instant.parse("2025-01-01T12:00:00Z");

    private final ReadingDeserializer readings =
            new ReadingDeserializer(ZoneOffset.UTC, Duration.ofSeconds(60), NOW::toEpochMilli);

    private Reading read(String json) {
        return readings.deserialize("raw", json.getBytes(UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"ts\":\"2025-01-01T12:00:00.123456Z\",\"value\":42}                | 1735732800123 | 42",
                "{\"value\":-0.5,\"ts\":\"2025-01-01T12:00:00Z\"}                     | 1735732800000 | -0.5",
                "{\"ts\":1735732800001,\"value\":1e3}                                 | 1735732800001 | 1000",
                "{\"ts\":0,\"value\":0}                                               | 0             | 0",
                "{\"ts\":\"2025-01-01T12:00:00\",\"value\":1,\"x\":{\"ts\":[1,{}]}}   | 1735732800000 | 1",
                " { \"ts\" : \"2025-01-01T14:00:00+02:00\" , \"value\" : 1 } \t       | 1735732800000 | 1",
                "\"{\\\"ts\\\": \\\"2025-01-01T12:00:00.5\\\", \\\"value\\\": 7}\"     | 1735732800500 | 7",
                "{\"ts\":\"2025-01-01T12:01:00Z\",\"value\":12345678901234567890}      | 1735732860000 | 12345678901234567890",
                "{\"ts\":\"2025-01-01T12:00:00\\u005A\",\"value\":1}                   | 1735732800000 | 1",
            })
    void shouldReadLiberally(String json, long time, double value) {
        Reading reading = read(json);
        assertThat(reading.time()).isEqualTo(time);
        assertThat(reading.value()).isEqualTo(value);
    }

    static Stream<Arguments> noReadings() {
        return Stream.of(
                Arguments.of("", "value: expected a JSON object, found nothing"),
                Arguments.of("hello", "value: expected JSON, found Unrecognized token 'hello'"),
                Arguments.of(
                        "{\"ts\":\"2025-01-01T12:00:00Z\",\"va", "value: expected JSON, found Unexpected end-of-input"),
                Arguments.of(
                        "{\"ts\":\"2025-01-01T12:00:00Z\",\"value\":1",
                        "value: expected JSON, found Unexpected end-of-input"),
                Arguments.of("[1,2]", "value: expected a JSON object, found an array"),
                Arguments.of("42", "value: expected a JSON object, found 42"),
                Arguments.of("null", "value: expected a JSON object, found null"),
                Arguments.of("\"hello\"", "value: expected JSON, found Unrecognized token 'hello'"),
                Arguments.of("\"\\\"twice\\\"\"", "value: expected a JSON object, found the text \"twice\""),
                Arguments.of("{}", "ts: expected a field \"ts\", found none"),
                Arguments.of("{\"value\":1}", "ts: expected a field \"ts\", found none"),
                Arguments.of("{\"ts\":1}", "value: expected a field \"value\", found none"),
                Arguments.of(
                        "{\"ts\":\"yesterday\",\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found the text \"yesterday\""),
                Arguments.of(
                        "{\"ts\":null,\"value\":1}", "ts: expected ISO-8601 or whole epoch milliseconds, found null"),
                Arguments.of(
                        "{\"ts\":true,\"value\":1}", "ts: expected ISO-8601 or whole epoch milliseconds, found true"),
                Arguments.of(
                        "{\"ts\":{},\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found an object"),
                Arguments.of(
                        "{\"ts\":1735732800000.5,\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found 1735732800000.5"),
                Arguments.of(
                        "{\"ts\":99999999999999999999,\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found 99999999999999999999"),
                Arguments.of(
                        "{\"ts\":1735732800,\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found 1735732800, which looks like seconds"),
                Arguments.of("{\"ts\":631152000,\"value\":1}", "ts: expected ISO-8601 or whole epoch milliseconds"),
                Arguments.of("{\"ts\":4102444799,\"value\":1}", "ts: expected ISO-8601 or whole epoch milliseconds"),
                Arguments.of(
                        "{\"ts\":1735732800.25,\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found 1735732800.25, which looks like seconds"),
                Arguments.of(
                        "\"{\\\"ts\\\":1735732800,\\\"value\\\":1}\"",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found 1735732800, which looks like seconds"),
                Arguments.of(
                        "{\"ts\":1735732800000000,\"value\":1}",
                        "ts: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found 1735732800000000,"
                                + " 1733997067200000 ms ahead, which looks like microseconds"),
                Arguments.of(
                        "{\"ts\":1735732800000000000,\"value\":1}",
                        "ts: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found 1735732800000000000,"
                                + " 1735731064267200000 ms ahead, which looks like nanoseconds"),
                Arguments.of(
                        "{\"ts\":1,\"value\":21,5}",
                        "value: expected JSON, found Unexpected character ('5' (code 53)): was expecting double-quote to"
                                + " start field name, after what looks like a decimal comma at byte 19"),
                Arguments.of(
                        "{\"ts\":1,\"value\":x}", "value: expected JSON, found Unrecognized token 'x': was expecting"),
                Arguments.of(
                        "{\"ts\":1,\"value\":NaN}", "value: expected JSON, found Non-standard token 'NaN' at byte 16"),
                Arguments.of(
                        "{\"ts\":1}\u0000",
                        "value: expected JSON, found Illegal character ((CTRL-CHAR, code 0)): only"),
                Arguments.of(
                        "\"{\\\"ts\\\":NaN}\"",
                        "value: expected JSON, found Non-standard token 'NaN' at character 9 of the text"),
                Arguments.of("{\"ts\":-1,\"value\":1}", "ts: expected a time since 1970, found -1"),
                Arguments.of(
                        "{\"ts\":\"1969-12-31T23:59:59Z\",\"value\":1}",
                        "ts: expected a time since 1970, found the text \"1969-12-31T23:59:59Z\""),
                Arguments.of(
                        "{\"ts\":\"2025-01-01T12:01:00.001Z\",\"value\":1}",
                        "ts: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found the text"),
                Arguments.of(
                        "{\"ts\":9223372036854775807,\"value\":1}",
                        "ts: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found 9223372036854775807"),
                Arguments.of(
                        "{\"ts\":1,\"value\":\"42\"}",
                        "value: expected a number in field \"value\", found the text \"42\""),
                Arguments.of("{\"ts\":1,\"value\":null}", "value: expected a number in field \"value\", found null"),
                Arguments.of("{\"ts\":1,\"value\":[1]}", "value: expected a number in field \"value\", found an array"),
                Arguments.of("{\"ts\":1,\"value\":NaN}", "value: expected JSON, found Non-standard token 'NaN'"),
                Arguments.of(
                        "{\"ts\":1,\"value\":\"NaN\"}",
                        "value: expected a number in field \"value\", found the text \"NaN\""),
                Arguments.of(
                        "{\"ts\":1,\"value\":-Infinity}", "value: expected JSON, found Non-standard token '-Infinity'"),
                Arguments.of(
                        "{\"ts\":1,\"value\":1e400}",
                        "value: expected a number that a 64-bit float can hold in field \"value\", found 1e400"),
                Arguments.of(
                        "{\"ts\":1,\"value\":1}{\"ts\":1,\"value\":1}",
                        "value: expected nothing after the reading, found an object"),
                Arguments.of("{\"ts\":1,\"value\":1} x", "value: expected JSON, found Unrecognized token 'x'"),
                Arguments.of(
                        "{\"ts\":1,\"value\":" + "1".repeat(100_000) + "}",
                        "value: expected JSON, found Number value length (100000) exceeds"),
                Arguments.of(
                        "{\"ts\":" + "1".repeat(100_000) + ",\"value\":1}",
                        "value: expected JSON, found Number value length (100000) exceeds"),
                Arguments.of(
                        "{\"ts\":1,\"value\":" + "[".repeat(1000) + "]".repeat(1000) + "}",
                        "value: expected a number in field \"value\", found an array"),
                Arguments.of(
                        "{\"ts\":1,\"value\":1,\"x\":" + "[".repeat(1000) + "]".repeat(1000) + "}",
                        "value: expected JSON, found Document nesting depth"),
                Arguments.of(
                        "{\"ts\":\"" + "2".repeat(500_000) + "\",\"value\":1}",
                        "ts: expected ISO-8601 or whole epoch milliseconds, found the text \"222"),
                Arguments.of(
                        "{\"ts\":1,\"value\":1,\"x\":\"" + " ".repeat(5 << 20) + "\"}",
                        "value: expected at most 1048576 bytes, found 5242"));
    }

    @ParameterizedTest
    @MethodSource("noReadings")
    void shouldSayWhatWasExpectedAndWhatWasFound(String json, String message) {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(json))
                .satisfies(e -> assertThat(e.getMessage()).startsWith(message).hasSizeLessThan(400));
    }

    @Test
    void shouldRefuseANullValue() {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> readings.deserialize("raw", null))
                .withMessage("value: expected a JSON object, found none");
    }

    @Test
    void shouldRefuseInvalidUtf8() {
        byte[] json = "{\"ts\":1,\"value\":1,\"x\":\"?\"}".getBytes(UTF_8);
        json[json.length - 3] = (byte) 0xC3;
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> readings.deserialize("raw", json))
                .withMessage("value: expected JSON in UTF-8, found 0xc3, as Latin-1 has it, at byte 23");
    }

    /** Words of the parser's own, which tell those who send readings nothing. */
    private static final Pattern PARSER =
            Pattern.compile("Feature|Constraints|Stream|REDACTED|VALUE_|ALLOW_|Source|`[A-Z][a-z]|Exception");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/* c */ {}",
                "{\"ts\":+1}",
                "{\"ts\":01}",
                "{\"ts\":.5}",
                "{\"ts\":'a'}",
                "{'ts':1}",
                "{ts:1}",
                "{\"ts\":Infinity}",
                "{\"ts\":1]",
                "[1}",
                "{\"ts\":\"a",
                "{\"ts\":\"\\x\"}",
                "{\"ts\":\"\n\"}",
                "{\"ts\":[1,",
                "{\"ts\":{\"a\":1",
                "\"{\\\"ts\\\":[1,\"",
            })
    void shouldNotSpeakOfTheParser(String json) {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(json))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern(PARSER));
    }

    /** Those of a clock that was never set, and of long ago, say so in words. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "5",
                "631151999",
                "4102444800",
                "631152000000",
                "\"1970-01-21T02:08:52.800Z\"",
                "\"1985-01-01T00:00:00Z\""
            })
    void shouldTakeATimeOfLongAgoThatIsNoSeconds(String time) {
        assertThat(read("{\"ts\":" + time + ",\"value\":1}").time()).isNotNegative();
    }

    /** Bytes flipped, cut and spliced: a reading or the one exception, nothing else. */
    @Test
    void shouldGiveAReadingOrRefuseOneMillionMangledRecords() {
        byte[][] seeds = Stream.of(
                        "{\"ts\":\"2025-01-01T12:00:00.123456Z\",\"value\":42}",
                        "{\"ts\":1735732800001,\"value\":-1.5e-3,\"unit\":\"°C\",\"tags\":[1,null,{\"a\":true}]}",
                        "\"{\\\"ts\\\": \\\"2025-01-01T12:00:00.5+02:00\\\", \\\"value\\\": 7}\"",
                        "{\"value\":12345678901234567890,\"ts\":\"2025-01-01 12:00:00\"}")
                .map(json -> json.getBytes(UTF_8))
                .toArray(byte[][]::new);
        Random random = new Random(3);
        int read = 0;
        for (int i = 0; i < 1_000_000; i++) {
            byte[] record = seeds[random.nextInt(seeds.length)].clone();
            switch (random.nextInt(4)) {
                case 0 -> record[random.nextInt(record.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> record = Arrays.copyOf(record, random.nextInt(record.length));
                case 2 -> random.nextBytes(record);
                default -> {
                    byte[] other = seeds[random.nextInt(seeds.length)];
                    int from = random.nextInt(other.length);
                    int length = random.nextInt(Math.min(other.length - from, record.length));
                    System.arraycopy(other, from, record, random.nextInt(record.length - length), length);
                }
            }
            for (int flips = random.nextInt(3); flips > 0 && record.length > 0; flips--) {
                record[random.nextInt(record.length)] = (byte) random.nextInt(256);
            }
            try {
                Reading reading = readings.deserialize("raw", record);
                read++;
                if (reading.time() < 0
                        || reading.time() > NOW.toEpochMilli() + 60_000
                        || !Double.isFinite(reading.value())) {
                    throw new AssertionError("took " + new String(record, UTF_8) + " for " + reading);
                }
            } catch (NotAReadingException e) {
                // The other way out. Any other exception fails the test.
                if (e.getMessage().length() > 400
                        || PARSER.matcher(e.getMessage()).find()) {
                    throw new AssertionError("a dead letter that speaks of the parser: " + e.getMessage());
                }
            }
        }
        assertThat(read).as("mangled records that still are readings").isBetween(10_000, 500_000);
    }

    /** The quick way takes a message only to give what the careful one gives, to the last bit. */
    @Test
    void shouldReadThePlainShapeQuicklyAndAlike() {
        String[] times = {
            "2025-01-01T12:00:00.123456Z",
            "2025-01-01T12:00:00Z",
            "1970-01-01T00:00:00",
            "2024-02-29T23:59:59.9Z",
            "2025-02-30T12:00:00Z",
            "2025-01-01T12:00:00+01:00",
            "2025-01-01T12:00:60Z",
            "1969-12-31T23:59:59Z",
            "noon",
            "",
            "1970-01-21T02:08:52.8Z"
        };
        String[] numericTimes = {"1735732800", "1735732800000", "1735732800000000", "1735732800000000000", "0", "1.5"};
        String[] numbers = {
            "42",
            "-0.5",
            "0",
            "-0",
            "-0.0",
            "0.0",
            "00",
            "01",
            "1.",
            ".5",
            "-",
            "",
            "1e3",
            "1.5E-3",
            "+1",
            "--1",
            "1.2.3",
            "999999999999999",
            "1000000000000000",
            "0.000000000000001",
            "123456.789012345",
            "9007199254740993",
            "3.14x",
            "0.1",
            "0.3",
            "-273.15",
            "1 ",
            "null",
            "\"7\""
        };
        String[] colons = {":", ": ", ":  ", " :"};
        String[] commas = {",", ", ", " ,", ""};
        String[] ends = {"}", "} ", " }", "", "}}", "},"};
        Random random = new Random(5);
        int quick = 0;
        for (int i = 0; i < 200_000; i++) {
            String number = random.nextBoolean()
                    ? numbers[random.nextInt(numbers.length)]
                    : new BigDecimal(BigInteger.valueOf(random.nextLong() >> random.nextInt(63)), random.nextInt(20))
                            .toPlainString();
            byte[] json = ("{\"ts\"" + colons[random.nextInt(random.nextInt(4) + 1)]
                            + (random.nextInt(8) == 0
                                    ? numericTimes[random.nextInt(numericTimes.length)]
                                    : '"' + times[random.nextInt(random.nextInt(times.length) + 1)] + '"')
                            + commas[random.nextInt(random.nextInt(4) + 1)]
                            + "\"value\"" + colons[random.nextInt(random.nextInt(4) + 1)] + number
                            + ends[random.nextInt(random.nextInt(6) + 1)])
                    .getBytes(UTF_8);
            if (random.nextInt(4) == 0 && json.length > 0) {
                json[random.nextInt(json.length)] = (byte) random.nextInt(256);
            }
            Reading plain = new PlainReading(ZoneOffset.UTC).read(json);
            if (plain != null) {
                quick++;
            }
            assertThat(outcome(() -> readings.deserialize("raw", json)))
                    .as(new String(json, UTF_8))
                    .isEqualTo(outcome(() -> readings.careful(json)));
        }
        assertThat(quick).as("messages read the quick way").isBetween(10_000, 100_000);
    }

    private static String outcome(Supplier<Reading> reading) {
        try {
            return reading.get().toString();
        } catch (NotAReadingException e) {
            return e.getMessage();
        }
    }
}
