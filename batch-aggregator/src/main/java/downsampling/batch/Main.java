package downsampling.batch;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program: one subcommand to make log files, one to sum them up. */
@Command(
        name = "batch-aggregator",
        mixinStandardHelpOptions = true,
        description = "Generates daily CSV log files and sums them up.",
        subcommands = Generate.class)
public final class Main implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    /** Exits with 0 when done, 1 when it failed, 2 when the command line makes no sense. */
    public static void main(String... args) {
        Integer exitCode = Aggregate.runIfPlain(args);
        System.exit(exitCode != null ? exitCode : command().execute(args));
    }

    static CommandLine command() {
        return reporting(new CommandLine(new Main()).addSubcommand("aggregate", Aggregate.command()));
    }

    /** Lets whatever goes wrong be told in one line. */
    static CommandLine reporting(CommandLine program) {
        return program.setParameterExceptionHandler((e, args) -> {
                    CommandLine command = e.getCommandLine();
                    command.getErr().println(command.getCommandName() + ": " + e.getMessage() + " (see --help)");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    PrintWriter err = command.getErr();
                    err.println(command.getCommandName() + ": " + e);
                    err.flush();
                    return CommandLine.ExitCode.SOFTWARE;
                });
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "generate or aggregate?");
    }
}
