package downsampling.batch;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment variables that give options their values. Their names begin with that of the program, so that a
 * {@code THREADS} which belongs to another program has no effect. An empty variable counts as missing.
 */
final class EnvironmentVariables {

    static final String PREFIX = "BATCH_AGGREGATOR_";

    private EnvironmentVariables() {}

    /**
     * The name of the variable for an option.
     *
     * @param option the name of the option with its two hyphens
     */
    static String nameOf(String option) {
        return PREFIX.concat(withoutPrefix(option));
    }

    /**
     * The value of the variable for an option; null if it is missing or empty.
     *
     * @param option the name of the option with its two hyphens
     */
    static @Nullable String value(String option, Map<String, String> environment) {
        String value = environment.get(nameOf(option));
        return value == null || value.isEmpty() ? null : value;
    }

    /**
     * Warns in one line of variables that are set under the names of earlier versions, unless the new ones are set too.
     */
    static @Nullable String oldNames(Map<String, String> environment, String... options) {
        StringBuilder old = new StringBuilder();
        StringBuilder now = new StringBuilder();
        for (String option : options) {
            String name = withoutPrefix(option);
            if (name.equals("USER") || name.equals("APP")) {
                name = "AGGREGATE_".concat(name);
            }
            String value = environment.get(name);
            if (value != null && !value.isEmpty() && value(option, environment) == null) {
                old.append(old.length() == 0 ? "" : ", ").append(name);
                now.append(now.length() == 0 ? "" : ", ").append(nameOf(option));
            }
        }
        return old.length() == 0
                ? null
                : "warning: environment variables without the program's name are ignored: " + old
                        + (old.indexOf(",") < 0 ? " is now called " : " are now called ") + now;
    }

    private static String withoutPrefix(String option) {
        return option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
