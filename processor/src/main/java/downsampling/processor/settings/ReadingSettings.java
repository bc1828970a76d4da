package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How a record becomes a reading.
 *
 * @param sensor   where the sensor's id stands in the message; empty if it is the record's key
 * @param each     where the array stands each of whose elements is a reading; empty if the message is one reading
 * @param rekey    whether readings go through a topic in which all of a sensor are in one partition
 * @param fields   the numbers to summarise, in the order of the summary; 1 to {@value #MOST_FIELDS}
 * @param time     where the event time stands in the message; empty if it is the record's own timestamp
 * @param timeUnit of an event time that is a number
 * @param zone     of timestamps that name none
 * @param maxAhead how far in the future an event time may lie
 */
public record ReadingSettings(
        Optional<MessagePath> sensor,
        Optional<MessagePath> each,
        boolean rekey,
        List<Field> fields,
        Optional<MessagePath> time,
        EpochUnit timeUnit,
        ZoneId zone,
        Duration maxAhead) {
    static final int MOST_FIELDS = 64;

    /** As a value of {@code --time-field}. */
    static final String RECORD_TIMESTAMP = "record-timestamp";

    public ReadingSettings {
        fields = List.copyOf(fields);
        Require.that(
                fields.size() <= MOST_FIELDS, "--fields", fields.size() + " of them", MOST_FIELDS + " at the most");
        Set<String> names = new HashSet<>();
        List<MessagePath> paths = new ArrayList<>();
        time.ifPresent(paths::add);
        sensor.ifPresent(path -> {
            requireApart("--sensor-field", path, paths);
            paths.add(path);
        });
        // Around the array, that is; where the message is the array itself, there is nothing around it.
        each.filter(array -> !array.steps().isEmpty()).ifPresent(array -> requireApart("--each", array, paths));
        for (Field field : fields) {
            Require.that(names.add(field.name()), "--fields", field.name(), "each name once");
            requireApart("--fields", field.path(), paths);
            paths.add(field.path());
        }
        Require.between("--max-ahead", maxAhead, Duration.ZERO, Require.LONGEST);
    }

    private static void requireApart(String option, MessagePath path, List<MessagePath> others) {
        for (MessagePath other : others) {
            Require.that(
                    !path.leadsTo(other) && !other.leadsTo(path),
                    option,
                    path.text(),
                    "a place in the message that is not part of " + other.text() + ", or the other way round");
        }
    }

    @Command(optionListHeading = "%nWhat a reading is:%n")
    static final class Options {
        @Option(
                names = "--fields",
                scope = INHERIT,
                paramLabel = "NAME=POINTER,…",
                defaultValue = "temperature=value",
                description = {
                    "which numbers of a message are summarised: the name in the summary, and the name of the member in the"
                            + " message or a JSON Pointer to it, such as /data/0/temp; NAME alone is both; "
                            + MOST_FIELDS + " at the most",
                    "(default: ${DEFAULT-VALUE})"
                })
        private String fields;

        @Option(
                names = "--time-field",
                scope = INHERIT,
                paramLabel = "POINTER",
                defaultValue = "ts",
                description = {
                    "event time: the name of the member in the message or a JSON Pointer to it; " + RECORD_TIMESTAMP
                            + ": that of the record",
                    "(default: ${DEFAULT-VALUE})"
                })
        private String time;

        @Option(
                names = "--time-unit",
                scope = INHERIT,
                paramLabel = "UNIT",
                defaultValue = "ms",
                description = {
                    "unit of an event time that is a number: s, ms, us or ns since 1970, with decimals or without; a text is"
                            + " ISO-8601",
                    "(default: ${DEFAULT-VALUE})"
                })
        private EpochUnit timeUnit;

        @Option(
                names = "--zone",
                scope = INHERIT,
                paramLabel = "ZONE",
                defaultValue = "UTC",
                description = {
                    "time zone of timestamps that name none; of a local time that comes twice when clocks are set back, the one"
                            + " nearer to the record's timestamp is meant, and in the hour that is left out in spring, the"
                            + " clock is taken to be not set yet",
                    "(default: ${DEFAULT-VALUE})"
                })
        private ZoneId zone;

        @Option(
                names = "--sensor-field",
                scope = INHERIT,
                paramLabel = "POINTER",
                description =
                        "sensor id: the name of the member in the message or a JSON Pointer to it, a text or a whole number"
                                + " (default: the key of the record); means --rekey")
        private @Nullable String sensor;

        @Option(
                names = "--each",
                scope = INHERIT,
                paramLabel = "POINTER",
                description = {
                    "where an array stands in the message, each of whose elements is a reading; # if the message is the array."
                            + " The other options then say where something stands in an element; an element without a time or"
                            + " a sensor id has that of the message around it; means --rekey"
                })
        private @Nullable String each;

        @Option(
                names = "--rekey",
                scope = INHERIT,
                description =
                        "readings go through a topic of the application's own, in which all readings of a sensor are in one"
                                + " partition: for topics whose keys are no sensor ids, or that several client libraries write to")
        private boolean rekey;

        @Option(
                names = "--max-ahead",
                scope = INHERIT,
                paramLabel = "DURATION",
                defaultValue = "60s",
                description = "a reading further in the future than this is dead (default: ${DEFAULT-VALUE})")
        private Duration maxAhead;

        ReadingSettings readings() {
            return new ReadingSettings(
                    Optional.ofNullable(sensor).map(name -> MessagePath.of("--sensor-field", name)),
                    Optional.ofNullable(each).map(name -> MessagePath.ofAny("--each", name)),
                    rekey || sensor != null || each != null,
                    Stream.of(fields.split(",", -1))
                            .map(String::strip)
                            .map(Field::of)
                            .toList(),
                    Optional.of(time)
                            .filter(name -> !name.equals(RECORD_TIMESTAMP))
                            .map(name -> MessagePath.of("--time-field", name)),
                    timeUnit,
                    zone,
                    maxAhead);
        }
    }
}
