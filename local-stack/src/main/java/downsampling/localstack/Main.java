package downsampling.localstack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs one Kafka broker on this machine, and a live page of what happens on its topics, until it is stopped by Ctrl-C or
 * SIGTERM.
 *
 * <p>Exit codes: 0 stopped when asked to, 1 failed, 2 usage.
 */
@Command(
        name = "local-stack",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        subcommands = View.class,
        description =
                "Runs one real Apache Kafka broker (KRaft) on 127.0.0.1, and a live page of what happens on its topics,"
                        + " until Ctrl-C or SIGTERM.",
        footer = {
            "",
            "An option's environment variable is its name in capitals: --data-dir is DATA_DIR.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {

    /** Of a run that has ended by itself; asked to stop, it ends with 0. */
    private static volatile int exitCode = ExitCode.OK;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "${env:PORT:-19092}",
            description = "Where clients connect, 1 to 65535, or 0 for a free port (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "${env:DATA_DIR:-" + Option.NULL_VALUE + "}",
            description =
                    "Keeps the data in this folder, created if missing (default: a temporary folder that is removed"
                            + " at the end).")
    private Path dataDir;

    @Mixin
    private PageOptions pageOptions;

    @Spec
    private CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String... args) {
        exitCode = commandLine().execute(args);
        System.exit(exitCode);
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setParameterExceptionHandler((e, args) -> {
                    e.getCommandLine().getErr().println(e.getMessage());
                    e.getCommandLine().getErr().println("Try 'local-stack --help' for more information.");
                    return ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    command.getErr().println(e.getMessage());
                    return ExitCode.SOFTWARE;
                });
    }

    @Override
    public Integer call() throws IOException {
        if (port < 0 || port > 65_535) {
            throw new ParameterException(spec.commandLine(), "--port: expected 0 to 65535, but was " + port);
        }
        PageConfig pageConfig = pageConfig();
        if (pageConfig != null) {
            Page.choosePort(pageConfig); // a port that was asked for and is in use is known before the broker starts
        }
        NativeLibrary.loadAll();
        LocalKafka kafka = LocalKafka.start(port, dataDir, Map.of());
        Deque<AutoCloseable> parts = closeOnSignal();
        parts.addFirst(kafka);
        System.out.printf(
                "Kafka is ready on %s, data in %s%s%n",
                kafka.bootstrapServers(), kafka.dataDir(), dataDir == null ? " (temporary)" : "");
        if (pageConfig != null) {
            Page page = Page.start(pageConfig, Map.of("bootstrap.servers", kafka.bootstrapServers()));
            parts.addFirst(page);
            System.out.println("The live page is on " + page.address());
        }
        kafka.awaitClose();
        return ExitCode.SOFTWARE;
    }

    private PageConfig pageConfig() {
        try {
            return pageOptions.off() ? null : pageOptions.toConfig();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /**
     * On SIGTERM and Ctrl-C closes what has been put in, the first one first, and ends the JVM: having been asked to stop is no
     * failure, but left alone the JVM would exit with 130 or 143.
     */
    static Deque<AutoCloseable> closeOnSignal() {
        Deque<AutoCloseable> parts = new ConcurrentLinkedDeque<>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(parts), "stop"));
        return parts;
    }

    private static void close(Deque<AutoCloseable> parts) {
        int code = exitCode;
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                System.err.println("Did not stop in good order: " + oneLine(e));
                code = ExitCode.SOFTWARE;
            }
        }
        Runtime.getRuntime().halt(code);
    }

    /** What happened, with the cause at the bottom of it if the message does not tell it. */
    static String oneLine(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String message = String.valueOf(e.getMessage());
        String reason = String.valueOf(root.getMessage());
        return (message.contains(reason) ? message : message + ": " + reason).replaceAll("\\s*\\R\\s*", " ");
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"local-stack " + (version == null ? "(not packaged)" : version)};
        }
    }
}
