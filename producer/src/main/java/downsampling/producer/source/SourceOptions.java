package downsampling.producer.source;

import downsampling.service.InvalidSettingException;
import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which readings are sent: the choice of a source, what holds for each of them, and the options of each. */
@Command(optionListHeading = "%nWhich readings to send, and how fast:%n")
public final class SourceOptions {

    /** The sources, each with the options that belong to it alone. */
    private enum Kind {
        SYNTHETIC(SyntheticOptions.class),
        CSV(CsvOptions.class),
        MQTT(MqttOptions.class);

        private final Class<?> options;

        Kind(Class<?> options) {
            this.options = options;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--source",
            paramLabel = "NAME",
            defaultValue = "synthetic",
            description =
                    "Where readings come from: synthetic makes them up, csv replays a file, mqtt takes them from an"
                            + " MQTT broker"
                            + " (default: ${DEFAULT-VALUE}).")
    private Kind kind;

    @Option(
            names = "--speed",
            paramLabel = "N|max",
            defaultValue = "1",
            converter = NumberOrMax.class,
            description = "How many times as fast to send as the file was recorded, or as --rate says"
                    + " (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same readings and uuids again (default: another one each time).")
    private Optional<Long> seed;

    @Option(
            names = "--double-encoded",
            description = "Write each value as a JSON string that holds the JSON, for readers that decode twice.")
    private boolean doubleEncoded;

    // Mixins and not argument groups, though those have headings, too: when an option of a group is given a second
    // time,
    // picocli begins the group anew, and the other options of the group are lost.
    @Mixin
    private final SyntheticOptions synthetic = new SyntheticOptions();

    @Mixin
    private final CsvOptions csv = new CsvOptions();

    @Mixin
    private final MqttOptions mqtt = new MqttOptions();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** The seed of everything random; a new one at each call unless the person gave one. */
    public long seed() {
        return seed.orElseGet(() -> new SplittableRandom().nextLong(1_000_000_000));
    }

    /**
     * How much faster to send than at the pace of the source itself.
     *
     * @throws InvalidSettingException if it makes no sense
     */
    public Speed speed() {
        return new Speed(speed);
    }

    /**
     * Opens the source that was chosen.
     *
     * @param patience how long to wait for what readings come from
     * @param stop ends the waiting for readings when it is counted down
     * @param notes receives each line that a person has to know of, such as that a line of the file was skipped; from any thread
     * @throws InvalidSettingException if an option of the source makes no sense, or one of another source was given
     * @throws IOException if the source cannot be read
     */
    public Source open(long seed, Duration patience, CountDownLatch stop, Consumer<String> notes) throws IOException {
        refuseOptionsOfOtherSources();
        return switch (kind) {
            case SYNTHETIC -> new SyntheticSource(synthetic.recipe(seed), Clock.systemUTC(), doubleEncoded);
            case CSV -> {
                CsvFile file = csv.file();
                if (file.rebase() && speed > 1) {
                    notes.accept("With --rebase and a --speed above 1, event times run ahead of the clock,"
                            + " and a processor accepts no readings from the future");
                }
                yield new CsvSource(file, Clock.systemUTC(), doubleEncoded, notes);
            }
            case MQTT ->
                new MqttSource(
                        mqtt.settings(),
                        mqtt.payload(Clock.systemUTC(), notes),
                        mqtt.sendsRetained(),
                        patience,
                        stop,
                        notes);
        };
    }

    /** An option that is given for a source that is not used is a mistake of the person, which silence would hide. */
    private void refuseOptionsOfOtherSources() {
        for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
            if (kind == Kind.MQTT && List.of("--speed", "--double-encoded").contains(option.longestName())) {
                throw new InvalidSettingException(
                        option.longestName(),
                        option.originalStringValues().get(0),
                        "this option only with --source=" + Kind.SYNTHETIC + " or " + Kind.CSV);
            }
            for (Kind other : Kind.values()) {
                if (other != kind
                        && option.userObject() instanceof Field field
                        && field.getDeclaringClass() == other.options) {
                    List<String> given = option.originalStringValues();
                    throw new InvalidSettingException(
                            option.longestName(),
                            given.get(given.size() - 1),
                            "this option only with --source=" + other);
                }
            }
        }
    }
}
