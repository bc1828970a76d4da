package downsampling.page;

import com.fasterxml.jackson.core.JsonPointer;
import downsampling.service.InvalidSettingException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the message of a reading has what is drawn. The options are those of the processor.
 *
 * @param fields names, each once, as the summaries have them
 * @param pointers where the number of each field stands
 * @param time where the event time stands; null if it is the record's own timestamp
 * @param unit of an event time that is a number
 * @param zone of times that name none
 */
record MessageFormat(
        List<String> fields,
        List<JsonPointer> pointers,
        @Nullable JsonPointer time,
        EpochUnit unit,
        ZoneId zone) {
    /** As a value of {@code --time-field}. */
    static final String RECORD_TIMESTAMP = "record-timestamp";

    MessageFormat {
        fields = List.copyOf(fields);
        pointers = List.copyOf(pointers);
    }

    /**
     * @param fields {@code NAME=POINTER,…}; a name alone is both
     * @throws InvalidSettingException if a name is given twice, or something is no pointer
     */
    static MessageFormat of(String fields, String time, EpochUnit unit, ZoneId zone) {
        List<String> names = new ArrayList<>();
        List<JsonPointer> pointers = new ArrayList<>();
        for (String field : fields.split(",", -1)) {
            int equals = field.indexOf('=');
            String name = (equals < 0 ? field : field.substring(0, equals)).strip();
            if (name.isEmpty() || names.contains(name) || names.size() == Board.FIELDS_KEPT) {
                throw new InvalidSettingException(
                        "--fields",
                        fields,
                        "NAME=POINTER,... with " + Board.FIELDS_KEPT + " names at the most, each once");
            }
            names.add(name);
            pointers.add(pointer("--fields", field.substring(equals + 1).strip()));
        }
        return new MessageFormat(
                names, pointers, time.equals(RECORD_TIMESTAMP) ? null : pointer("--time-field", time), unit, zone);
    }

    private static JsonPointer pointer(String option, String text) {
        if (text.isEmpty() || text.startsWith("/") && text.matches("(?s).*~(?![01]).*")) {
            throw new InvalidSettingException(
                    option, text, "the name of a member, or a JSON Pointer such as /data/0/temp");
        }
        return text.startsWith("/")
                ? JsonPointer.compile(text)
                : JsonPointer.empty().appendProperty(text);
    }
}
