package downsampling.processor;

import downsampling.processor.audit.Audit;
import downsampling.processor.query.Queries;
import downsampling.processor.settings.HttpSettings;
import downsampling.processor.settings.NewTopics;
import downsampling.processor.settings.Options;
import downsampling.processor.settings.Settings;
import downsampling.processor.settings.TopologyKind;
import downsampling.processor.window.PrintedRows;
import downsampling.service.AllowedHosts;
import downsampling.service.HttpServer;
import downsampling.service.NativeLibrary;
import downsampling.service.Program;
import downsampling.service.RefusedException;
import downsampling.service.Route;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command line: options to {@link Settings}, then a {@link Service} until it ends. */
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
public final class Main implements Callable<Integer>, Supplier<Settings> {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    @Mixin
    private final Options options;

    @Mixin
    private final NewTopics.Options newTopics = new NewTopics.Options();

    @Mixin
    private final PrintedRows.Options rows = new PrintedRows.Options();

    @Mixin
    private final Program.Output output = new Program.Output();

    private Main(Map<String, String> environment) {
        options = new Options(environment);
    }

    public static void main(String... args) {
        Program.main("processor", args, () -> run(System.getenv(), args));
    }

    /** Runs a command line and returns its exit code. */
    static int run(Map<String, String> environment, String... args) {
        Main main = new Main(environment);
        CommandLine commandLine = new Program("processor", environment, main.output).commandLine(main);
        commandLine.getSubcommands().values().forEach(subcommand -> acceptOptionsOf(commandLine, subcommand));
        return commandLine.execute(args);
    }

    /** So that {@code audit} can be put before a processor's command line. What only running needs is not in its help. */
    private static void acceptOptionsOf(CommandLine processor, CommandLine subcommand) {
        CommandLine.Model.CommandSpec spec = subcommand.getCommandSpec();
        for (CommandLine.Model.OptionSpec option : processor.getCommandSpec().options()) {
            if (spec.findOption(option.longestName()) == null) {
                spec.addOption(CommandLine.Model.OptionSpec.builder(option)
                        .hidden(true)
                        .build());
            }
        }
    }

    /** What the command line says, for the subcommands, too. */
    @Override
    public Settings get() {
        return options.settings();
    }

    @Override
    public Integer call() throws Exception {
        Settings settings = get();
        NativeLibrary.loadForReading();
        if (settings.topology() == TopologyKind.DSL || !settings.state().isInMemory()) {
            NativeLibrary.load("RocksDB", RocksDB::loadLibrary);
        }
        rows.show();
        AtomicReference<Service> started = new AtomicReference<>();
        Program.onSignal(() -> stop(started.get()));
        // The port is open first, so that a broker that is waited for shows.
        try (HttpServer http = settings.http()
                        .map(where -> listen(where, settings, started::get))
                        .orElse(null);
                Service service = Service.start(settings, newTopics.newTopics())) {
            if (http != null) {
                service.metrics().addStreams(service.streams());
            }
            started.set(service);
            service.await();
        }
        return CommandLine.ExitCode.OK;
    }

    /** @param service null where a broker was still waited for */
    private static int stop(@Nullable Service service) {
        if (service == null) {
            return CommandLine.ExitCode.OK;
        }
        service.close();
        return service.failed() ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
    }

    /** @param service gives null until there is one */
    private static HttpServer listen(HttpSettings where, Settings settings, Supplier<Service> service) {
        Map<String, Route> routes = new HashMap<>(Health.routes(service));
        if (settings.topology() == TopologyKind.EXACT) {
            routes.putAll(new Queries(
                            settings,
                            () -> Optional.ofNullable(service.get())
                                    .map(Service::local)
                                    .orElse(null))
                    .routes());
        }
        routes.put("/metrics", Route.of(Set.of(), call -> {
            if (service.get() == null) {
                throw RefusedException.unavailable("waiting for the broker");
            }
            return service.get().metrics().scrape();
        }));
        HttpServer http = new HttpServer(where.host(), where.port(), new AllowedHosts(where.names()), routes);
        LOG.info("Listening on http://{}:{}", where.host(), http.port());
        return http;
    }
}
