package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_OPTION_LIST;

import downsampling.service.AllowedHosts;
import downsampling.service.Answer;
import downsampling.service.ErrorLine;
import downsampling.service.FailedException;
import downsampling.service.HttpServer;
import downsampling.service.InvalidSettingException;
import downsampling.service.KafkaSettings;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import downsampling.service.Route;
import downsampling.service.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line. Exit codes: 0 done or stopped by a signal with all delivered, 1 failed, 2 usage.
 */
@Command(
        name = "producer",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        sortSynopsis = false,
        abbreviateSynopsis = true,
        description = "Writes sensor readings to a Kafka topic: made up, or replayed from a CSV file.",
        footer = {
            "",
            "Every option has an environment variable as its default: PRODUCER_TOPIC for --topic, and so on."
                    + " Any Kafka client setting can be given as KAFKA_..., such as KAFKA_SECURITY_PROTOCOL for"
                    + " security.protocol.",
            "Times are 500ms, 60s, 5m, 2h or 7d.",
            "Exit codes: 0 done, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(Main.class);
    /** How long a stop signal waits for acknowledgements; a container's stop grace period has to be longer. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    /** As the health paths say it. */
    private enum State {
        /** For a broker that has the topic. */
        WAITING,
        SENDING,
        /** What was handed over is still being delivered. */
        ENDING
    }

    enum SourceName {
        synthetic,
        csv
    }

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            description = {"Brokers (default: " + KafkaSettings.DEFAULT_BOOTSTRAP_SERVERS + ")."})
    private String bootstrapServers;

    @Option(
            names = "--topic",
            paramLabel = "NAME",
            defaultValue = "raw-temperature",
            description = "Where the readings go (default: ${DEFAULT-VALUE}).")
    private String topic;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "6",
            description = "Partitions of the topic, if it has to be created (default: ${DEFAULT-VALUE}).")
    private int partitions;

    @Option(
            names = "--replication",
            paramLabel = "N",
            description = "Replication of the topic, if it has to be created (default: the broker's).")
    private Short replication;

    @Option(
            names = "--retention",
            paramLabel = "TIME",
            description = "How long the topic keeps readings, if it has to be created (default: the broker's).")
    private Duration retention;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "How long to wait for a broker that is not there yet (default: ${DEFAULT-VALUE}).")
    private Duration wait;

    @Option(names = "--config", paramLabel = "FILE", description = "Kafka client settings, a properties file.")
    private Path config;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "Answer /metrics, /health/live and /health/ready on this port, 0 for a free one"
                    + " (default: do not listen).")
    private Integer httpPort;

    @Option(
            names = "--http-host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}).")
    private String httpHost;

    @Option(
            names = "--http-allowed-hosts",
            paramLabel = "NAME,...",
            split = ",",
            description = "Names by which HTTP clients may ask for this program, beside localhost;"
                    + " an address is always allowed.")
    private List<String> httpAllowedHosts = List.of();

    @Mixin
    private Program.Output output = new Program.Output();

    @Option(names = "--log-readings", description = "Log each reading.")
    private boolean logReadings;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same readings and uuids again (default: another one each time).")
    private Long seed;

    @Option(
            names = "--source",
            paramLabel = "NAME",
            defaultValue = "synthetic",
            description = "Where readings come from: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private SourceName source;

    @Option(
            names = "--speed",
            paramLabel = "N|max",
            defaultValue = "1",
            converter = Speed.Converter.class,
            description =
                    "How much faster to send than the file was recorded, or than --rate says (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(
            names = "--double-encoded",
            description = "Write each value as a JSON string that holds the JSON, for readers that decode twice.")
    private boolean doubleEncoded;

    // No argument groups, though they have headings: at an option's second occurrence a group begins anew.
    @Mixin
    private SyntheticOptions synthetic = new SyntheticOptions();

    @Mixin
    private CsvOptions csv = new CsvOptions();

    @Spec
    private CommandSpec spec;

    private final Map<String, String> environment;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
    private volatile ReadingSender sender;

    private static final class SyntheticOptions {
        @Option(
                names = "--sensors",
                paramLabel = "N",
                defaultValue = "5",
                description = "Sensors, named Sensor1, Sensor2, ... (default: ${DEFAULT-VALUE}).")
        private int sensors;

        @Option(
                names = "--count",
                paramLabel = "N",
                defaultValue = "10000",
                description = "Readings, 0 for no end (default: ${DEFAULT-VALUE}).")
        private long count;

        @Option(
                names = "--rate",
                paramLabel = "N|max",
                converter = Speed.Converter.class,
                description = "Readings a second in all (default: a random pause of 0 to 1 s after each).")
        private Double rate;

        @Option(
                names = "--start-time",
                paramLabel = "TIME",
                description =
                        "Event time of the first reading, such as 2025-01-01T12:00:00Z; the others follow by 1/rate, or without a rate by the random pauses, and a run with the same seed has the same keys, values and uuids (default: event time is now).")
        private Instant startTime;

        @Option(
                names = "--out-of-order",
                paramLabel = "SHARE",
                defaultValue = "0",
                description =
                        "Share, 0 to 1, of readings up to 1 s older than the one before (default: ${DEFAULT-VALUE}).")
        private double outOfOrder;

        @Option(
                names = "--late",
                paramLabel = "SHARE",
                defaultValue = "0",
                description =
                        "Share of readings 30 to 60 s older, too late for their window (default: ${DEFAULT-VALUE}).")
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
                description = "Share of messages that are no reading, of many sorts (default: ${DEFAULT-VALUE}).")
        private double corrupt;

        SyntheticSource.Config toConfig(long seed) {
            return new SyntheticSource.Config(
                    sensors,
                    count,
                    rate,
                    seed,
                    startTime,
                    new SyntheticSource.Shares(outOfOrder, late, future, corrupt));
        }
    }

    private static final class CsvOptions {
        @Option(names = "--file", paramLabel = "FILE", description = "The file.")
        private Path file;

        @Option(
                names = "--charset",
                paramLabel = "NAME",
                defaultValue = "UTF-8",
                converter = CharsetName.class,
                description = "Of a file without a byte order mark, such as ISO-8859-1 (default: ${DEFAULT-VALUE}).")
        private Charset charset;

        @Option(
                names = "--sensor-column",
                paramLabel = "COLUMN",
                description = "Column of the sensor id: its number from 1, or its name in the header.")
        private String sensorColumn;

        @Option(
                names = "--time-column",
                paramLabel = "COLUMN",
                description = "Column of the event time: ISO-8601 (without an offset: UTC), or epoch s or ms.")
        private String timeColumn;

        @Option(names = "--value-column", paramLabel = "COLUMN", description = "Column of the value.")
        private String valueColumn;

        @Option(names = "--rebase", description = "Move event times so that the first is now.")
        private boolean rebase;

        CsvSource.Config toConfig() {
            return new CsvSource.Config(file, charset, sensorColumn, timeColumn, valueColumn, rebase);
        }
    }

    Main(Map<String, String> environment) {
        this.environment = environment;
    }

    public static void main(String... args) {
        Main main = new Main(System.getenv());
        Program.onSignal(main::stopAndWait);
        Program.main(
                "producer",
                args,
                () -> main.run(
                        new PrintWriter(System.out, true, UTF_8), new PrintWriter(System.err, true, UTF_8), args));
    }

    /** Runs the command to its end and returns the exit code. */
    int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine commandLine = new Program("producer", environment, output).commandLine(this);
        commandLine.getHelpSectionMap().put(SECTION_KEY_OPTION_LIST, Main::optionsBySource);
        int code = commandLine
                .registerConverter(Instant.class, Main::instant)
                .setOut(out)
                .setErr(err)
                .execute(args);
        exitCode.complete(code);
        return code;
    }

    private static String optionsBySource(CommandLine.Help help) {
        Map<Object, List<OptionSpec>> options = help.commandSpec().options().stream()
                .collect(Collectors.groupingBy(option -> option.userObject() instanceof Field field
                                && (field.getDeclaringClass() == SyntheticOptions.class
                                        || field.getDeclaringClass() == CsvOptions.class)
                        ? field.getDeclaringClass()
                        : Main.class));
        return help.optionListExcludingGroups(options.get(Main.class))
                + String.format("%nReadings that are made up (--source synthetic):%n")
                + help.optionListExcludingGroups(options.get(SyntheticOptions.class))
                + String.format("%nReadings from a file (--source csv):%n")
                + help.optionListExcludingGroups(options.get(CsvOptions.class));
    }

    /** Lets a run in progress end at the next message, and returns at once. */
    void stop() {
        stop.countDown();
    }

    /** What a signal does: the run ends, what was handed over is delivered, the summary printed. */
    private int stopAndWait() {
        stop();
        int code = CommandLine.ExitCode.SOFTWARE;
        try {
            try {
                code = exitCode.get(CLOSE_TIMEOUT.toSeconds() + 2, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                // Still inside the client, which waits for a broker that has gone. Without its sender it comes back.
                if (sender != null) {
                    sender.close(Duration.ZERO);
                }
                code = exitCode.get(2, TimeUnit.SECONDS);
            }
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            LOG.warn("stopped without a summary: {}", ErrorLine.of(e));
        }
        return code;
    }

    @Override
    public Integer call() throws Exception {
        long runSeed = seed != null ? seed : new SplittableRandom().nextLong(1_000_000_000);
        Map<String, String> settings;
        Topic target;
        Source messages;
        Speed pace;
        try {
            refuseOptionsOfTheOtherSource();
            pace = new Speed(speed);
            target = new Topic(topic, partitions, replication, retention);
            settings = ReadingSender.withoutFixed(KafkaSettings.read(config, environment, bootstrapServers, Set.of()));
            ReadingSender.check(settings);
            messages = openSource(runSeed);
        } catch (InvalidSettingException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        NativeLibrary.loadFor(ReadingSender.withDefaults(KafkaSettings.forProducer(settings))
                .get(ProducerConfig.COMPRESSION_TYPE_CONFIG)
                .toString());
        try (messages;
                Metrics metrics = new Metrics();
                HttpServer http = httpPort == null ? null : listen(metrics)) {
            if (http != null) {
                note("listening on http://%s:%d".formatted(httpHost, http.port()));
            }
            if (!target.ensure(KafkaSettings.forAdmin(settings), wait, stop, Main::note)) {
                return CommandLine.ExitCode.OK;
            }
            note("sending to %s at %s, seed %d".formatted(topic, settings.get("bootstrap.servers"), runSeed));
            sender = new ReadingSender(KafkaSettings.forProducer(settings), topic, runSeed);
            metrics.watch(sender, requestedRate());
            PrintWriter terminal = !logReadings && Terminal.showsErrors() ? err() : null;
            Run.Outcome outcome =
                    new Run(messages, pace, sender, stop, CLOSE_TIMEOUT, metrics, logReadings, terminal).toEnd();
            spec.commandLine().getOut().println(outcome.summary());
            return outcome.failure() == null ? CommandLine.ExitCode.OK : failed(outcome.failure());
        }
    }

    private HttpServer listen(Metrics metrics) {
        return new HttpServer(
                httpHost,
                httpPort,
                new AllowedHosts(httpAllowedHosts),
                Map.of(
                        "/metrics", Route.of(Set.of(), call -> metrics.scrape()),
                        "/health/live", Route.of(Set.of(), call -> Answer.state(true, state())),
                        "/health/ready", Route.of(Set.of(), call -> Answer.state(state() == State.SENDING, state()))));
    }

    private State state() {
        if (stop.getCount() == 0) {
            return State.ENDING;
        }
        return sender == null ? State.WAITING : State.SENDING;
    }

    /** In readings per second, NaN for those of a file, which come at their own pace. */
    private double requestedRate() {
        if (source == SourceName.csv) {
            return Double.NaN;
        }
        return speed * (synthetic.rate == null ? SyntheticSource.PAUSED_RATE : synthetic.rate);
    }

    private Source openSource(long runSeed) throws IOException {
        ReadingJson json = new ReadingJson(doubleEncoded);
        if (source == SourceName.synthetic) {
            return new SyntheticSource(synthetic.toConfig(runSeed), Clock.systemUTC(), json);
        }
        CsvSource.Config file = csv.toConfig();
        if (file.rebase() && speed > 1) {
            note("with --rebase and a --speed above 1, event times run ahead of the clock;"
                    + " a processor takes no readings from the future");
        }
        return new CsvSource(file, Clock.systemUTC(), json, Main::note);
    }

    /** An option given for the source that is not used is a mistake of the caller, and silence would hide it. */
    private void refuseOptionsOfTheOtherSource() {
        Class<?> other = source == SourceName.csv ? SyntheticOptions.class : CsvOptions.class;
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (option.userObject() instanceof Field field && field.getDeclaringClass() == other) {
                throw new InvalidSettingException(
                        option.longestName(),
                        option.getValue(),
                        "--source=" + (source == SourceName.csv ? SourceName.synthetic : SourceName.csv)
                                + " where that is given");
            }
        }
    }

    /** The summary is printed all the same. */
    private static int failed(String why) {
        throw new FailedException(why);
    }

    private static void note(String line) {
        LOG.info("{}", ErrorLine.printable(line));
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }

    private static final class CharsetName implements CommandLine.ITypeConverter<Charset> {
        @Override
        public Charset convert(String name) {
            try {
                return Charset.forName(name);
            } catch (IllegalArgumentException e) { // no such name, or none that could be one
                throw new IllegalArgumentException("a charset such as UTF-8, ISO-8859-1 or windows-1252", e);
            }
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("a time such as 2025-01-01T12:00:00Z", e);
        }
    }
}
