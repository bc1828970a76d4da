package downsampling.service;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * Lists the options in {@code --help} by what they are for: those of a mixin under the {@code optionListHeading} of its {@code
 * @Command}, in the order of the mixins, after those that have no heading. Argument groups have headings, too, but when an option
 * of a group is given for a second time picocli begins the group anew.
 */
final class OptionSections {
    private OptionSections() {}

    static void use(CommandLine commandLine) {
        // Picocli lets a command inherit the heading of its first mixin, which belongs to that mixin's options alone.
        commandLine.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING, help -> "");
        commandLine.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionSections::list);
        commandLine.getCommandSpec().usageMessage().commandListHeading("%nCommands:%n");
        commandLine.getSubcommands().values().forEach(OptionSections::use);
    }

    private static String list(CommandLine.Help help) {
        Map<String, List<OptionSpec>> sections = new LinkedHashMap<>();
        sections.put("", new ArrayList<>());
        for (OptionSpec option : help.commandSpec().options()) {
            if (!option.hidden()) {
                sections.computeIfAbsent(heading(option), heading -> new ArrayList<>())
                        .add(option);
            }
        }
        StringBuilder list = new StringBuilder();
        sections.forEach(
                (heading, options) -> list.append(heading.formatted()).append(help.optionListExcludingGroups(options)));
        return list.toString();
    }

    private static String heading(OptionSpec option) {
        if (option.userObject() instanceof Field field) {
            Command mixin = field.getDeclaringClass().getAnnotation(Command.class);
            return mixin == null ? "" : mixin.optionListHeading();
        }
        return "";
    }
}
