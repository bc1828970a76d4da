package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * A program from its command line to its exit code: 0 done, 1 failed, 2 wrong usage. What it cannot do is one line on standard
 * error, or one event of the log if that is written as JSON; what nobody expected is in the log with its stack trace, too.
 */
public final class Program {
    private static final Logger LOG = LoggerFactory.getLogger(Program.class);

    /** Columns that picocli needs at least. */
    private static final int NARROWEST = 55;

    /** Whether the program has ended by itself. */
    private static volatile boolean ended;

    private static volatile boolean stopping;
    /** Of the process; null in a test, which has standard output of its own. */
    private static volatile StandardOutput printed;

    private final String name;
    private final List<String> formerNames;
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
        this(name, List.of(), environment, output);
    }

    /** @param formerNames names of programs whose options this one has taken over: a line says that their variables are not read */
    public Program(String name, List<String> formerNames, Map<String, String> environment, Output output) {
        this.name = name;
        this.formerNames = formerNames;
        this.environment = environment;
        this.output = output;
    }

    /**
     * The command as it is run: with environment variables for its options, converters, and errors in one line.
     *
     * @param subcommands that are programs of their own in these respects
     */
    public CommandLine commandLine(Object command, CommandLine... subcommands) {
        EnvironmentDefaults defaults = new EnvironmentDefaults(name, formerNames, environment);
        CommandLine commandLine = new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // The last one holds, as with most programs: scripts add theirs behind what is there.
                .setOverwrittenOptionsAllowed(true)
                .setDefaultValueProvider(defaults)
                .registerConverter(Duration.class, new Durations())
                .registerConverter(ZoneId.class, Program::zone)
                .registerConverter(Integer.class, Program::integer)
                .registerConverter(int.class, Program::integer)
                .registerConverter(Long.class, Program::number)
                .registerConverter(long.class, Program::number)
                .registerConverter(Short.class, Program::small)
                .registerConverter(short.class, Program::small)
                .registerConverter(Double.class, Program::decimal)
                .registerConverter(double.class, Program::decimal)
                .setOut(new PrintWriter(System.out, true, UTF_8))
                .setErr(new PrintWriter(System.err, true, UTF_8))
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
        showVersion(commandLine, version(name, command.getClass()));
        String columns = environment.getOrDefault("COLUMNS", "");
        if (columns.matches("\\d{1,4}")) {
            commandLine.setUsageHelpAutoWidth(false);
            commandLine.setUsageHelpWidth(Math.max(NARROWEST, Integer.parseInt(columns)));
        } else {
            commandLine.setUsageHelpAutoWidth(true);
        }
        return commandLine;
    }

    private static void showVersion(CommandLine commandLine, String version) {
        commandLine.getCommandSpec().versionProvider(() -> new String[] {version});
        commandLine.getSubcommands().values().forEach(subcommand -> showVersion(subcommand, version));
    }

    private int fail(CommandLine commandLine, Exception e) {
        if (output.stacktrace) {
            e.printStackTrace(commandLine.getErr());
        }
        // What a person did wrong is said in full; what is beneath it says the same in the words of a library.
        String line = e instanceof ParameterException || e instanceof InvalidSettingException
                ? ErrorLine.ofMessage(e instanceof ParameterException usage ? inOneStyle(usage) : e)
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

    /** As {@link InvalidSettingException} says it, also where picocli found it. */
    private static Exception inOneStyle(ParameterException e) {
        if (e instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()
                && missing.getMissing().get(0) instanceof OptionSpec option) {
            return new IllegalArgumentException(option.longestName() + ": expected a value, " + option.paramLabel());
        }
        if (!(e.getArgSpec() instanceof OptionSpec option) || e.getValue() == null) {
            return e;
        }
        if (e.getCause() instanceof IllegalArgumentException expected) { // of one of the converters
            return new InvalidSettingException(option.longestName(), e.getValue(), expected.getMessage());
        }
        if (option.type().isEnum()) {
            return new InvalidSettingException(
                    option.longestName(),
                    e.getValue(),
                    Stream.of(option.type().getEnumConstants())
                            .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(" or ")));
        }
        return e;
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("a time zone such as UTC, Europe/Berlin or +02:00", e);
        }
    }

    private static int integer(String text) {
        return (int) whole(text, Integer.MAX_VALUE);
    }

    private static short small(String text) {
        return (short) whole(text, Short.MAX_VALUE);
    }

    private static long number(String text) {
        return whole(text, Long.MAX_VALUE);
    }

    private static long whole(String text, long most) {
        try {
            long number = Long.parseLong(text);
            if (number <= most && number >= -most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new IllegalArgumentException("a whole number, " + most + " at the most");
    }

    private static double decimal(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a number", e);
        }
    }

    private static String version(String name, Class<?> main) {
        String version = main.getPackage().getImplementationVersion();
        return name + " " + (version == null ? "(not from a jar)" : version);
    }

    /**
     * The program as a process: prints in UTF-8, does not begin with arguments that the JVM could not read, and ends with the
     * exit code of what runs, or with 1 instead of 0 where something that was to be printed could not be.
     *
     * @param name as {@link #Program} has it
     * @param run  gives the exit code
     */
    public static void main(String name, String[] args, IntSupplier run) {
        printed = StandardOutput.use(line -> say(name, line));
        Optional<String> problem = Unreadable.problem(EnvironmentDefaults.prefix(name), System.getenv(), args);
        problem.ifPresent(line -> say(name, line));
        int exitCode = problem.isPresent() ? ExitCode.USAGE : run.getAsInt();
        ended = true;
        System.exit(withOutput(exitCode));
    }

    private static void say(String name, String line) {
        if (LogFormat.isJson()) {
            LOG.error("{}", line);
        } else {
            System.err.println(name + ": " + line);
        }
    }

    private static int withOutput(int exitCode) {
        System.out.flush();
        return exitCode == ExitCode.OK && printed != null && printed.isLost() ? ExitCode.SOFTWARE : exitCode;
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
                            if (!ended) {
                                stopping = true;
                                Runtime.getRuntime().halt(withOutput(stop.getAsInt()));
                            }
                        },
                        "stop"));
    }
}
