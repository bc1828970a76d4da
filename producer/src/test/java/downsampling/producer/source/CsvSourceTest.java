package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvSourceTest {

    private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

    @TempDir
    private Path folder;

    private final List<String> badLines = new ArrayList<>();

    @Test
    void shouldReadColumnsByNumberAndTrimFields() throws IOException {
        assertThat(read("1, 1458291637749, 1, 4 , 20.87\n", "4", "2", "5"))
                .containsExactly("4 {\"ts\":\"2016-03-18T09:00:37.749000Z\",\"value\":20.87}");
    }

    @Test
    void shouldReadColumnsByHeaderNameInAnyOrder() throws IOException {
        assertThat(read("value,room,time\n-3.5,A,2025-01-01T00:00:00Z\n", "room", "time", "value"))
                .containsExactly("A {\"ts\":\"2025-01-01T00:00:00.000000Z\",\"value\":-3.5}");
    }

    @Test
    void shouldTakeTheFirstLineForTheHeaderWhenOneColumnIsNamed() throws IOException {
        assertThat(read("room,time,value\nA,1,2\n", "1", "2", "value")).hasSize(1);
        assertThat(badLines).isEmpty();
    }

    @Test
    void shouldReadSeveralColumnsAndLeaveOutTheEmptyOnes() throws IOException {
        String columns = "temperature=3, humidity = 4";
        assertThat(read("""
                        A,1735732800,21.5,40.2
                        A,1735732801, ,41
                        A,1735732802,22.5,
                        A,1735732803,,
                        A,1735732804,warm,42
                        A,1735732805,23,NaN
                        A,1735732806,23.5
                        A,1735732807,24,43
                        """, "1", "2", columns))
                .containsExactly(
                        "A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"temperature\":21.5,\"humidity\":40.2}",
                        "A {\"ts\":\"2025-01-01T12:00:01.000000Z\",\"humidity\":41}",
                        "A {\"ts\":\"2025-01-01T12:00:02.000000Z\",\"temperature\":22.5}",
                        "A {\"ts\":\"2025-01-01T12:00:07.000000Z\",\"temperature\":24,\"humidity\":43}");
        String file = folder.resolve("readings.csv").toString();
        assertThat(badLines)
                .containsExactly(
                        file + ":4: there is no number for temperature or humidity; line skipped",
                        file + ":5: temperature 'warm' is not a finite number; line skipped",
                        file + ":6: humidity 'NaN' is not a finite number; line skipped",
                        file
                                + ":7: the humidity is expected in column 4, but the line ends with column 3; line skipped");
    }

    @Test
    void shouldReadSeveralColumnsByHeaderName() throws IOException {
        assertThat(read("room,time,T [°C],RH\nA,1735732800,21.5,40\n", "room", "time", "humidity=RH,T=T [°C]"))
                .containsExactly("A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"humidity\":40,\"T\":21.5}");
        assertThat(read("room,time,value\nA,1735732800,1\n", "1", "2", "t=value,u=3"))
                .containsExactly("A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"t\":1,\"u\":1}");
        assertThat(badLines).isEmpty();
    }

    @Test
    void shouldCallTheOneValueAsOneLikes() throws IOException {
        assertThat(read("A,1735732800,1\nA,1735732800,\n", "1", "2", "co2=3"))
                .containsExactly("A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"co2\":1}");
        assertThat(badLines).singleElement().asString().endsWith(":2: there is no number for co2; line skipped");
    }

    /** The table of the processor's tests: a file says the same, whichever of the two reads it. */
    @ParameterizedTest
    @CsvFileSource(resources = "/times.csv", delimiter = '|')
    void shouldReadTimesAsTheProcessorDoes(String time, String millis) throws IOException {
        List<Message> messages = messages("B,1,1\nA,\"" + time + "\",1\n", false);

        if (millis.startsWith("refused")) {
            assertThat(badLines)
                    .singleElement()
                    .asString()
                    .contains("time '" + time + "' is neither")
                    .contains(millis.substring("refused".length()).replace(": ", "; it looks like "));
        } else {
            assertThat(messages)
                    .last()
                    .satisfies(message ->
                            assertThat(eventTime(message).toEpochMilli()).isEqualTo(Long.parseLong(millis)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1735732800", "1735732800.0", "1735732800000"})
    void shouldTakeANumberForEpochSecondsOrMilliseconds(String time) throws IOException {
        assertThat(read("A," + time + ",1\n", "1", "2", "3"))
                .containsExactly("A {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"value\":1}");
    }

    @Test
    void shouldKeepFractionsOfSecondsAndTimesBefore1970() throws IOException {
        assertThat(read("A,1735732800.123456,1\nA,-1.5,1\nA,2025-01-01T00:00:00.123456789Z,1\n", "1", "2", "3"))
                .containsExactly(
                        "A {\"ts\":\"2025-01-01T12:00:00.123456Z\",\"value\":1}",
                        "A {\"ts\":\"1969-12-31T23:59:58.500000Z\",\"value\":1}",
                        "A {\"ts\":\"2025-01-01T00:00:00.123456789Z\",\"value\":1}");
    }

    @Test
    void shouldReadQuotedFieldsCrLfByteOrderMarkAndALastLineWithoutEnd() throws IOException {
        assertThat(read(
                        "\uFEFFroom,time,value\r\n\"Küche, \"\"Süd\"\"\", \"1735732800\" ,1\r\nB,1735732800,2",
                        "room",
                        "time",
                        "value"))
                .containsExactly(
                        "Küche, \"Süd\" {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"value\":1}",
                        "B {\"ts\":\"2025-01-01T12:00:00.000000Z\",\"value\":2}");
        assertThat(badLines).isEmpty();
    }

    @Test
    void shouldReportBadLinesWithFileAndLineAndReadOn() throws IOException {
        assertThat(read("""
                        room,time,value
                        A,1735732800,1
                        A,yesterday,2
                        A,1735732800,warm
                        A,1735732800,NaN
                        A,1735732800,1e999
                        A,1735732800,0x10
                        A,1735732800,
                        ,1735732800,3

                        A,1735732800
                        A,1735732800000000,4
                        A,2025-02-30T00:00:00Z,5
                        A,1735732800,6
                        """, "1", "2", "3"))
                .extracting(line -> line.substring(line.indexOf("value")))
                .containsExactly("value\":1}", "value\":6}");
        String file = folder.resolve("readings.csv").toString();
        assertThat(badLines)
                .containsExactly(
                        file + ":1: time 'time' is neither ISO-8601 nor epoch s or ms; line skipped",
                        file + ":3: time 'yesterday' is neither ISO-8601 nor epoch s or ms; line skipped",
                        file + ":4: value 'warm' is not a finite number; line skipped",
                        file + ":5: value 'NaN' is not a finite number; line skipped",
                        file + ":6: value '1e999' is not a finite number; line skipped",
                        file + ":7: value '0x10' is not a finite number; line skipped",
                        file + ":8: there is no number for value; line skipped",
                        file + ":9: the sensor is empty; line skipped",
                        file + ":11: the value is expected in column 3, but the line ends with column 2; line skipped",
                        file + ":12: time '1735732800000000' is neither ISO-8601 nor epoch s or ms; it looks like"
                                + " microseconds; line skipped",
                        file + ":13: time '2025-02-30T00:00:00Z' is neither ISO-8601 nor epoch s or ms; it looks like"
                                + " a day, time or offset that does not exist; line skipped");
    }

    @Test
    void shouldFindNoReadingInAnEmptyFile() throws IOException {
        assertThat(read("", "1", "2", "3")).isEmpty();
        assertThat(read("room,time,value\n", "room", "time", "value")).isEmpty();
        assertThat(badLines).isEmpty();
    }

    @Test
    void shouldFailAtAQuoteThatIsNotClosed() throws IOException {
        try (CsvSource source = open(file(write("A,1,1\n\"A,2,2\nA,3,3\n"), UTF_8, "1", "2", "3", false))) {
            assertThat(source.next().text()).endsWith("\"value\":1}");
            assertThatThrownBy(source::hasNext)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(folder.resolve("readings.csv") + ": ")
                    .hasMessageContaining("quote");
        }
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.CsvSource({
        "ISO-8859-1, 0xf6",
        "windows-1252, 0xf6",
        "UTF-16LE, NUL",
        "UTF-16BE, NUL"
    })
    void shouldRefuseAnotherCharsetWithTheLineAndWhatIsThereAfterTheLinesBefore(String charset, String found)
            throws IOException {
        String file = "Bonn,1000,1\nKöln,1000,2\n";
        Path path = Files.write(folder.resolve("readings.csv"), file.getBytes(Charset.forName(charset)));
        int line = charset.startsWith("UTF-16") ? 1 : 2;

        try (CsvSource source = open(file(path, UTF_8, "1", "2", "3", false))) {
            if (line == 2) {
                assertThat(source.next().sensor()).isEqualTo("Bonn");
            }
            assertThatThrownBy(source::hasNext)
                    .isInstanceOf(UncheckedIOException.class)
                    .satisfies(e -> assertThat(ErrorLine.of(e))
                            .startsWith(path + ":" + line + ": expected text in UTF-8, found ")
                            .contains(found, "--charset"));
        }
        try (CsvSource source = open(file(path, Charset.forName(charset), "1", "2", "3", false))) {
            assertThat(source.next().sensor()).isEqualTo("Bonn");
            assertThat(source.next().sensor()).isEqualTo("Köln");
            assertThat(source.hasNext()).isFalse();
        }
    }

    @Test
    void shouldTakeTheCharsetOfAByteOrderMark() throws IOException {
        for (Charset charset : List.of(UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            Path path = Files.write(folder.resolve("readings.csv"), "\uFEFFKöln,1000,1\n".getBytes(charset));
            try (CsvSource source = open(file(path, StandardCharsets.ISO_8859_1, "1", "2", "3", false))) {
                assertThat(source.next().sensor()).isEqualTo("Köln");
            }
        }
    }

    @Test
    void shouldReadLettersThatStandAcrossTheEdgesOfItsBuffers() throws IOException {
        String file = "ä😀,1000,1\n".repeat(40_000);

        assertThat(messages("x" + file, false))
                .hasSize(40_000)
                .element(39_999)
                .extracting(Message::sensor)
                .isEqualTo("ä😀");
    }

    @Test
    void shouldRefuseAFileThatEndsAmidALetter() throws IOException {
        byte[] file = "A,1,1\nB,1,ö".getBytes(UTF_8);
        Path path = Files.write(folder.resolve("readings.csv"), Arrays.copyOf(file, file.length - 1));
        try (CsvSource source = open(file(path, UTF_8, "1", "2", "3", false))) {
            assertThat(source.next().sensor()).isEqualTo("A");
            assertThatThrownBy(source::hasNext)
                    .hasMessageContaining(path + ":2: expected text in UTF-8, found byte 0xc3");
        }
    }

    @Test
    void shouldRefuseANameThatTwoColumnsHave() {
        assertThatThrownBy(() -> read("room,time,value,value\n", "room", "time", "value"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "--value-column=value: expected a column's number, because columns 3 and 4 of the header both have that name");
    }

    @Test
    void shouldSayWhyWhereEveryLineWasSkipped() throws IOException {
        try (CsvSource source = open(file(write("room,time,value\nA,1,2\n"), UTF_8, "1", "2", "3", false))) {
            assertThat(source.hasNext()).isTrue();
            source.next();
            assertThat(source.hasNext()).isFalse();
            assertThat(source.counts()).containsExactly(Map.entry("lines skipped", 1L));
        }
        try (CsvSource source = open(file(write("A;1;2\nB;1;2\n"), UTF_8, "1", "2", "3", false))) {
            assertThatThrownBy(source::hasNext)
                    .isInstanceOf(FailedException.class)
                    .hasMessage(folder.resolve("readings.csv")
                            + ": expected readings, found none; all 2 lines were skipped,"
                            + " first line 1: the time is expected in column 2, but the line ends with column 1");
        }
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.CsvSource({"1735732800000000, microseconds", "1735732800000000000, nanoseconds"})
    void shouldSayWhatATimeLooksLike(String time, String unit) throws IOException {
        assertThat(read("B,1,1\nA," + time + ",1\n", "1", "2", "3")).hasSize(1);
        assertThat(badLines).singleElement().asString().contains("it looks like " + unit);
    }

    @Test
    void shouldNameTheColumnsThereAreWhenOneIsMissing() {
        assertThatThrownBy(() -> read("room,time,value\n", "room", "time", "temperature"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--value-column=temperature: expected a column's number from 1, or one of"
                        + " [room, time, value]");
    }

    @Test
    void shouldMoveEventTimesSoThatTheFirstIsNow() throws IOException {
        List<Message> messages = messages("A,1000,1\nA,1010.5,2\nA,999,3\n", true);

        assertThat(messages)
                .extracting(CsvSourceTest::eventTime)
                .containsExactly(NOW, NOW.plusMillis(10_500), NOW.minusSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSkipTimesThatHaveNoYearOfFourDigitsAlsoWhereTheyCameFirst(boolean rebase) throws IOException {
        List<Message> messages = messages("A,-90000000000,1\nA,-31557014167219200000,1\nA,1000,2\nA,1010,3\n", rebase);

        assertThat(badLines)
                .hasSize(2)
                .allMatch(line -> line.endsWith(" is not in the years 0000 to 9999; line skipped"));
        assertThat(messages)
                .extracting(message -> message.text().split("value\":")[1])
                .containsExactly("2}", "3}");
        assertThat(eventTime(messages.get(0))).isEqualTo(rebase ? NOW : Instant.ofEpochSecond(1000));
    }

    @Test
    void shouldScheduleReadingsAsRecordedOrFasterFromTheFirstOn() throws IOException {
        String file = "A,1000,1\nA,1010,2\nA,1005,3\nA,990,4\nA,1020,5\n";

        assertThat(dues(file, 1)).containsExactly(0L, 10_000_000_000L, 5_000_000_000L, 0L, 20_000_000_000L);
        assertThat(dues(file, 10)).containsExactly(0L, 1_000_000_000L, 500_000_000L, 0L, 2_000_000_000L);
        assertThat(dues(file, 0.5)).containsExactly(0L, 20_000_000_000L, 10_000_000_000L, 0L, 40_000_000_000L);
        assertThat(dues(file, Double.POSITIVE_INFINITY)).containsExactly(0L, 0L, 0L, 0L, 0L);
    }

    @Test
    void shouldReadTheRoomClimateDataWhole() throws IOException {
        Path data = Path.of("../../shared/data/room-climate/location_A-measurement60.csv");
        assumeThat(data).exists();
        long lines;
        try (var all = Files.lines(data)) {
            lines = all.count();
        }

        List<Message> messages = new ArrayList<>();
        try (CsvSource source = open(file(data, UTF_8, "4", "2", "temperature=5,humidity=6", false))) {
            source.forEachRemaining(messages::add);
        }

        assertThat(badLines).isEmpty();
        assertThat(messages).hasSize((int) lines);
        assertThat(messages.get(0).text())
                .isEqualTo("{\"ts\":\"2016-03-31T13:15:12.881000Z\",\"temperature\":22.38,\"humidity\":53.065}");
    }

    private List<String> read(String content, String sensor, String time, String value) throws IOException {
        List<String> lines = new ArrayList<>();
        try (CsvSource source = open(file(write(content), UTF_8, sensor, time, value, false))) {
            source.forEachRemaining(m -> lines.add(m.sensor() + " " + m.text()));
        }
        return lines;
    }

    private List<Message> messages(String content, boolean rebase) throws IOException {
        List<Message> messages = new ArrayList<>();
        try (CsvSource source = open(file(write(content), UTF_8, "1", "2", "3", rebase))) {
            source.forEachRemaining(messages::add);
        }
        return messages;
    }

    private List<Long> dues(String content, double speed) throws IOException {
        List<Long> dues = new ArrayList<>();
        try (CsvSource source = open(file(write(content), UTF_8, "1", "2", "3", false))) {
            while (source.hasNext()) {
                dues.add(new Speed(speed).dueNanos(source.dueNanos()));
                source.next();
            }
        }
        return dues;
    }

    private static Instant eventTime(Message message) {
        return Instant.parse(message.text().split("\"")[3]);
    }

    private static CsvFile file(Path path, Charset charset, String sensor, String time, String value, boolean rebase) {
        return new CsvFile(
                path,
                charset,
                new CsvFile.Columns(
                        new CsvFile.Column(sensor), new CsvFile.Column(time), CsvFile.ValueColumn.listOf(value)),
                rebase);
    }

    private CsvSource open(CsvFile file) throws IOException {
        return new CsvSource(file, Clock.fixed(NOW, ZoneOffset.UTC), false, badLines::add);
    }

    private Path write(String content) throws IOException {
        return Files.write(folder.resolve("readings.csv"), content.getBytes(UTF_8));
    }
}
