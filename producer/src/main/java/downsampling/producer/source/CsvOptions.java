package downsampling.producer.source;

import downsampling.service.InvalidSettingException;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** The options of {@link CsvSource}. */
@Command(optionListHeading = "%nReadings from a file (--source=csv):%n")
final class CsvOptions {

    @Option(names = "--file", paramLabel = "FILE", description = "The CSV file to replay.")
    private Optional<Path> file;

    @Option(
            names = "--charset",
            paramLabel = "NAME",
            defaultValue = "UTF-8",
            converter = CharsetConverter.class,
            description = "Encoding of a file that does not begin with a byte order mark, such as ISO-8859-1"
                    + " (default: ${DEFAULT-VALUE}).")
    private Charset charset;

    @Option(
            names = "--sensor-column",
            paramLabel = "COLUMN",
            converter = ColumnConverter.class,
            description = "Column of the sensor id: its number, from 1, or its name in the header.")
    private Optional<CsvFile.Column> sensorColumn;

    @Option(
            names = "--time-column",
            paramLabel = "COLUMN",
            converter = ColumnConverter.class,
            description =
                    "Column of the event time: ISO-8601, in UTC where there is no offset, or seconds or milliseconds"
                            + " since 1970.")
    private Optional<CsvFile.Column> timeColumn;

    @Option(
            names = "--value-column",
            paramLabel = "COLUMN|NAME=COLUMN,...",
            description =
                    "Column of the value; or what each of several values is called in the message, and its column,"
                            + " such as temperature=5,humidity=6. Of several, one whose cell is empty is left out.")
    private Optional<String> valueColumn;

    @Option(names = "--rebase", description = "Move all event times by the same amount, so that the first is now.")
    private boolean rebase;

    /** @throws InvalidSettingException if an option is missing or makes no sense */
    CsvFile file() {
        return new CsvFile(
                file.orElseThrow(
                        () -> new InvalidSettingException("--file", "a file that can be read, for --source=csv")),
                charset,
                new CsvFile.Columns(
                        given(CsvFile.Columns.SENSOR, sensorColumn), given(CsvFile.Columns.TIME, timeColumn), values()),
                rebase);
    }

    private static CsvFile.Column given(String option, Optional<CsvFile.Column> column) {
        return column.orElseThrow(() -> new InvalidSettingException(option, CsvFile.Column.EXPECTED));
    }

    private List<CsvFile.ValueColumn> values() {
        return CsvFile.ValueColumn.listOf(valueColumn.orElseThrow(
                () -> new InvalidSettingException(CsvFile.Columns.VALUE, CsvFile.ValueColumn.EXPECTED)));
    }

    private static final class ColumnConverter implements ITypeConverter<CsvFile.Column> {
        @Override
        public CsvFile.Column convert(String text) {
            return new CsvFile.Column(text);
        }
    }

    private static final class CharsetConverter implements ITypeConverter<Charset> {
        @Override
        public Charset convert(String name) {
            try {
                return Charset.forName(name);
            } catch (IllegalArgumentException e) { // there is no such charset, or the name could be none's
                throw new IllegalArgumentException("a charset such as UTF-8, ISO-8859-1 or windows-1252", e);
            }
        }
    }
}
