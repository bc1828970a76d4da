package downsampling.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.IntSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/**
 * A program from its command line to its exit code: 0 done, 1 failed, 2 wrong usage. What it cannot do is one line on standard
 * error, or one event of the log if that is written as JSON; what nobody expected is in the log with its stack trace, too.
 */
public final class Program {
    private static final Logger LOG = LoggerFactory.getLogger(Program.class);

    /** Of a program that ended by itself; null while it runs. */
    private static volatile Integer ended;

    private static volatile boolean stopping;

    private final String name;
    private final Map<String, String> environment;
    private final Output output;

    /** How a program speaks: the options for it, for all its commands. */
    public static final class Output {
        @Option(
                names = "--log-format",
                scope = ScopeType.INHERIT,
                paramLabel = "FORMAT",
                defaultValue = "text",
                description = "text, or json for one JSON object on each line (default: ${DEFAULT-VALUE})")
        private LogFormat logFormat = LogFormat.TEXT;

        @Option(
                names = "--stacktrace",
                scope = ScopeType.INHERIT,
                description = "show the stack trace of an error that ends the program")
        private boolean stacktrace;
    }

    /**
     * @param name        what it is called, such as {@code processor}: its lines begin with it, and its environment variables
     * @param environment of the process
     * @param output      a mixin of the command
     */
    public Program(String name, Map<String, String> environment, Output output) {
        this.name = name;
        this.environment = environment;
        this.output = output;
    }

    /**
     * The command as it is run: with environment variables for its options, converters, and errors in one line.
     *
     * @param subcommands that are programs of their own in these respects
     */
    public CommandLine commandLine(Object command, CommandLine... subcommands) {
        EnvironmentDefaults defaults = new EnvironmentDefaults(name, environment);
        CommandLine commandLine = new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(defaults)
                .registerConverter(Duration.class, new Durations())
                .registerConverter(ZoneId.class, Program::zone)
                .setExecutionStrategy(parsed -> {
                    output.logFormat.use();
                    EnvironmentDefaults.warn(parsed);
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setParameterExceptionHandler((e, arguments) -> fail(e.getCommandLine(), e))
                .setExecutionExceptionHandler((e, failed, parsed) -> fail(failed, e));
        for (CommandLine subcommand : subcommands) {
            commandLine.addSubcommand(subcommand);
        }
        return commandLine;
    }

    private int fail(CommandLine commandLine, Exception e) {
        if (output.stacktrace) {
            e.printStackTrace(commandLine.getErr());
        }
        // What a person did wrong is said in full; what is beneath it says the same in the words of a library.
        String line = e instanceof ParameterException || e instanceof InvalidSettingException
                ? ErrorLine.ofMessage(e)
                : ErrorLine.of(e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e);
        boolean expected = isUsage(e)
                || e instanceof FailedException
                || e instanceof KafkaException
                || e instanceof IOException
                || e instanceof UncheckedIOException;
        if (!expected) {
            LOG.error("An unexpected error", e);
        }
        if (output.logFormat == LogFormat.JSON) {
            output.logFormat.use();
            LOG.error("{}", line);
        } else {
            commandLine.getErr().println(name + ": " + line);
        }
        return isUsage(e) ? ExitCode.USAGE : ExitCode.SOFTWARE;
    }

    private static boolean isUsage(Exception e) {
        return e instanceof ParameterException || e instanceof InvalidSettingException || e instanceof ConfigException;
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (java.time.DateTimeException e) {
            throw new TypeConversionException("'" + text + "' is no time zone such as UTC, Europe/Berlin or +02:00");
        }
    }

    /** The name and version that stand in the jar, as {@code --version} shows them. */
    public static String version(String name, Class<?> main) {
        String version = main.getPackage().getImplementationVersion();
        return name + " " + (version == null ? "(not from a jar)" : version);
    }

    /** Ends the JVM. */
    public static void exit(int exitCode) {
        ended = exitCode;
        System.exit(exitCode);
    }

    /** Whether a signal has come, so that what ends now was told to. */
    public static boolean isStopping() {
        return stopping;
    }

    /**
     * On SIGTERM and Ctrl-C has the program end in good order, and with the exit code that it earned: left alone, the JVM's
     * would be 143 or 130 for a program that did what it was told.
     *
     * @param stop ends what runs, and gives the exit code
     */
    public static void onSignal(IntSupplier stop) {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            if (ended == null) {
                                stopping = true;
                                Runtime.getRuntime().halt(stop.getAsInt());
                            }
                        },
                        "stop"));
    }
}
