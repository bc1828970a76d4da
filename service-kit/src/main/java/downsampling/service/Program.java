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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * A program from its command line to its exit code: 0 done, 1 failed, 2 wrong usage. A failure is one line on standard error, or
 * one event of the log if the log format is JSON; an error that nobody expected is also in the log, with its stack trace.
 */
public final class Program {
    private static final Logger LOG = LoggerFactory.getLogger(Program.class);

    /** The smallest width of the help, in columns, that picocli accepts. */
    private static final int MIN_HELP_WIDTH = 55;

    /** Whether the program has come to its end, and its exit code is known. */
    private static volatile boolean ended;

    private static volatile boolean stopping;
    /** The standard output of the process; null in a test, which has its own. */
    private static volatile @Nullable StandardOutput standardOutput;

    private final String name;
    private final List<String> formerNames;
    private final Map<String, String> environment;
    private final Output output;

    /** The options of every command for its log and its error messages. */
    @Command(optionListHeading = "%nLog and errors:%n")
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
     * Names a program.
     *
     * @param name        name such as {@code processor}, with which its error lines and its environment variables begin
     * @param environment environment of the process
     * @param output      mixin of the command
     */
    public Program(String name, Map<String, String> environment, Output output) {
        this(name, List.of(), environment, output);
    }

    /**
     * Names a program that has taken over the options of others.
     *
     * @param formerNames names of programs whose options this one has taken over: a line says that their variables are not
     *     read
     */
    public Program(String name, List<String> formerNames, Map<String, String> environment, Output output) {
        this.name = name;
        this.formerNames = formerNames;
        this.environment = environment;
        this.output = output;
    }

    /**
     * The command line that runs a command: with defaults from the environment, converters, and errors in one line.
     *
     * @param command     object of a class with picocli's annotations
     * @param subcommands command lines of subcommands, each made by a {@code Program} of its own
     */
    public CommandLine commandLine(Object command, CommandLine... subcommands) {
        EnvironmentDefaults defaults = new EnvironmentDefaults(name, formerNames, environment);
        CommandLine commandLine = new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                // The last value counts, as in most programs: scripts append their options to those of a user.
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
        OptionSections.use(commandLine);
        String columns = environment.getOrDefault("COLUMNS", "");
        if (columns.matches("\\d{1,4}")) {
            commandLine.setUsageHelpAutoWidth(false);
            commandLine.setUsageHelpWidth(Math.max(MIN_HELP_WIDTH, Integer.parseInt(columns)));
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
        // The message about a wrong option is complete; its cause says the same again, in the words of a library.
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

    /** The error with the message of an {@link InvalidSettingException}, although picocli found it. */
    private static Exception inOneStyle(ParameterException e) {
        if (e instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()
                && missing.getMissing().get(0) instanceof OptionSpec option) {
            return new IllegalArgumentException(option.longestName() + ": expected a value, " + option.paramLabel());
        }
        if (!(e.getArgSpec() instanceof OptionSpec option) || e.getValue() == null) {
            return e;
        }
        if (e.getCause() instanceof IllegalArgumentException expected // thrown by a converter
                && expected.getMessage() != null) {
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
            // Reported below.
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
     * Runs the program as a process. It prints in UTF-8, does not start with arguments that the JVM could not decode, and exits
     * with the code that {@code run} returns, or with 1 instead of 0 if some of its output could not be written.
     *
     * @param name name of the program, as its constructor has it
     * @param args arguments of the process
     * @param run  runs the program and returns the exit code
     */
    public static void main(String name, String[] args, IntSupplier run) {
        standardOutput = StandardOutput.use(line -> report(name, line));
        Optional<String> problem = UndecodableInput.problem(EnvironmentDefaults.prefix(name), System.getenv(), args);
        problem.ifPresent(line -> report(name, line));
        int exitCode = problem.isPresent() ? ExitCode.USAGE : run.getAsInt();
        ended = true;
        System.exit(withOutput(exitCode));
    }

    private static void report(String name, String line) {
        if (LogFormat.isJson()) {
            LOG.error("{}", line);
        } else {
            System.err.println(name + ": " + line);
        }
    }

    private static int withOutput(int exitCode) {
        System.out.flush();
        StandardOutput printed = standardOutput;
        return exitCode == ExitCode.OK && printed != null && printed.isIncomplete() ? ExitCode.SOFTWARE : exitCode;
    }

    /** Whether a signal has arrived, so that whatever ends from now on ends because of it. */
    public static boolean isStopping() {
        return stopping;
    }

    /**
     * Has SIGTERM and Ctrl-C end the program in good order and with an exit code of its own. Otherwise the JVM would exit with 143
     * or 130, although the program did what it was asked to.
     *
     * @param stop stops the program and returns the exit code
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
