package downsampling.batch;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A command line that accepts what the scripts accepted that this program replaces: if an option is given twice, the
 * last one counts, and a name may be shortened as long as it is unique. (Picocli can shorten names too, but it mistakes
 * the two spellings of an option, {@code --input-dir} and {@code --input_dir}, for two options.) Every failure is
 * reported in one line.
 */
final class LenientCommandLine extends CommandLine {

    LenientCommandLine(Object command) {
        super(command);
        getCommandSpec().version(getCommandName() + " " + version());
        setOverwrittenOptionsAllowed(true);
        setParameterExceptionHandler((e, args) -> usage(
                e.getCommandLine(), Objects.requireNonNullElse(e.getMessage(), "the command line makes no sense")));
        setExecutionExceptionHandler((e, command1, parsed) -> {
            command1.getErr().println(command1.getCommandName() + ": " + Failure.describe(e));
            command1.getErr().flush();
            return ExitCode.SOFTWARE;
        });
    }

    private static String version() {
        String version = LenientCommandLine.class.getPackage().getImplementationVersion();
        return version == null ? "(not from its jar)" : version;
    }

    private static int usage(CommandLine command, String message) {
        command.getErr().println(command.getCommandName() + ": " + message + " (see --help)");
        command.getErr().flush();
        return ExitCode.USAGE;
    }

    @Override
    public int execute(String... args) {
        List<String> whole = new ArrayList<>();
        CommandLine command = this;
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            CommandLine subcommand = command.getSubcommands().get(arg);
            if (subcommand != null) {
                command = subcommand;
            }
            if (!arg.startsWith("--") || arg.equals("--")) {
                whole.add(arg);
                continue;
            }
            int equals = arg.indexOf('=');
            String name = equals < 0 ? arg : arg.substring(0, equals);
            Set<OptionSpec> candidates = candidates(command.getCommandSpec(), name);
            if (candidates.size() > 1) {
                Set<String> names = new TreeSet<>();
                candidates.forEach(option -> names.add(option.names()[0]));
                return usage(command, name + " may stand for any of " + String.join(", ", names));
            }
            OptionSpec option =
                    candidates.isEmpty() ? null : candidates.iterator().next();
            boolean valueFollows = equals < 0 && i + 1 < args.length;
            boolean empty = equals == arg.length() - 1 || valueFollows && args[i + 1].isEmpty();
            if (option != null
                    && empty
                    && option.type() != String.class
                    && option.arity().max() > 0) {
                // An empty value counts as no value. Options that are text decide for themselves what it means.
                i += valueFollows ? 1 : 0;
                continue;
            }
            whole.add(option == null ? arg : option.names()[0] + (equals < 0 ? "" : arg.substring(equals)));
        }
        return super.execute(whole.toArray(String[]::new));
    }

    private static Set<OptionSpec> candidates(CommandSpec command, String name) {
        OptionSpec exact = command.optionsMap().get(name);
        if (exact != null) {
            return Set.of(exact);
        }
        Set<OptionSpec> found = new LinkedHashSet<>();
        command.optionsMap().forEach((other, option) -> {
            if (other.startsWith(name)) {
                found.add(option);
            }
        });
        return found;
    }
}
