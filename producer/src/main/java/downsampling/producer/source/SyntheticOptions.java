package downsampling.producer.source;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;

/** The options of {@link SyntheticSource}. */
@Command(optionListHeading = "%nReadings that are made up (--source=synthetic):%n")
final class SyntheticOptions {

    @Option(
            names = "--sensors",
            paramLabel = "N",
            defaultValue = "5",
            description = "How many sensors there are, named Sensor1, Sensor2, ... (default: ${DEFAULT-VALUE}).")
    private int sensors;

    @Option(
            names = "--fields",
            paramLabel = "NAME,...",
            defaultValue = "value",
            description = "What the numbers in a message are called, such as temperature,humidity: 1 to "
                    + ReadingJson.MOST_FIELDS + " names. The first number is a whole one from 0 to 100; the others have"
                    + " one decimal, the second is 0 to 50, the third 0 to 33.3, and so on"
                    + " (default: ${DEFAULT-VALUE}).")
    private String fields;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "10000",
            description = "How many readings to send; 0 goes on until it is stopped (default: ${DEFAULT-VALUE}).")
    private long count;

    @Option(
            names = "--rate",
            paramLabel = "N|max",
            converter = NumberOrMax.class,
            description = "How many readings to send per second, of all sensors together"
                    + " (default: a random pause of 0 to 1 s after each).")
    private Optional<Double> rate;

    @Option(
            names = "--start-time",
            paramLabel = "TIME",
            converter = InstantConverter.class,
            description =
                    "Event time of the first reading, such as 2025-01-01T12:00:00Z. The others follow at intervals of"
                            + " 1/rate, or of the random pauses where there is no rate; a run with the same seed has the same"
                            + " keys, values and uuids (default: event time is the time of sending).")
    private Optional<Instant> startTime;

    @Option(
            names = "--out-of-order",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Share, 0 to 1, of readings that are up to 1 s older than the one before"
                    + " (default: ${DEFAULT-VALUE}).")
    private double outOfOrder;

    @Option(
            names = "--late",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Share of readings that are 30 to 60 s older, too late for their window"
                    + " (default: ${DEFAULT-VALUE}).")
    private double late;

    @Option(
            names = "--future",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Share of readings from the year 2099 (default: ${DEFAULT-VALUE}).")
    private double future;

    @Option(
            names = "--corrupt",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "Share of messages that are not usable readings, of many sorts (default: ${DEFAULT-VALUE}).")
    private double corrupt;

    /** @throws downsampling.service.InvalidSettingException if an option makes no sense */
    SyntheticSource.Recipe recipe(long seed) {
        return new SyntheticSource.Recipe(
                sensors,
                count,
                rate,
                seed,
                startTime,
                new SyntheticSource.Shares(outOfOrder, late, future, corrupt),
                Stream.of(fields.split(",", -1)).map(String::strip).toList());
    }

    private static final class InstantConverter implements ITypeConverter<Instant> {
        @Override
        public Instant convert(String text) {
            try {
                return Instant.parse(text);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException("a time such as 2025-01-01T12:00:00Z", e);
            }
        }
    }
}
