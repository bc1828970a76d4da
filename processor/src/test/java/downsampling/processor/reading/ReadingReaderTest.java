package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import downsampling.processor.settings.EpochUnit;
import downsampling.processor.settings.ParsedSettings;
import downsampling.processor.settings.ReadingSettings;
import java.nio.charset.Charset;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingReaderTest {
    private static final Instant NOW = Instant.parse("2025-01-01T12:00:00Z");

    private static Reading read(String json, String... options) {
        return read(json.getBytes(UTF_8), NOW.toEpochMilli(), options);
    }

    private static Reading read(byte[] json, long timestamp, String... options) {
        ReadingSettings settings = ParsedSettings.of(options).readings();
        Reading reading = new Reading(settings.fields().size());
        new ReadingReader(settings).read(json, timestamp, NOW.toEpochMilli(), reading);
        return reading;
    }

    private static void assertRefused(String message, String json, String... options) {
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(json, options))
                .withMessage(message);
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
        assertThat(reading.values()).containsExactly(value);
    }

    static Stream<Arguments> noReadings() {
        return Stream.of(
                Arguments.of("", "value: expected a JSON object, found nothing"),
                Arguments.of("hello", "value: expected JSON in UTF-8, found 'h' at byte 0, in \"hello\""),
                Arguments.of(
                        "{\"ts\":\"2025-01-01T12:00:00Z\",\"va",
                        "value: expected JSON in UTF-8, found the end at byte 32, in a text"),
                Arguments.of(
                        "{\"ts\":\"2025-01-01T12:00:00Z\",\"value\":1",
                        "value: expected JSON in UTF-8, found the end at byte 38"),
                Arguments.of("[1,2]", "value: expected a JSON object, found an array"),
                Arguments.of("42", "value: expected a JSON object, found 42"),
                Arguments.of("null", "value: expected a JSON object, found null"),
                Arguments.of("\"hello\"", "value: expected JSON, found 'h' at character 0 of the text, in \"hello\""),
                Arguments.of("\"\\\"twice\\\"\"", "value: expected a JSON object, found the text \"twice\""),
                Arguments.of("{}", "ts: expected a field \"ts\", found none"),
                Arguments.of("{\"value\":1}", "ts: expected a field \"ts\", found none"),
                Arguments.of("{\"ts\":1}", "value: expected a number in field \"value\", found none"),
                Arguments.of(
                        "{\"ts\":\"yesterday\",\"value\":1}",
                        "ts: expected ISO-8601 or epoch milliseconds, found the text \"yesterday\""),
                Arguments.of("{\"ts\":null,\"value\":1}", "ts: expected ISO-8601 or epoch milliseconds, found null"),
                Arguments.of("{\"ts\":true,\"value\":1}", "ts: expected ISO-8601 or epoch milliseconds, found true"),
                Arguments.of("{\"ts\":{},\"value\":1}", "ts: expected ISO-8601 or epoch milliseconds, found an object"),
                Arguments.of(
                        "{\"ts\":99999999999999999999,\"value\":1}",
                        "ts: expected ISO-8601 or epoch milliseconds, found 99999999999999999999"),
                Arguments.of(
                        "{\"ts\":1735732800,\"value\":1}",
                        "ts: expected epoch milliseconds, found 1735732800, which looks like seconds; see --time-unit"),
                Arguments.of("{\"ts\":631152000,\"value\":1}", "ts: expected epoch milliseconds, found 631152000"),
                Arguments.of("{\"ts\":4102444799,\"value\":1}", "ts: expected epoch milliseconds, found 4102444799"),
                Arguments.of(
                        "{\"ts\":1735732800.25,\"value\":1}",
                        "ts: expected epoch milliseconds, found 1735732800.25, which looks like seconds; see --time-unit"),
                Arguments.of(
                        "\"{\\\"ts\\\":1735732800,\\\"value\\\":1}\"",
                        "ts: expected epoch milliseconds, found 1735732800, which looks like seconds; see --time-unit"),
                Arguments.of(
                        "{\"ts\":1735732800000000,\"value\":1}",
                        "ts: expected epoch milliseconds, found 1735732800000000, which looks like microseconds; see --time-unit"),
                Arguments.of(
                        "{\"ts\":1735732800000000000,\"value\":1}",
                        "ts: expected epoch milliseconds, found 1735732800000000000, which looks like nanoseconds; see"
                                + " --time-unit"),
                Arguments.of(
                        "{\"ts\":1,\"value\":21,5}",
                        "value: expected JSON in UTF-8, found '5' at byte 19, after what looks like a decimal comma"),
                Arguments.of("{\"ts\":1,\"value\":x}", "value: expected JSON in UTF-8, found 'x' at byte 16"),
                Arguments.of(
                        "{\"ts\":1,\"value\":NaN}", "value: expected JSON in UTF-8, found 'N' at byte 16, in \"NaN\""),
                Arguments.of(
                        "{\"ts\":1}\u0000",
                        "value: expected JSON in UTF-8, found 0x00 at byte 8, after the end of the JSON"),
                Arguments.of(
                        "\"{\\\"ts\\\":NaN}\"",
                        "value: expected JSON, found 'N' at character 6 of the text, in \"NaN\""),
                Arguments.of("{\"ts\":-1,\"value\":1}", "ts: expected a time since 1970, found -1"),
                Arguments.of(
                        "{\"ts\":\"1969-12-31T23:59:59Z\",\"value\":1}",
                        "ts: expected a time since 1970, found the text \"1969-12-31T23:59:59Z\""),
                Arguments.of(
                        "{\"ts\":\"2025-01-01T12:01:00.001Z\",\"value\":1}",
                        "ts: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found the text"),
                Arguments.of(
                        "{\"ts\":9223372036854775807,\"value\":1}",
                        "ts: expected ISO-8601 or epoch milliseconds, found 9223372036854775807"),
                Arguments.of(
                        "{\"ts\":9000000000000000000,\"value\":1}",
                        "ts: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found 9000000000000000000,"
                                + " 8999998264267200000 ms ahead"),
                Arguments.of(
                        "{\"ts\":1,\"value\":\"42\"}",
                        "value: expected a number in field \"value\", found the text \"42\"; a number stands without quotes"),
                Arguments.of(
                        "{\"ts\":1,\"value\":\"21,5\"}",
                        "value: expected a number in field \"value\", found the text \"21,5\"; a number stands without"
                                + " quotes and has a decimal point"),
                Arguments.of(
                        "{\"ts\":1,\"value\":\"-1.5e3 \"}",
                        "value: expected a number in field \"value\", found the text \"-1.5e3 \"; a number stands without"
                                + " quotes"),
                Arguments.of("{\"ts\":1,\"value\":null}", "value: expected a number in field \"value\", found null"),
                Arguments.of("{\"ts\":1,\"value\":[1]}", "value: expected a number in field \"value\", found an array"),
                Arguments.of(
                        "{\"ts\":1,\"value\":NaN}", "value: expected JSON in UTF-8, found 'N' at byte 16, in \"NaN\""),
                Arguments.of(
                        "{\"ts\":1,\"value\":\"NaN\"}",
                        "value: expected a number in field \"value\", found the text \"NaN\""),
                Arguments.of(
                        "{\"ts\":1,\"value\":-Infinity}",
                        "value: expected JSON in UTF-8, found 'I' at byte 17, in \"-Infinity\""),
                Arguments.of(
                        "{\"ts\":1,\"value\":1e400}",
                        "value: expected a number that a 64-bit float can hold in field \"value\", found 1e400"),
                Arguments.of(
                        "{\"ts\":1,\"value\":1}{\"ts\":1,\"value\":1}",
                        "value: expected nothing after the reading, found an object"),
                Arguments.of("{\"ts\":1,\"value\":1} x", "value: expected JSON in UTF-8, found 'x' at byte 19, after"),
                Arguments.of(
                        "{\"ts\":1,\"value\":" + "1".repeat(100_000) + "}",
                        "value: expected JSON in UTF-8, found a number of more than 1000 digits at byte "),
                Arguments.of(
                        "{\"ts\":" + "1".repeat(100_000) + ",\"value\":1}",
                        "value: expected JSON in UTF-8, found a number of more than 1000 digits at byte "),
                Arguments.of(
                        "{\"ts\":1,\"value\":" + "[".repeat(1000) + "]".repeat(1000) + "}",
                        "value: expected a number in field \"value\", found an array"),
                Arguments.of(
                        "{\"ts\":1,\"value\":1,\"x\":" + "[".repeat(1000) + "]".repeat(1000) + "}",
                        "value: expected JSON in UTF-8, found objects and arrays in each other, more than 500 deep, at byte 521"),
                Arguments.of(
                        "{\"ts\":\"" + "2".repeat(500_000) + "\",\"value\":1}",
                        "ts: expected ISO-8601 or epoch milliseconds, found the text \"222"),
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
                .isThrownBy(() -> read((byte[]) null, 0))
                .withMessage("value: expected a JSON object, found none");
    }

    @Test
    void shouldRefuseInvalidUtf8() {
        byte[] json = "{\"ts\":1,\"value\":1,\"x\":\"?\"}".getBytes(UTF_8);
        json[json.length - 3] = (byte) 0xC3;
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(json, 0))
                .withMessage("value: expected JSON in UTF-8, found 0xc3 at byte 23, as Latin-1 has it");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1f8b0800 00000000        | what begins like gzip",
                "28b52ffd 0458            | what begins like zstd",
                "04224d18 6440            | what begins like lz4",
                "82534e41 50505900 0000   | what begins like snappy",
                "ff060000 734e6150 7059   | what begins like snappy",
                "789cab56                 | what begins like zlib",
                "aced0005 7400            | what begins like a serialized Java object",
                "00000000 057b7d          | a byte 0 and then a schema's id, here 5, as serializers write it that have a schema",
                "00000186 a10206          | a byte 0 and then a schema's id, here 100001, as serializers write it that have",
                "00010203                 | 0x00 at byte 0",
            })
    void shouldKnowOtherFormats(String hex, String found) {
        byte[] value = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(value, 0))
                .satisfies(e -> assertThat(e.getMessage()).startsWith("value: expected JSON in UTF-8, found " + found))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(NotAReadingException.Reason.JSON));
    }

    @Test
    void shouldReadUtf16AndSayWhereItIsNoJson() {
        for (Charset charset : List.of(UTF_16BE, UTF_16LE)) {
            for (String mark : List.of("", "\uFEFF")) {
                String json = mark + "{\"ts\":7,\"value\":1}";
                assertThat(read(json.getBytes(charset), 0).time()).isEqualTo(7);
                byte[] bad = json.replace(":7", ":\u00e4").getBytes(charset);
                assertThatExceptionOfType(NotAReadingException.class)
                        .isThrownBy(() -> read(bad, 0))
                        .withMessage("value: expected JSON, found '\u00e4' at byte " + (12 + 2 * mark.length())
                                + ", in UTF-16");
            }
        }
    }

    /** Words of the parser's own, which tell those who send readings nothing. */
    private static final Pattern PARSER = Pattern.compile(
            "Feature|Constraints|Stream|REDACTED|VALUE_|ALLOW_|Source|Exception|[Tt]oken|code \\d|enable|expecting");

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

    /** The table that all read by; with a clock that is ahead of all of it. */
    @ParameterizedTest
    @CsvFileSource(resources = "/times.csv", delimiter = '|')
    void shouldReadOrRefuseEachTimeOfTheTable(String text, String millis) {
        String json = "{\"ts\":\"" + text + "\",\"value\":1}";
        if (millis.startsWith("refused")) {
            assertThatExceptionOfType(NotAReadingException.class)
                    .isThrownBy(() -> readLater(json))
                    .withMessageStartingWith("ts: expected ")
                    .withMessageContaining(", found the text \"" + text)
                    .withMessageContaining(millis.substring("refused".length()).replace(": ", "which looks like "))
                    .satisfies(e -> assertThat(e.reason()).isEqualTo(NotAReadingException.Reason.TIME));
        } else if (millis.startsWith("-")) {
            assertThatExceptionOfType(NotAReadingException.class)
                    .isThrownBy(() -> readLater(json))
                    .withMessageStartingWith("ts: expected a time since 1970");
        } else {
            assertThat(readLater(json).time()).isEqualTo(Long.parseLong(millis));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "s, 1735732800, 1735732800000",
        "s, 1735732800.25, 1735732800250",
        "us, 1735732800000999, 1735732800000",
        "ns, 1735732800000000000, 1735732800000",
    })
    void shouldReadANumberInATextInItsUnit(String unit, String number, long time) {
        assertThat(read("{\"ts\":\"" + number + "\",\"value\":1}", "--time-unit=" + unit)
                        .time())
                .isEqualTo(time);
    }

    @Test
    void shouldRefuseANumberInATextThatIsNoLikelyTime() {
        assertRefused(
                "ts: expected epoch milliseconds, found the text \"1735732800\", which looks like seconds; see --time-unit",
                "{\"ts\":\"1735732800\",\"value\":1}");
        assertRefused(
                "ts: expected ISO-8601 or epoch milliseconds from 1990 to 2100, found the text \"20250101\", which looks"
                        + " like a date without a time",
                "{\"ts\":\"20250101\",\"value\":1}");
        assertRefused(
                "ts: expected ISO-8601 or epoch seconds from 1990 to 2100, found the text \"0\"",
                "{\"ts\":\"0\",\"value\":1}",
                "--time-unit=s");
    }

    @Test
    void shouldLetTheRecordDecideOnALocalTimeThatComesTwiceAndCountIt() {
        ReadingSettings settings = ParsedSettings.of("--zone=Europe/Berlin").readings();
        AtomicInteger ambiguous = new AtomicInteger();
        ReadingReader reader = new ReadingReader(settings, ambiguous::incrementAndGet);
        Reading reading = new Reading(1);
        byte[] twice = "{\"ts\":\"2024-10-27T02:30:00\",\"value\":1}".getBytes(UTF_8);
        long earlier = Instant.parse("2024-10-27T00:30:00Z").toEpochMilli();
        reader.read(twice, earlier + 1000, NOW.toEpochMilli(), reading);
        assertThat(reading.time()).isEqualTo(earlier);
        reader.read(twice, earlier + 3_601_000, NOW.toEpochMilli(), reading);
        assertThat(reading.time()).isEqualTo(earlier + 3_600_000);
        assertThat(ambiguous).hasValue(2);

        byte[] once = "{\"ts\":\"2024-10-27T03:30:00\",\"value\":1}".getBytes(UTF_8);
        reader.read(once, earlier, NOW.toEpochMilli(), reading);
        byte[] dead = "{\"ts\":\"2024-10-27T02:30:00\",\"value\":null}".getBytes(UTF_8);
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> reader.read(dead, earlier, NOW.toEpochMilli(), reading));
        assertThat(ambiguous).hasValue(2);
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
        ReadingReader reader = new ReadingReader(ParsedSettings.of().readings());
        Reading reading = new Reading(1);
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
                reader.read(record, 0, NOW.toEpochMilli(), reading);
                read++;
                if (reading.time() < 0
                        || reading.time() > NOW.toEpochMilli() + 60_000
                        || !Double.isFinite(reading.values()[0])) {
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

    @Test
    void shouldReadSeveralFieldsFromWhereTheyStand() {
        String json = "{\"device\":{\"id\":\"a1\"},\"timestamp\":1764159935,\"temp\":21.5,\"hum\":40}";
        String[] options = {
            "--fields=temperature=temp,humidity=/hum,pressure", "--time-field=timestamp", "--time-unit=s"
        };
        Reading reading = readLater(json, options);
        assertThat(reading.time()).isEqualTo(1_764_159_935_000L);
        assertThat(reading.values()).containsExactly(21.5, 40, Double.NaN);
    }

    @Test
    void shouldReadNestedObjectsAndArraysByPointer() {
        String json =
                "{\"a/b\":{\"~\":[{\"t\":1},{\"t\":2,\"1\":[]}]},\"meta\":{\"time\":{\"at\":\"2025-01-01T12:00:00Z\"}},\"0\":7}";
        Reading reading = read(
                json,
                "--fields=one=/a~1b/~0/1/t,zero=/0,none=/a~1b/~0/2/t,dash=/a~1b/~0/-",
                "--time-field=/meta/time/at");
        assertThat(reading.time()).isEqualTo(NOW.toEpochMilli());
        assertThat(reading.values()).containsExactly(2, 7, Double.NaN, Double.NaN);
    }

    @ParameterizedTest
    @CsvSource({
        "s, 1735732800, 1735732800000",
        "s, 1735732800.0, 1735732800000",
        "s, 1735732800.25, 1735732800250",
        "s, 1735732800.9999999, 1735732800999",
        "s, 1.7357328E9, 1735732800000",
        "s, 5, 5000",
        "s, 0.0019, 1",
        "s, 0.00099, 0",
        "s, 1e-400, 0",
        "s, 0e999999999, 0",
        "ms, 1735732800000.5, 1735732800000",
        "ms, 1.7357328E12, 1735732800000",
        "us, 1735732800000999, 1735732800000",
        "us, 1735732800001000.5, 1735732800001",
        "ns, 1735732800000000000, 1735732800000",
        "ns, 1735732800000999999.999, 1735732800000",
        "ns, 999999, 0",
        "ns, 1000000, 1"
    })
    void shouldReadNumericTimesInTheirUnit(String unit, String number, long time) {
        String json = "{\"ts\":" + number + ",\"value\":1}";
        assertThat(read(json, "--time-unit=" + unit).time()).isEqualTo(time);
        assertThat(read('"' + json.replace("\"", "\\\"") + '"', "--time-unit=" + unit)
                        .time())
                .isEqualTo(time);
    }

    @ParameterizedTest
    @CsvSource({
        "s, 1735732800000, milliseconds",
        "s, 1735732800000.5, milliseconds",
        "s, 1.7357328E18, nanoseconds",
        "us, 1735732800, seconds",
        "us, 1735732800000, milliseconds",
        "ns, 1735732800000, milliseconds",
        "ns, 1735732800000000, microseconds"
    })
    void shouldSayWhichUnitATimeLooksLike(String unit, String number, String looksLike) {
        String title = EpochUnit.valueOf(unit.toUpperCase(Locale.ROOT)).title();
        assertRefused(
                "ts: expected epoch " + title + ", found " + number + ", which looks like " + looksLike
                        + "; see --time-unit",
                "{\"ts\":" + number + ",\"value\":1}",
                "--time-unit=" + unit);
    }

    @ParameterizedTest
    @CsvSource({"s, -0.5", "ms, -0.0001", "ns, -1e-30", "us, -99999999999"})
    void shouldRefuseATimeBefore1970(String unit, String number) {
        assertRefused(
                "ts: expected a time since 1970, found " + number,
                "{\"ts\":" + number + ",\"value\":1}",
                "--time-unit=" + unit);
    }

    @Test
    void shouldTakeTheTimestampOfTheRecord() {
        byte[] json = "{\"ts\":\"yesterday\",\"value\":1}".getBytes(UTF_8);
        assertThat(read(json, 1_735_732_800_123L, "--time-field=record-timestamp")
                        .time())
                .isEqualTo(1_735_732_800_123L);
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(json, -1, "--time-field=record-timestamp"))
                .withMessage("record timestamp: expected a time since 1970, found none");
        assertThatExceptionOfType(NotAReadingException.class)
                .isThrownBy(() -> read(json, 1_735_732_860_001L, "--time-field=record-timestamp"))
                .withMessage("record timestamp: expected at most 60000 ms ahead of 2025-01-01T12:00:00Z, found"
                        + " 1735732860001, 60001 ms ahead");
        assertThat(read("{\"record-timestamp\":7,\"value\":1}", "--time-field=/record-timestamp")
                        .time())
                .isEqualTo(7);
    }

    @Test
    void shouldNameTheFieldThatIsWrongOrThatThereIsNone() {
        String fields = "--fields=a,b=/b/0";
        assertThat(read("{\"ts\":1,\"a\":null,\"b\":[7]}", fields).values()).containsExactly(Double.NaN, 7);
        assertRefused(
                "value: expected a number in field \"/b/0\", found the text \"7\"; a number stands without quotes",
                "{\"ts\":1,\"a\":1,\"b\":[\"7\"]}",
                fields);
        assertRefused("value: expected a number in field \"a\", found true", "{\"ts\":1,\"a\":true,\"b\":[1]}", fields);
        assertRefused(
                "value: expected a number in one of the fields \"a\", \"/b/0\", found none",
                "{\"ts\":1,\"b\":{}}",
                fields);
        assertRefused(
                "value: expected a number in one of the fields \"a\", \"/b/0\", found null",
                "{\"ts\":1,\"b\":[null]}",
                fields);
        assertRefused("t: expected a field \"t\", found none", "{\"ts\":1,\"a\":1}", fields, "--time-field=t");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"ts\":1,\"a\":1,\"a\":2}               | 2",
                "{\"ts\":1,\"a\":1,\"b\":[5,6],\"a\":null} | NaN",
                "{\"ts\":1,\"ts\":2,\"a\":3}              | 3"
            })
    void shouldTakeTheLastOfMembersWithTheSameName(String json, Double a) {
        assertThat(read(json, "--fields=a,b=/b/1").values()[0]).isEqualTo(a);
    }

    @Test
    void shouldForgetWhatStoodInAnObjectThatComesAgain() {
        assertThat(read("{\"ts\":1,\"b\":{\"c\":5},\"a\":1,\"b\":{}}", "--fields=a,b=/b/c")
                        .values())
                .containsExactly(1, Double.NaN);
        assertThat(read("{\"ts\":1,\"b\":{\"c\":5},\"a\":1,\"b\":6}", "--fields=a,b=/b/c")
                        .values())
                .containsExactly(1, Double.NaN);
    }

    private static Reading readLater(String json, String... options) {
        ReadingSettings settings = ParsedSettings.of(options).readings();
        Reading reading = new Reading(settings.fields().size());
        new ReadingReader(settings).read(json.getBytes(UTF_8), 0, Long.MAX_VALUE, reading);
        return reading;
    }
}
