package downsampling.producer;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The command line. Exit codes: 0 done or stopped by a signal with all delivered, 1 failed, 2 usage.
 */
@Command(
        name = "producer",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        sortSynopsis = false,
        abbreviateSynopsis = true,
        usageHelpAutoWidth = true,
        description = "Writes sensor readings to a Kafka topic: made up, or replayed from a CSV file.",
        footer = {
            "",
            "Every option has an environment variable as its default: TOPIC for --topic, and so on."
                    + " Any Kafka client setting can be given as KAFKA_..., such as KAFKA_SECURITY_PROTOCOL for"
                    + " security.protocol.",
            "Times are 500ms, 60s, 5m, 2h or 7d.",
            "Exit codes: 0 done, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(Main.class);
    private static final String DEFAULT_BOOTSTRAP_SERVERS = "localhost:19092";
    /** How long a stop signal waits for acknowledgements; a container's stop grace period has to be longer. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private static final int LONGEST_NOTE = 1_000;

    enum SourceName {
        synthetic,
        csv
    }

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            description = {"Brokers (default: " + DEFAULT_BOOTSTRAP_SERVERS + ")."})
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
            names = "--log-format",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "How the log on stderr is written: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private LogFormat logFormat;

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

    @ArgGroup(validate = false, heading = "%nReadings that are made up (--source synthetic):%n")
    private SyntheticOptions synthetic = new SyntheticOptions();

    @ArgGroup(validate = false, heading = "%nReadings from a file (--source csv):%n")
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
        Runtime.getRuntime().addShutdownHook(new Thread(main::stopAndHalt, "stop"));
        System.exit(main.run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
    }

    /** Runs the command to its end and returns the exit code. */
    int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine commandLine = new CommandLine(this)
                .setOut(out)
                .setErr(err)
                .setDefaultValueProvider(this::environmentDefault)
                .registerConverter(Duration.class, Main::duration)
                .registerConverter(Instant.class, Main::instant)
                .setParameterExceptionHandler((e, arguments) -> fail(e, CommandLine.ExitCode.USAGE))
                .setExecutionExceptionHandler((e, command, result) -> fail(e, CommandLine.ExitCode.SOFTWARE));
        int code = commandLine.execute(args);
        exitCode.complete(code);
        return code;
    }

    /** Lets a run in progress end at the next message, and returns at once. */
    void stop() {
        stop.countDown();
    }

    /**
     * What a signal does: the run ends, what was handed over is delivered, the summary printed. It halts because a signal
     * would have the JVM exit with 143, though all went well.
     */
    private void stopAndHalt() {
        if (exitCode.isDone()) {
            return; // not a signal, but the end of main
        }
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
            LOG.warn("stopped without a summary: {}", e.toString());
        }
        Runtime.getRuntime().halt(code);
    }

    @Override
    public Integer call() throws Exception {
        logFormat.use();
        long runSeed = seed != null ? seed : new SplittableRandom().nextLong(1_000_000_000);
        Map<String, Object> settings;
        Topic target;
        Source messages;
        Speed pace;
        try {
            refuseOptionsOfTheOtherSource();
            pace = new Speed(speed);
            target = new Topic(topic, partitions, replication, retention);
            settings = KafkaSettings.read(config, environment, bootstrapServers, DEFAULT_BOOTSTRAP_SERVERS);
            messages = openSource(runSeed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        NativeLibrary.loadFor(settings);
        try (messages;
                Metrics metrics = new Metrics();
                HttpApi http = httpPort == null ? null : new HttpApi(httpHost, httpPort, metrics, this::state)) {
            if (http != null) {
                note("listening on http://%s:%d".formatted(httpHost, http.port()));
            }
            if (!target.ensure(KafkaSettings.forAdmin(settings), wait, stop, Main::note)) {
                return CommandLine.ExitCode.OK;
            }
            note("sending to %s at %s, seed %d".formatted(topic, settings.get("bootstrap.servers"), runSeed));
            sender = new ReadingSender(settings, topic, runSeed);
            metrics.watch(sender, requestedRate());
            PrintWriter terminal = !logReadings && Progress.stderrIsTerminal() ? err() : null;
            Run.Outcome outcome =
                    new Run(messages, pace, sender, stop, CLOSE_TIMEOUT, metrics, logReadings, terminal).toEnd();
            spec.commandLine().getOut().println(outcome.summary());
            return outcome.failure() == null
                    ? CommandLine.ExitCode.OK
                    : fail(outcome.failure(), CommandLine.ExitCode.SOFTWARE);
        }
    }

    private HttpApi.State state() {
        if (stop.getCount() == 0) {
            return HttpApi.State.ENDING;
        }
        return sender == null ? HttpApi.State.WAITING : HttpApi.State.SENDING;
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
                throw new IllegalArgumentException(option.longestName() + " " + option.getValue()
                        + ": allowed only with the other --source, not with " + source);
            }
        }
    }

    private String environmentDefault(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
            return null;
        }
        String value = environment.get(
                option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT));
        return value == null || value.isEmpty() ? null : value;
    }

    private int fail(Exception e, int code) {
        return fail(oneLine(e), code);
    }

    /** For the person who called this program, or for whatever reads its log. */
    private int fail(String why, int code) {
        if (logFormat == LogFormat.json) {
            logFormat.use();
            LOG.error("{}", printable(why));
        } else {
            err().println("producer: " + printable(why));
        }
        return code;
    }

    /** What happened, with the cause behind it if the message does not tell it. */
    static String oneLine(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        String reason = root.getMessage();
        if (reason != null && reason.contains("JAAS config")) {
            // Kafka quotes the word it gave up at, which may be half a password.
            return "sasl.jaas.config: cannot be read, and is not shown as it holds a password";
        }
        boolean told = e instanceof ParameterException || reason == null || message.contains(reason);
        return (told ? message : message + ": " + root.getClass().getSimpleName() + ": " + reason)
                .replaceAll("\\s*\\R\\s*", " ");
    }

    private static void note(String line) {
        LOG.info("{}", printable(line));
    }

    /** What a file holds may be anything: without what a terminal takes for a command, and not without end. */
    private static String printable(String line) {
        String shown = line.length() <= LONGEST_NOTE ? line : line.substring(0, LONGEST_NOTE) + "...";
        return shown.replaceAll("\\p{Cntrl}", "?");
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }

    private static Duration duration(String text) {
        Matcher time = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)").matcher(text);
        if (!time.matches()) {
            throw new TypeConversionException("'" + text + "' is not a time such as 500ms, 60s, 5m, 2h or 7d");
        }
        long number = Long.parseLong(time.group(1));
        return switch (time.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    private static final class CharsetName implements CommandLine.ITypeConverter<Charset> {
        @Override
        public Charset convert(String name) {
            try {
                return Charset.forName(name);
            } catch (IllegalArgumentException e) { // no such name, or none that could be one
                throw new TypeConversionException(
                        "'" + name + "' is no charset such as UTF-8, ISO-8859-1 or windows-1252");
            }
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new TypeConversionException("'" + text + "' is not a time such as 2025-01-01T12:00:00Z");
        }
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"producer " + (version == null ? "(not from a jar)" : version)};
        }
    }
}
