package downsampling.service;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Defaults of options from the environment: the variable of the processor's {@code --idle-close}, and of that of its subcommands,
 * is {@code PROCESSOR_IDLE_CLOSE}. An empty variable counts as not set.
 *
 * <p>Version 0.1 read {@code IDLE_CLOSE}. In many environments such names ({@code PORT}, {@code CONFIG}) belong to other programs,
 * so they are no longer read, and a line in the log says so.
 */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private static final Logger LOG = LoggerFactory.getLogger(EnvironmentDefaults.class);

    /** Variables that Windows sets in every process. */
    private static final Set<String> SET_BY_WINDOWS = Set.of(
            "PROCESSOR_ARCHITECTURE",
            "PROCESSOR_ARCHITEW6432",
            "PROCESSOR_IDENTIFIER",
            "PROCESSOR_LEVEL",
            "PROCESSOR_REVISION");

    private final String prefix;
    /** How names that are no longer read begin. */
    private final List<String> oldPrefixes;

    private final Map<String, String> environment;

    /** @param formerPrograms names of programs whose options this program has taken over */
    EnvironmentDefaults(String program, List<String> formerPrograms, Map<String, String> environment) {
        prefix = prefix(program);
        oldPrefixes = new ArrayList<>(List.of(""));
        formerPrograms.forEach(former -> oldPrefixes.add(prefix(former)));
        this.environment = environment;
    }

    /** How the names of a program's variables begin: {@code MY_PROGRAM_} for {@code my-program}. */
    static String prefix(String program) {
        return program.replace('-', '_').toUpperCase(Locale.ROOT) + "_";
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option && isRead(option) ? value(prefix + suffix(option)) : null;
    }

    private @Nullable String value(String variable) {
        String value = environment.get(variable);
        return value == null || value.isEmpty() ? null : value;
    }

    private static boolean isRead(OptionSpec option) {
        return !option.usageHelp()
                && !option.versionHelp()
                && (option.inherited() || !(option.command().userObject() instanceof SaidEachTime));
    }

    private static String suffix(OptionSpec option) {
        return option.longestName().substring("--".length()).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Logs which variables are set but not read: names of version 0.1, and names with the prefix that belong to no option. */
    static void warn(CommandLine.ParseResult parsed) {
        List<CommandLine> commands = parsed.asCommandLineList();
        CommandLine last = commands.get(commands.size() - 1);
        if (last.getDefaultValueProvider() instanceof EnvironmentDefaults defaults) {
            defaults.warnOfOldNames(last);
            defaults.warnOfUnknownNames(commands.get(0));
        }
    }

    private void warnOfOldNames(CommandLine command) {
        Map<String, String> old = new TreeMap<>();
        for (OptionSpec option : command.getCommandSpec().options()) {
            String name = suffix(option);
            for (String oldPrefix : oldPrefixes) {
                if (isRead(option)
                        && value(oldPrefix + name) != null
                        && value(prefix + name) == null
                        && !command.getParseResult().hasMatchedOption(option)) {
                    old.put(oldPrefix + name, prefix + name);
                }
            }
        }
        if (!old.isEmpty()) {
            LOG.warn(
                    "{} in the environment {} not read: the name is now {}",
                    String.join(", ", old.keySet()),
                    old.size() == 1 ? "is" : "are",
                    String.join(", ", old.values()));
        }
    }

    private void warnOfUnknownNames(CommandLine root) {
        Set<String> known = new HashSet<>();
        List<CommandLine> commands = new ArrayList<>(root.getSubcommands().values());
        commands.add(root);
        commands.forEach(
                command -> command.getCommandSpec().options().forEach(option -> known.add(prefix + suffix(option))));
        String unknown = environment.keySet().stream()
                .filter(variable ->
                        variable.startsWith(prefix) && !known.contains(variable) && !isSetByOthers(variable))
                .sorted()
                .collect(Collectors.joining(", "));
        if (!unknown.isEmpty()) {
            LOG.warn("{} in the environment: there is no such option", unknown);
        }
    }

    /** Whether another program sets this variable: Kubernetes and Docker do for a service that is called like the program. */
    private boolean isSetByOthers(String variable) {
        String rest = variable.substring(prefix.length());
        return SET_BY_WINDOWS.contains(variable)
                || rest.equals("PORT")
                || rest.startsWith("PORT_")
                || rest.startsWith("SERVICE_")
                || rest.equals("NAME");
    }
}
