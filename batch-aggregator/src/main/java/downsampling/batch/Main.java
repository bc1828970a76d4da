package downsampling.batch;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The program, with one subcommand that generates log files and one that aggregates them. It starts up by code of its
 * own and uses nothing of what the services share for theirs, because that would take a good part of a run of a third
 * of a second.
 */
@Command(
        name = "batch-aggregator",
        mixinStandardHelpOptions = true,
        description = "Generates daily CSV log files and sums them up.")
public final class Main implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    /** Exits with 0 when the work is done, 1 when it failed, 2 when the command line makes no sense. */
    public static void main(String... args) {
        StandardOutput out = new StandardOutput();
        System.exit(out.exitCode("batch-aggregator", run(out, args)));
    }

    private static int run(StandardOutput out, String... args) {
        String problem = PlatformEncoding.problem(System.getenv(), args);
        if (problem != null) {
            out.err().println("batch-aggregator: ".concat(problem));
            return CommandLine.ExitCode.USAGE;
        }
        Integer exitCode = AggregateCommand.runIfPlain(out.writer(), out.err(), args);
        return exitCode != null ? exitCode : command(out).execute(args);
    }

    private static CommandLine command(StandardOutput out) {
        return command().setOut(out.writer()).setErr(out.err());
    }

    static CommandLine command() {
        return new LenientCommandLine(new Main())
                .addSubcommand("generate", new LenientCommandLine(new GenerateCommand()))
                .addSubcommand("aggregate", AggregateCommand.command());
    }

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "expected a subcommand, generate or aggregate");
    }
}
