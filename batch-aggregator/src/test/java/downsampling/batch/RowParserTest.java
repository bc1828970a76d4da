package downsampling.batch;

import static org.assertj.core.api.Assertions.assertThat;

import downsampling.batch.RowParser.Fault;
import downsampling.batch.RowParser.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of what is a log row and what is not. In them, {@code ~} stands for a line feed and {@code ^} for a CR. */
class RowParserTest {

    private final RowParser parser = new RowParser();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9~",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9^~",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9^",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,\"9\"^",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9,more",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9,\"more, and\",more~",
                "2025-01-01 00:00:00,u,a, 1 ,+2,03,\t4,5\t,00000000000000000000000000006,7,8,9",
                "\"2025-01-01 00:00:00\",\"u\",\"a\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"^~",
            })
    void aRow(String text) {
        assertThat(parse(text)).isEqualTo(Verdict.ROW);
        assertThat(parser.metrics).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(parser.seconds).isEqualTo(LocalDateTime.of(2025, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC));
        assertThat(field(1)).isEqualTo("u");
        assertThat(field(2)).isEqualTo("a");
        assertThat(parser.end).isEqualTo(text.length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "user|user",
                "two words|two words",
                "` lead`| lead",
                "``|``",
                "\"quoted\"|quoted",
                "\"a,b\"|a,b",
                "\"a\"\"b\"|a\"b",
                "\"\"\"\"|\"",
                "\"\"|``",
                "\"a~b\"|a~b",
                "\"a^~b\"|a^~b",
                "mid\"quote|mid\"quote",
                "\"a^b\"|a^b",
                "über 日本 😀|über 日本 😀",
            })
    void aUser(String written, String meant) {
        assertThat(parse("2025-01-01 00:00:00," + written + ",a,1,2,3,4,5,6,7,8,9~"))
                .isEqualTo(Verdict.ROW);
        assertThat(field(1)).isEqualTo(meant == null ? "" : controls(meant));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-0, 0",
        "098, 98",
        "-7, -7",
        "9223372036854775807, 9223372036854775807",
        "-9223372036854775808, -9223372036854775808",
        "+0009223372036854775807, 9223372036854775807",
    })
    void aMetric(String written, long meant) {
        assertThat(parse("2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8," + written)).isEqualTo(Verdict.ROW);
        assertThat(parser.metrics[8]).isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "-", "+", "--1", "+-1", "- 1", "1.0", "1e3", "1 2", "0x1F", "1_000", "1'000", "NaN", "٣"
            })
    void noMetric(String written) {
        assertThat(parse("2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8," + written)).isEqualTo(Verdict.REJECTED);
        assertThat(parser.fault).isEqualTo(Fault.METRIC);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "9223372036854775808",
                "-9223372036854775809",
                "18446744073709551616",
                "92233720368547758070",
                "100000000000000000000000000000000000000000"
            })
    void aMetricBeyond64Bits(String written) {
        assertThat(parse("2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8," + written)).isEqualTo(Verdict.REJECTED);
        assertThat(parser.fault).isEqualTo(Fault.METRIC_RANGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000-01-01 00:00:00",
                "1969-12-31 23:59:59",
                "2000-02-29 00:00:00",
                "2024-02-29 12:34:56",
                "2025-12-31 23:59:59",
                "9999-12-31 23:59:59"
            })
    void aTimestamp(String written) {
        assertThat(parse(written + ",u,a,1,2,3,4,5,6,7,8,9")).isEqualTo(Verdict.ROW);
        assertThat(parser.seconds)
                .isEqualTo(LocalDateTime.parse(written.replace(' ', 'T')).toEpochSecond(ZoneOffset.UTC));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2025-02-29 00:00:00",
                "2025-02-30 00:00:00",
                "1900-02-29 00:00:00",
                "2025-04-31 00:00:00",
                "2025-00-01 00:00:00",
                "2025-13-01 00:00:00",
                "2025-01-00 00:00:00",
                "2025-01-32 00:00:00",
                "2025-01-01 24:00:00",
                "2025-01-01 23:60:00",
                "2025-01-01 23:59:60",
                "2025-01-01T00:00:00",
                "2025/01/01 00:00:00",
                "2025-01-01 00.00.00",
                "2025-01-01 00:00:00Z",
                "2025-01-01 00:00:00.0",
                "2025-01-01 00:00",
                "2025-01-01",
                "25-01-01 00:00:00",
                "2025-1-01 00:00:00",
                " 2025-01-01 00:00:00",
                "2025-01-01 00:00:0:",
                "2025-01-01 -1:00:00",
                "timestamp"
            })
    void noTimestamp(String written) {
        assertThat(parse("2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9")).isEqualTo(Verdict.ROW);
        assertThat(parse(written + ",u,a,1,2,3,4,5,6,7,8,9")).isEqualTo(Verdict.REJECTED);
        assertThat(parser.fault).isEqualTo(Fault.TIMESTAMP);
        assertThat(parser.faultFrom).isZero();
        assertThat(parser.faultTo).isEqualTo(written.length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "~                                                    | TOO_FEW_FIELDS   | ~",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8~next         | TOO_FEW_FIELDS   | 2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8~",
                "2025-01-01 00:00:00,\"u,a,1,2,3,4,5,6,7,8,9~next     | UNCLOSED_QUOTE   | \"u,a,1,2,3,4,5,6,7,8,9~next",
                "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9,\"~next    | UNCLOSED_QUOTE   | \"~next",
                "2025-01-01 00:00:00,\"u\"x,a,1,2,3,4,5,6,7,8,9~next  | TEXT_AFTER_QUOTE | x",
                "2025-01-01 00:00:00,\"u~v\"x,a,1,2,3,4,5,6,7,8,9~    | TEXT_AFTER_QUOTE | x",
                "2025-01-01 00:00:00,\"u\" ,a,1,2,3,4,5,6,7,8,9~      | TEXT_AFTER_QUOTE | ` `",
            })
    void noRow(String text, Fault fault, String where) {
        assertThat(parse(text)).isEqualTo(Verdict.REJECTED);
        assertThat(parser.fault).isEqualTo(fault);
        assertThat(controls(text).substring(parser.faultFrom, parser.faultTo)).isEqualTo(controls(where));
        assertThat(parser.end).isEqualTo(controls(text).indexOf('\n') + 1);
    }

    @Test
    void aSoundRecordOfSeveralLinesIsRejectedWhole() {
        String text = "2025-01-01 00:00:00,\"u\nv\",a,1,2,x,4,5,6,7,8,9\n";
        assertThat(parse(text + "next")).isEqualTo(Verdict.REJECTED);
        assertThat(parser.fault).isEqualTo(Fault.METRIC);
        assertThat(parser.end).isEqualTo(text.length());
    }

    @Test
    void aGoodRowBetweenStrayQuotesIsNotLost() {
        String first = "2025-01-01 00:00:00,\"u,a,1,2,3,4,5,6,7,8,9\n";
        String good = "2025-01-01 00:00:00,u,a,1,2,3,4,5,6,7,8,9\n";
        assertThat(parse(first + good + "2025-01-01 00:00:00,u\",a,1,2,x,4,5,6,7,8,9\n"))
                .isEqualTo(Verdict.REJECTED);
        assertThat(parser.end).isEqualTo(first.length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "C0AF", "E28228", "EDA080", "F4908080", "FF", "C3"})
    void invalidUtf8(String hex) {
        byte[] bytes = java.util.HexFormat.of().parseHex(hex);
        String text =
                "2025-01-01 00:00:00," + new String(bytes, StandardCharsets.ISO_8859_1) + ",a,1,2,3,4,5,6,7,8,9\n";
        byte[] line = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(parser.parse(line, 0, line.length, true)).isEqualTo(Verdict.REJECTED);
        assertThat(parser.fault).isEqualTo(Fault.INVALID_UTF8);
        assertThat(parser.faultFrom).isBetween(20, 20 + bytes.length - 1);
    }

    @Test
    void asksForMoreUntilTheRecordIsWhole() {
        byte[] line = "2025-01-01 00:00:00,\"u\r\n\"\"\",a,1,2,3,4,5,6,7,8,\"9\"\r\n".getBytes(StandardCharsets.UTF_8);
        for (int there = 0; there < line.length; there++) {
            assertThat(parser.parse(line, 0, there, false))
                    .as("%d bytes", there)
                    .isEqualTo(Verdict.INCOMPLETE);
        }
        assertThat(parser.parse(line, 0, line.length, false)).isEqualTo(Verdict.ROW);
        assertThat(field(1)).isEqualTo("u\r\n\"");
    }

    private Verdict parse(String text) {
        byte[] bytes = controls(text).getBytes(StandardCharsets.UTF_8);
        return parser.parse(bytes, 0, bytes.length, true);
    }

    private static String controls(String text) {
        return text.replace('~', '\n').replace('^', '\r');
    }

    private String field(int field) {
        return new String(
                parser.bytes(field), parser.from(field), parser.to(field) - parser.from(field), StandardCharsets.UTF_8);
    }
}
