package downsampling.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.producer.source.Source;
import downsampling.producer.source.SourceOptions;
import downsampling.producer.source.Speed;
import downsampling.service.Answer;
import downsampling.service.ErrorLine;
import downsampling.service.HttpServer;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import downsampling.service.Route;
import downsampling.service.Terminal;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line. Exit codes: 0 done, or stopped by a signal with everything delivered; 1 failed; 2 wrong usage. */
@Command(
        name = "producer",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        sortSynopsis = false,
        abbreviateSynopsis = true,
        description =
                "Writes sensor readings to a Kafka topic: made up, replayed from a CSV file, or from an MQTT broker.",
        footer = {
            "",
            "Every option has an environment variable that gives its default: PRODUCER_TOPIC for --topic, and so on."
                    + " Settings of Kafka's clients can be given as KAFKA_..., such as KAFKA_SECURITY_PROTOCOL for"
                    + " security.protocol.",
            "Times are written as 500ms, 60s, 5m, 2h or 7d.",
            "Exit codes: 0 done, 1 failed, 2 wrong usage."
        })
public final class Main implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    @Mixin
    private final SourceOptions sourceOptions = new SourceOptions();

    @Mixin
    private final TopicOptions topicOptions = new TopicOptions();

    @Mixin
    private final KafkaOptions kafkaOptions = new KafkaOptions();

    @Mixin
    private final MonitoringOptions monitoringOptions = new MonitoringOptions();

    @Mixin
    private final Program.Output output = new Program.Output();

    @Spec
    private CommandSpec command;

    private final Map<String, String> environment;
    private final Lifecycle lifecycle = new Lifecycle();

    Main(Map<String, String> environment) {
        this.environment = environment;
    }

    public static void main(String... args) {
        Main main = new Main(System.getenv());
        Program.onSignal(main.lifecycle::stopAndWait);
        Program.main(
                "producer",
                args,
                () -> main.run(
                        new PrintWriter(System.out, true, UTF_8), new PrintWriter(System.err, true, UTF_8), args));
    }

    /** Runs the command to its end and returns the exit code. */
    int run(PrintWriter out, PrintWriter err, String... args) {
        int exitCode = ExitCode.SOFTWARE;
        try {
            exitCode = new Program("producer", environment, output)
                    .commandLine(this)
                    .setOut(out)
                    .setErr(err)
                    .execute(args);
        } finally {
            lifecycle.ended(exitCode);
        }
        return exitCode;
    }

    /** Has a run in progress end at the next message, and returns at once. */
    void stop() {
        lifecycle.stop();
    }

    @Override
    public Integer call() throws Exception {
        KafkaConnection kafka = kafkaOptions.connection(environment);
        Topic topic = topicOptions.topic();
        Optional<HttpEndpoint> endpoint = monitoringOptions.endpoint();
        Speed speed = sourceOptions.speed();
        long seed = sourceOptions.seed();
        try (Source source = sourceOptions.open(seed, kafka.patience(), lifecycle.stopRequest(), Main::note);
                Metrics metrics = new Metrics();
                HttpServer http =
                        endpoint.map(at -> at.listen(routes(metrics, source))).orElse(null)) {
            NativeLibrary.loadFor(kafka.compression());
            if (http != null) {
                note("Listening on http://%s:%d".formatted(endpoint.get().host(), http.port()));
            }
            if (!topic.awaitOrCreate(kafka, lifecycle.stopRequest(), Main::note)) {
                return ExitCode.OK;
            }
            note("Sending to topic %s at %s, seed %d".formatted(topic.name(), kafka.bootstrapServers(), seed));
            ReadingSender sender = new ReadingSender(settings(kafka, source), topic.name(), seed, lifecycle::stop);
            lifecycle.sending(sender);
            metrics.addReadings(sender, source, speed.factor() * source.readingsPerSecond());
            SendLoop loop = new SendLoop(
                    source,
                    speed,
                    sender,
                    lifecycle.stopRequest(),
                    metrics,
                    monitoringOptions.logReadings(),
                    terminal());
            SendLoop.Outcome outcome = loop.run();
            command.commandLine().getOut().println(outcome.summary());
            if (outcome.failure().isPresent()) {
                throw outcome.failure().get();
            }
            return ExitCode.OK;
        }
    }

    /** Settings of Kafka's producer. Where a source waits for what was sent before, messages do not wait for others to go with. */
    private static Map<String, Object> settings(KafkaConnection kafka, Source source) {
        Map<String, Object> settings = kafka.producerSettings();
        if (source.waitsForDelivery()) {
            settings.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
        }
        return settings;
    }

    private Map<String, Route> routes(Metrics metrics, Source source) {
        return Map.of(
                "/metrics", Route.of(Set.of(), call -> metrics.scrape()),
                "/health/live", Route.of(Set.of(), call -> Answer.state(true, lifecycle.phase())),
                "/health/ready", Route.of(Set.of(), call -> health(source)));
    }

    private Answer health(Source source) {
        Lifecycle.Phase phase = lifecycle.phase();
        if (phase == Lifecycle.Phase.SENDING && !source.isReady()) {
            phase = Lifecycle.Phase.CONNECTING;
        }
        return Answer.state(phase == Lifecycle.Phase.SENDING, phase);
    }

    /** Where a person sees the progress; empty if nobody looks, or where it would stand between the readings that are logged. */
    private Optional<PrintWriter> terminal() {
        return !monitoringOptions.logReadings() && Terminal.showsErrors()
                ? Optional.of(command.commandLine().getErr())
                : Optional.empty();
    }

    private static void note(String line) {
        LOG.info("{}", ErrorLine.printable(line));
    }
}
