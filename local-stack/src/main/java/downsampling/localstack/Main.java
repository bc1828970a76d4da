package downsampling.localstack;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Runs one Kafka broker on this machine until it is stopped by Ctrl-C or SIGTERM.
 *
 * <p>Exit codes: 0 stopped when asked to, 1 failed, 2 usage.
 */
@Command(
        name = "local-stack",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = "Runs one real Apache Kafka broker (KRaft) on 127.0.0.1, until Ctrl-C or SIGTERM.",
        footer = {
            "",
            "An option's environment variable is its name in capitals: --data-dir is DATA_DIR.",
            "Exit codes: 0 stopped when asked to, 1 failed, 2 usage."
        })
public final class Main implements Callable<Integer> {

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

    @Spec
    private CommandSpec spec;

    /** Runs the program and ends the JVM with its exit code. */
    public static void main(String... args) {
        System.exit(commandLine().execute(args));
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
    public Integer call() {
        if (port < 0 || port > 65_535) {
            throw new ParameterException(spec.commandLine(), "--port: expected 0 to 65535, but was " + port);
        }
        LocalKafka kafka = LocalKafka.start(port, dataDir, Map.of());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(kafka), "stop"));
        System.out.printf(
                "Kafka is ready on %s, data in %s%s%n",
                kafka.bootstrapServers(), kafka.dataDir(), dataDir == null ? " (temporary)" : "");
        kafka.awaitClose();
        return ExitCode.SOFTWARE;
    }

    /** Ends the JVM: having been asked to stop is no failure, but left alone the JVM would exit with 130 or 143. */
    private static void stop(LocalKafka kafka) {
        try {
            kafka.close();
            Runtime.getRuntime().halt(0);
        } catch (RuntimeException e) {
            System.err.println("Kafka did not stop in good order: " + e.getMessage());
            Runtime.getRuntime().halt(1);
        }
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"local-stack " + (version == null ? "(not packaged)" : version)};
        }
    }
}
