package downsampling.producer.source;

import downsampling.service.InvalidSettingException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which file to replay, and how to read it.
 *
 * @param charset of a file that does not begin with a byte order mark
 * @param rebase whether event times are moved so that the first reading's is now
 */
record CsvFile(Path path, Charset charset, Columns columns, boolean rebase) {

    /** @throws InvalidSettingException if the file cannot be read */
    CsvFile {
        if (!Files.isReadable(path) || Files.isDirectory(path)) {
            throw new InvalidSettingException("--file", path, "a file that can be read");
        }
    }

    /**
     * Where in a line a reading stands. When one of the columns is named, the first line is the header.
     *
     * @param values of each field of the message, in its order
     */
    record Columns(Column sensor, Column time, List<ValueColumn> values) {
        static final String SENSOR = "--sensor-column";
        static final String TIME = "--time-column";
        static final String VALUE = "--value-column";

        /** @throws InvalidSettingException if the fields cannot be those of a message */
        Columns {
            values = List.copyOf(values);
            ReadingJson.checkFields(VALUE, fields(values));
        }

        List<String> fields() {
            return fields(values);
        }

        boolean needHeader() {
            return Stream.concat(Stream.of(sensor, time), values.stream().map(ValueColumn::column))
                    .anyMatch(Column::isNamed);
        }

        private static List<String> fields(List<ValueColumn> values) {
            return values.stream().map(ValueColumn::field).toList();
        }
    }

    /** The column of one field of the message. */
    record ValueColumn(String field, Column column) {
        static final String EXPECTED = Column.EXPECTED + "; or NAME=COLUMN, several with commas between them";

        /**
         * Reads {@code NAME=COLUMN,…}, or the one column of the field {@code value}.
         *
         * @throws InvalidSettingException if the text is neither
         */
        static List<ValueColumn> listOf(String text) {
            try {
                if (text.indexOf('=') < 0) {
                    return List.of(new ValueColumn(ReadingJson.USUAL_FIELD, new Column(text)));
                }
                return Stream.of(text.split(",", -1)).map(ValueColumn::of).toList();
            } catch (IllegalArgumentException e) {
                throw new InvalidSettingException(Columns.VALUE, text, EXPECTED);
            }
        }

        private static ValueColumn of(String text) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException(EXPECTED);
            }
            return new ValueColumn(text.substring(0, equals).strip(), new Column(text.substring(equals + 1)));
        }
    }

    /** A column by its number from 1, or by its name in the header. */
    record Column(String text) {
        static final String EXPECTED = "a column's number from 1, or its name in the header";

        private static final Pattern NUMBER = Pattern.compile("[0-9]+");

        /** @throws IllegalArgumentException with {@link #EXPECTED} if the text can be neither */
        Column {
            text = text.trim();
            if (text.isEmpty() || text.matches("0+|0*[0-9]{10,}")) {
                throw new IllegalArgumentException(EXPECTED);
            }
        }

        boolean isNamed() {
            return !NUMBER.matcher(text).matches();
        }

        /**
         * The index of the column, from 0.
         *
         * @param option by which a person gave the column
         * @param header the fields of the first line, where one of the columns is named
         * @throws InvalidSettingException if no column has that name, or two have
         */
        int index(String option, List<String> header) {
            if (!isNamed()) {
                return Integer.parseInt(text) - 1;
            }
            int index = header.indexOf(text);
            if (index < 0) {
                throw new InvalidSettingException(option, text, "a column's number from 1, or one of " + header);
            }
            int last = header.lastIndexOf(text);
            if (last > index) {
                throw new InvalidSettingException(
                        option,
                        text,
                        "a column's number, because columns %d and %d of the header both have that name"
                                .formatted(index + 1, last + 1));
            }
            return index;
        }
    }
}
