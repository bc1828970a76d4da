package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import de.siegmar.fastcsv.reader.FieldModifiers;
import downsampling.service.ErrorLine;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Readings from a CSV file in the order of its lines, at the pace they were recorded at. A line that is no
 * reading is reported and skipped.
 */
final class CsvSource implements Source {

    /**
     * Which file, and how to read it. A column is given by its number from 1, or by its name in the header; when one of
     * the three is a name, the first line is the header.
     *
     * @param charset of a file without a byte order mark
     * @param rebase whether event times are moved so that the first reading's is now
     */
    record Config(
            Path file, Charset charset, String sensorColumn, String timeColumn, String valueColumn, boolean rebase) {

        /**
         * Checks itself.
         *
         * @throws IllegalArgumentException in one line: name, value, what is allowed
         */
        Config {
            if (file == null) {
                throw new InvalidSettingException("--file", "a file that can be read, for --source=csv");
            }
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw new InvalidSettingException("--file", file, "a file that can be read");
            }
            checkColumn("--sensor-column", sensorColumn);
            checkColumn("--time-column", timeColumn);
            checkColumn("--value-column", valueColumn);
        }

        private static void checkColumn(String name, String column) {
            String expected = "a column's number from 1, or its name in the header";
            if (column == null) {
                throw new InvalidSettingException(name, expected);
            }
            if (column.isBlank() || column.matches("0+|0*[0-9]{10,}")) {
                throw new InvalidSettingException(name, column, expected);
            }
        }
    }

    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final Pattern EPOCH = Pattern.compile("-?[0-9]{1,30}(\\.[0-9]{1,9})?");
    /** As s it is in the year 5138, as ms in 1973: times between are read right, whichever they are. */
    private static final BigDecimal FIRST_MILLIS = new BigDecimal(100_000_000_000L);

    /** As ms it is in the year 5138, as us in 1973. */
    private static final BigDecimal FIRST_MICROS = FIRST_MILLIS.scaleByPowerOfTen(3);
    /** ISO-8601 as the processor reads it, of whose tests it takes the table; without an offset it is UTC. */
    private static final Pattern ISO =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
                    + "(?:(?<=:[0-9]{2}:[0-9]{2})[.,]([0-9]++))?"
                    + "(?: ?([Zz])| ?([+-][0-9]{2}(?:(:?)[0-9]{2}(?:\\6[0-9]{2})?)?))?");

    private final Config config;
    private final Clock clock;
    private final Consumer<String> badLines;
    private final CsvReader<CsvRecord> reader;
    private final Iterator<CsvRecord> records;
    private final int sensorIndex;
    private final int timeIndex;
    private final int valueIndex;
    private final ReadingJson json;

    private long skipped;
    private String firstSkipped;
    private Instant firstTime;
    private Duration shift = Duration.ZERO;
    private Instant nextRecordedTime;
    private Message next;

    /**
     * Opens the file.
     *
     * @param badLines is told of each line that is no reading, as {@code file:line: what was found}
     * @throws IllegalArgumentException if the header lacks a column, or has its name twice
     * @throws IOException if the file cannot be read, or its first line is not in its charset
     */
    CsvSource(Config config, Clock clock, ReadingJson json, Consumer<String> badLines) throws IOException {
        this.json = json;
        this.config = config;
        this.clock = clock;
        this.badLines = badLines;
        reader = CsvReader.builder()
                .trimWhitespacesAroundQuotes(true)
                // Such a quote swallows the rest of the file; that is too much to skip as one bad line.
                .allowUnclosedQuote(false)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .build(
                        CsvRecordHandler.of(c -> c.fieldModifier(FieldModifiers.TRIM)),
                        new TextFile(config.file(), config.charset()));
        records = reader.iterator();
        List<String> columns = List.of(config.sensorColumn(), config.timeColumn(), config.valueColumn());
        boolean named = columns.stream().anyMatch(c -> !NUMBER.matcher(c).matches());
        List<String> header;
        try {
            header = named && records.hasNext() ? records.next().getFields() : List.of();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        sensorIndex = index("--sensor-column", config.sensorColumn(), header);
        timeIndex = index("--time-column", config.timeColumn(), header);
        valueIndex = index("--value-column", config.valueColumn(), header);
    }

    /** How many lines were no reading so far. */
    long skipped() {
        return skipped;
    }

    /** Why nothing came of the file, in one line: all of its lines were skipped. Null while there is a reading. */
    String nothingRead() {
        return firstTime != null || skipped == 0
                ? null
                : config.file() + ": expected readings, found none; all " + skipped + " lines were skipped, first "
                        + firstSkipped;
    }

    /**
     * {@inheritDoc}
     *
     * @throws UncheckedIOException if the file cannot be read on
     */
    @Override
    public boolean hasNext() {
        try {
            while (next == null && records.hasNext()) {
                next = read(records.next());
            }
        } catch (CsvParseException e) {
            throw new UncheckedIOException(config.file() + ": " + ErrorLine.of(e), new IOException(e));
        } catch (UncheckedIOException e) { // whose own message says less than its cause
            throw new UncheckedIOException(e.getCause().getMessage(), e.getCause());
        }
        return next != null;
    }

    @Override
    public long dueNanos() {
        // A cast of more than a long holds gives the largest one, 292 years.
        return (long) (Duration.between(firstTime, nextRecordedTime).toMillis() * 1e6);
    }

    @Override
    public Message next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Message message = next;
        next = null;
        return message;
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Message read(CsvRecord line) {
        try {
            String sensor = field(line, sensorIndex, "sensor");
            Instant time = time(field(line, timeIndex, "time"));
            double reading = number(field(line, valueIndex, "value"));
            if (sensor.isEmpty()) {
                throw new IllegalArgumentException("the sensor is empty");
            }
            if (firstTime == null) {
                firstTime = time;
                shift = config.rebase() ? Duration.between(time, clock.instant()) : Duration.ZERO;
            }
            nextRecordedTime = time;
            Instant eventTime = time.plus(shift);
            byte[] value = json.write(eventTime, reading);
            return new Message(Message.Kind.RECORDED, sensor.getBytes(UTF_8), value, eventTime, reading);
        } catch (IllegalArgumentException e) {
            skipped++;
            firstSkipped = firstSkipped == null
                    ? "line " + line.getStartingLineNumber() + ": " + e.getMessage()
                    : firstSkipped;
            badLines.accept(
                    config.file() + ":" + line.getStartingLineNumber() + ": " + e.getMessage() + "; line skipped");
            return null;
        }
    }

    private static int index(String option, String column, List<String> header) {
        if (NUMBER.matcher(column).matches()) {
            return Integer.parseInt(column) - 1;
        }
        int index = header.indexOf(column.trim());
        if (index < 0) {
            throw new InvalidSettingException(option, column, "a column's number from 1, or one of " + header);
        }
        int last = header.lastIndexOf(column.trim());
        if (last > index) {
            throw new InvalidSettingException(
                    option,
                    column,
                    "a column's number, for the header has that name in columns " + (index + 1) + " and " + (last + 1));
        }
        return index;
    }

    private static String field(CsvRecord line, int index, String what) {
        if (index >= line.getFieldCount()) {
            throw new IllegalArgumentException("the " + what + " is expected in column " + (index + 1)
                    + ", but the line ends with column " + line.getFieldCount());
        }
        return line.getField(index);
    }

    private static double number(String text) {
        try {
            // Not Double.parseDouble, which takes NaN, 0x1p3 and 1d for numbers.
            double number = new BigDecimal(text).doubleValue();
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException("value '" + text + "' is not a finite number");
    }

    private static Instant time(String text) {
        try {
            if (EPOCH.matcher(text).matches()) {
                BigDecimal epoch = new BigDecimal(text);
                boolean millis = epoch.abs().compareTo(FIRST_MILLIS) >= 0;
                if (epoch.compareTo(FIRST_MICROS) >= 0) {
                    throw new IllegalArgumentException(
                            "time '" + text + "' is neither ISO-8601 nor epoch s or ms; it looks like "
                                    + (epoch.compareTo(FIRST_MICROS.scaleByPowerOfTen(3)) < 0
                                            ? "microseconds"
                                            : "nanoseconds"));
                }
                BigDecimal nanos = epoch.movePointRight(millis ? 6 : 9);
                BigDecimal[] parts = nanos.divideToIntegralValue(BigDecimal.ONE)
                        .divideAndRemainder(BigDecimal.valueOf(1_000_000_000L));
                return Instant.ofEpochSecond(parts[0].longValueExact(), parts[1].longValueExact());
            }
            Matcher iso = ISO.matcher(text);
            if (!iso.matches()) {
                throw new DateTimeException("no ISO-8601 timestamp");
            }
            ZoneOffset offset = iso.group(5) == null ? ZoneOffset.UTC : ZoneOffset.of(iso.group(5));
            int nanos = iso.group(3) == null ? 0 : Integer.parseInt((iso.group(3) + "0".repeat(9)).substring(0, 9));
            return LocalDate.parse(iso.group(1))
                    .atTime(LocalTime.parse(iso.group(2)))
                    .toInstant(offset)
                    .plusNanos(nanos);
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException("time '" + text + "' is neither ISO-8601 nor epoch s or ms", e);
        }
    }
}
