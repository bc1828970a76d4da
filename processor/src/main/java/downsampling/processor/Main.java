package downsampling.processor;

import static picocli.CommandLine.ScopeType.INHERIT;

import downsampling.service.AllowedHosts;
import downsampling.service.HttpServer;
import downsampling.service.KafkaSettings;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import downsampling.service.Route;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.streams.StreamsConfig;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command line: options to a {@link Config}, then a {@link Service} until it ends. */
@Command(
        name = "processor",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {Audit.class, Reset.class},
        description =
                "Turns temperature readings into one summary (count, min, max, mean) per sensor and tumbling window.",
        footer = {
            "",
            "Durations are written as 250ms, 10s, 5m, 1h, 7d.",
            "Every option has an environment variable that gives its default: --idle-close is PROCESSOR_IDLE_CLOSE.",
            "KAFKA_ variables are passed to Kafka's clients: KAFKA_SECURITY_PROTOCOL is security.protocol.",
            "Exit codes: 0 stopped by SIGTERM or Ctrl-C with all work committed, 1 failed, 2 wrong usage."
        })
public final class Main implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    @Option(
            names = "--bootstrap-servers",
            scope = INHERIT,
            paramLabel = "HOST:PORT,…",
            description = "Kafka or Redpanda (default: localhost:19092)")
    private String bootstrapServers;

    @Option(
            names = "--config",
            scope = INHERIT,
            paramLabel = "FILE",
            description = "properties file with settings for Kafka's clients")
    private Path config;

    @Option(
            names = "--application-id",
            scope = INHERIT,
            paramLabel = "ID",
            description = {
                "name of the group that shares the work, and of its state",
                "(default: temperature-processor, with -dsl behind it for --topology=dsl)"
            })
    private String applicationId;

    @Option(
            names = "--topology",
            scope = INHERIT,
            paramLabel = "NAME",
            defaultValue = "exact",
            description = {
                "exact: keeps all promises; dsl: the textbook Kafka Streams topology",
                "(default: ${DEFAULT-VALUE})"
            })
    private Config.TopologyKind topology;

    @Option(
            names = "--input-topic",
            scope = INHERIT,
            paramLabel = "TOPIC",
            defaultValue = "raw-temperature",
            description = "readings (default: ${DEFAULT-VALUE})")
    private String inputTopic;

    @Option(
            names = "--output-topic",
            scope = INHERIT,
            paramLabel = "TOPIC",
            defaultValue = "agg-temperature",
            description = "summaries (default: ${DEFAULT-VALUE})")
    private String outputTopic;

    @Option(
            names = "--late-topic",
            scope = INHERIT,
            paramLabel = "TOPIC",
            defaultValue = "late-temperature",
            description = "readings for closed windows (default: ${DEFAULT-VALUE})")
    private String lateTopic;

    @Option(
            names = "--dead-topic",
            scope = INHERIT,
            paramLabel = "TOPIC",
            defaultValue = "dead-temperature",
            description = "what is no reading (default: ${DEFAULT-VALUE})")
    private String deadTopic;

    @Option(
            names = "--window",
            scope = INHERIT,
            paramLabel = "DURATION",
            defaultValue = "10s",
            description = "size of the windows (default: ${DEFAULT-VALUE})")
    private Duration window;

    @Option(
            names = "--grace",
            scope = INHERIT,
            paramLabel = "DURATION",
            defaultValue = "1s",
            description = "how long after its end, in event time, a window takes readings (default: ${DEFAULT-VALUE})")
    private Duration grace;

    @Option(
            names = "--max-ahead",
            scope = INHERIT,
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "a reading further in the future than this is dead (default: ${DEFAULT-VALUE})")
    private Duration maxAhead;

    @Option(
            names = "--idle-close",
            paramLabel = "DURATION",
            defaultValue = "30s",
            description =
                    "close the last windows of a partition, once they are over, when no reading came for this long; has to be longer"
                            + " than the longest pause between two uploads; off: never (default: ${DEFAULT-VALUE})")
    private Duration idleClose;

    @Option(
            names = "--zone",
            scope = INHERIT,
            paramLabel = "ZONE",
            defaultValue = "UTC",
            description = "time zone of timestamps that name none (default: ${DEFAULT-VALUE})")
    private ZoneId zone;

    @Option(
            names = "--guarantee",
            paramLabel = "NAME",
            defaultValue = "exactly_once_v2",
            description =
                    "exactly_once_v2 or at_least_once, which may count and emit twice after a crash (default: ${DEFAULT-VALUE})")
    private Config.Guarantee guarantee;

    @Option(
            names = "--commit-interval",
            paramLabel = "DURATION",
            defaultValue = "1s",
            description = {
                "how often progress and open windows are committed: what a crash makes it read again",
                "(default: ${DEFAULT-VALUE}); five times that while it catches up; a summary waits for its commit",
                "100 ms at most, or a tenth as long as its readings waited to be read"
            })
    private Duration commitInterval;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "stream threads; more than partitions are idle (default: ${DEFAULT-VALUE})")
    private int threads;

    @Option(
            names = "--standby-replicas",
            paramLabel = "N",
            defaultValue = "0",
            description = "copies of the state kept warm on other instances (default: ${DEFAULT-VALUE})")
    private int standbyReplicas;

    @Option(
            names = "--state-store",
            paramLabel = "NAME",
            defaultValue = "memory",
            description =
                    "where open windows are kept: memory, or rocksdb for more than fit there (default: ${DEFAULT-VALUE})")
    private Config.StateStoreKind stateStore;

    @Option(
            names = "--state-memory",
            paramLabel = "BYTES",
            defaultValue = "67108864",
            description =
                    "with rocksdb: block cache and write buffers of the whole process (default: ${DEFAULT-VALUE})")
    private long stateMemory;

    @Option(
            names = "--state-dir",
            scope = INHERIT,
            paramLabel = "DIR",
            defaultValue = "${sys:java.io.tmpdir}/temperature-processor",
            description = "with rocksdb: folder for its files, one for each instance (default: ${DEFAULT-VALUE})")
    private String stateDir;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "6",
            description = "of the input topic if it has to be made (default: ${DEFAULT-VALUE})")
    private int partitions;

    @Option(
            names = "--replication",
            paramLabel = "N",
            defaultValue = "-1",
            description = "of topics that have to be made; -1: the broker's default (default: ${DEFAULT-VALUE})")
    private short replication;

    @Option(
            names = "--retention",
            paramLabel = "DURATION",
            description = "of topics that have to be made (default: the broker's for readings, all others for good)")
    private Duration retention;

    @Option(
            names = "--wait",
            scope = INHERIT,
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "how long to wait for a broker that does not answer at start (default: ${DEFAULT-VALUE})")
    private Duration wait;

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "answer HTTP on this port: health and queries, see /openapi.yaml (default: do not listen)")
    private Integer httpPort;

    @Option(
            names = "--http-host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "address to listen on (default: ${DEFAULT-VALUE})")
    private String httpHost;

    @Option(
            names = "--http-allowed-hosts",
            paramLabel = "HOST,…",
            split = ",",
            description = {
                "names by which HTTP clients may ask for this one, beside localhost and the advertised host",
                "(an address is always allowed)"
            })
    private List<String> httpAllowedHosts = List.of();

    @Option(
            names = "--advertised-host",
            paramLabel = "HOST[:PORT]",
            description = {
                "where other instances reach this one over HTTP",
                "(default: --http-host, or this machine's address if that is all of them; --http-port)"
            })
    private String advertisedHost;

    @Option(
            names = "--keep-closed",
            paramLabel = "N",
            defaultValue = "10000",
            description = {
                "with --http-port: closed windows of each partition to keep in memory for queries",
                "(default: ${DEFAULT-VALUE})"
            })
    private int keepClosed;

    @Option(names = "--log-readings", description = "print each reading on standard output")
    private boolean logReadings;

    @Option(names = "--log-summaries", description = "print each summary on standard output")
    private boolean logSummaries;

    @Mixin
    private Program.Output output = new Program.Output();

    private final Map<String, String> environment;

    private Main(Map<String, String> environment) {
        this.environment = environment;
    }

    public static void main(String... args) {
        Program.main("processor", args, () -> run(args));
    }

    /** @return the exit code */
    static int run(String... args) {
        return run(System.getenv(), args);
    }

    static int run(Map<String, String> environment, String... args) {
        Main main = new Main(environment);
        CommandLine commandLine = new Program("processor", environment, main.output).commandLine(main);
        commandLine.getSubcommands().values().forEach(subcommand -> takeTheSameCommandLine(commandLine, subcommand));
        return commandLine.execute(args);
    }

    /** So that {@code audit} can be put behind a processor's command line. What only running needs is not in the help. */
    private static void takeTheSameCommandLine(CommandLine processor, CommandLine subcommand) {
        CommandLine.Model.CommandSpec spec = subcommand.getCommandSpec();
        for (CommandLine.Model.OptionSpec option : processor.getCommandSpec().options()) {
            if (spec.findOption(option.longestName()) == null) {
                spec.addOption(CommandLine.Model.OptionSpec.builder(option)
                        .hidden(true)
                        .build());
            }
        }
    }

    @Override
    public Integer call() throws Exception {
        Config settings = settings();
        NativeLibrary.loadForReading();
        if (settings.topology() == Config.TopologyKind.DSL || settings.stateStore() == Config.StateStoreKind.ROCKSDB) {
            NativeLibrary.load("RocksDB", RocksDB::loadLibrary);
        }
        Rows.show(logReadings, logSummaries);
        AtomicReference<Service> started = new AtomicReference<>();
        Program.onSignal(() -> stop(started.get()));
        try (HttpServer http = httpPort == null ? null : listen(settings, started::get);
                Service service =
                        Service.start(settings, new Topics.Making(partitions, replication, retention), wait)) {
            if (http != null) {
                service.metrics().watch(service.streams());
            }
            started.set(service);
            service.await();
        }
        return CommandLine.ExitCode.OK;
    }

    /** @param service null where a broker was still waited for */
    private static int stop(Service service) {
        if (service == null) {
            return CommandLine.ExitCode.OK;
        }
        service.close();
        return service.failed() ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /** @param service gives null until there is one: the port is open first, so that a broker that is waited for shows */
    private HttpServer listen(Config settings, Supplier<Service> service) {
        List<String> names = new ArrayList<>(httpAllowedHosts);
        String advertised = settings.kafka().get(StreamsConfig.APPLICATION_SERVER_CONFIG);
        names.add(advertised.substring(0, advertised.lastIndexOf(':')));
        Map<String, Route> routes = new HashMap<>(Health.routes(service));
        if (settings.topology() == Config.TopologyKind.EXACT) {
            routes.putAll(new Queries(settings, service).routes());
        }
        routes.put("/metrics", Metrics.route(service));
        HttpServer http = new HttpServer(httpHost, httpPort, new AllowedHosts(names), routes);
        LOG.info("Listening on http://{}:{}", httpHost, http.port());
        return http;
    }

    /** How long to wait for a broker that does not answer. */
    Duration patience() {
        return wait;
    }

    Config settings() {
        Map<String, String> kafka = StreamsSettings.withoutFixed(
                KafkaSettings.read(config, environment, bootstrapServers, StreamsSettings.NAMES));
        if (httpPort != null) {
            kafka.put(StreamsConfig.APPLICATION_SERVER_CONFIG, Queries.address(advertisedHost, httpHost, httpPort));
        }
        String id = applicationId != null
                ? applicationId
                : topology == Config.TopologyKind.DSL ? "temperature-processor-dsl" : "temperature-processor";
        return new Config(
                topology,
                id,
                inputTopic,
                outputTopic,
                lateTopic,
                deadTopic,
                window,
                grace,
                maxAhead,
                idleClose,
                zone,
                guarantee,
                stateStore,
                stateMemory,
                stateDir,
                commitInterval,
                threads,
                standbyReplicas,
                keepClosed,
                kafka);
    }
}
