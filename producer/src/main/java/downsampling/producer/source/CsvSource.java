package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import de.siegmar.fastcsv.reader.FieldModifiers;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Readings from a CSV file in the order of its lines, at the pace at which they were recorded. A line that is no reading is
 * reported, counted and skipped; a file of nothing but such lines is a failure.
 */
final class CsvSource implements Source {

    private final CsvFile file;
    private final Clock clock;
    private final Consumer<String> badLines;
    private final CsvReader<CsvRecord> reader;
    private final Iterator<CsvRecord> records;
    private final int sensorIndex;
    private final int timeIndex;
    private final List<String> fields;
    private final int[] valueIndices;
    private final ReadingJson json;

    private long skipped;
    private String firstSkipped = "";
    /** As it was recorded; empty until there is a reading. */
    private Optional<Instant> firstTime = Optional.empty();

    private Duration shift = Duration.ZERO;
    private Optional<Message> next = Optional.empty();
    private long nextDueNanos;

    /**
     * Opens the file.
     *
     * @param badLines receives each line that is no reading, as {@code file:line: what was found}
     * @throws InvalidSettingException if the header lacks a column, or has its name twice
     * @throws IOException if the file cannot be read, or its first line is not in its charset
     */
    CsvSource(CsvFile file, Clock clock, boolean doubleEncoded, Consumer<String> badLines) throws IOException {
        this.file = file;
        this.clock = clock;
        this.badLines = badLines;
        reader = CsvReader.builder()
                .trimWhitespacesAroundQuotes(true)
                // A quote that is never closed swallows the rest of the file, which is too much for one bad line.
                .allowUnclosedQuote(false)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .build(
                        CsvRecordHandler.of(c -> c.fieldModifier(FieldModifiers.TRIM)),
                        new StrictFileReader(file.path(), file.charset()));
        records = reader.iterator();
        CsvFile.Columns columns = file.columns();
        List<String> header;
        try {
            header = columns.needHeader() && records.hasNext() ? records.next().getFields() : List.of();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        sensorIndex = columns.sensor().index(CsvFile.Columns.SENSOR, header);
        timeIndex = columns.time().index(CsvFile.Columns.TIME, header);
        valueIndices = columns.values().stream()
                .mapToInt(value -> value.column().index(CsvFile.Columns.VALUE, header))
                .toArray();
        fields = columns.fields();
        json = new ReadingJson(fields, doubleEncoded);
    }

    @Override
    public Map<String, Long> counts() {
        return Map.of("lines skipped", skipped);
    }

    /**
     * {@inheritDoc}
     *
     * @throws UncheckedIOException if the rest of the file cannot be read
     * @throws FailedException at the end of a file of which every line was skipped
     */
    @Override
    public boolean hasNext() {
        try {
            while (next.isEmpty() && records.hasNext()) {
                next = readingOrSkipped(records.next());
            }
        } catch (CsvParseException e) {
            throw new UncheckedIOException(file.path() + ": " + ErrorLine.of(e), new IOException(e));
        } catch (UncheckedIOException e) { // whose own message says less than its cause
            IOException cause = Objects.requireNonNull(e.getCause());
            throw new UncheckedIOException(cause.getMessage(), cause);
        }
        if (next.isEmpty() && firstTime.isEmpty() && skipped > 0) {
            throw new FailedException(file.path() + ": expected readings, found none; all " + skipped
                    + " lines were skipped, first " + firstSkipped);
        }
        return next.isPresent();
    }

    @Override
    public long dueNanos() {
        return nextDueNanos;
    }

    @Override
    public Message next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Message message = next.orElseThrow();
        next = Optional.empty();
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

    private Optional<Message> readingOrSkipped(CsvRecord line) {
        try {
            return Optional.of(reading(line));
        } catch (NotAReadingException e) {
            skipped++;
            if (skipped == 1) {
                firstSkipped = "line " + line.getStartingLineNumber() + ": " + e.getMessage();
            }
            badLines.accept(
                    file.path() + ":" + line.getStartingLineNumber() + ": " + e.getMessage() + "; line skipped");
            return Optional.empty();
        }
    }

    private Message reading(CsvRecord line) throws NotAReadingException {
        String sensor = field(line, sensorIndex, "sensor");
        Instant time = inFourDigitYears(RecordedTime.parse(field(line, timeIndex, "time")));
        double[] values = values(line);
        if (sensor.isEmpty()) {
            throw new NotAReadingException("the sensor is empty");
        }
        Duration moved = firstTime.isEmpty() && file.rebase() ? Duration.between(time, clock.instant()) : shift;
        Instant eventTime = inFourDigitYears(time.plus(moved));
        Instant first = firstTime.orElse(time);
        firstTime = Optional.of(first);
        shift = moved;
        // A number too large for a long is cast to the largest long, which is 292 years.
        nextDueNanos = (long) (Duration.between(first, time).toMillis() * 1e6);
        return Message.of(sensor.getBytes(UTF_8), json.write(eventTime, values));
    }

    /** NaN for the fields whose cell is empty, which are not all. */
    private double[] values(CsvRecord line) throws NotAReadingException {
        double[] values = new double[valueIndices.length];
        int empty = 0;
        for (int i = 0; i < values.length; i++) {
            String name = fields.get(i);
            String text = field(line, valueIndices[i], name);
            if (text.isEmpty()) {
                values[i] = Double.NaN;
                empty++;
            } else {
                values[i] = number(name, text);
            }
        }
        if (empty == values.length) {
            throw new NotAReadingException("there is no number for " + String.join(" or ", fields));
        }
        return values;
    }

    private static String field(CsvRecord line, int index, String what) throws NotAReadingException {
        if (index >= line.getFieldCount()) {
            throw new NotAReadingException("the " + what + " is expected in column " + (index + 1)
                    + ", but the line ends with column " + line.getFieldCount());
        }
        return line.getField(index);
    }

    private static Instant inFourDigitYears(Instant time) throws NotAReadingException {
        if (!ReadingJson.canWrite(time)) {
            throw new NotAReadingException("time " + time + " is not in the years 0000 to 9999");
        }
        return time;
    }

    private static double number(String name, String text) throws NotAReadingException {
        try {
            // Not Double.parseDouble, which accepts NaN, 0x1p3 and 1d as numbers.
            double number = new BigDecimal(text).doubleValue();
            if (Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new NotAReadingException(name + " '" + text + "' is not a finite number");
    }
}
