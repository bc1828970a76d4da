package downsampling.batch;

import java.util.Locale;
import java.util.Map;

/**
 * The environment variables that stand in for options: the program's name before the option's, so that a
 * {@code THREADS} of someone else's changes nothing. An empty value counts as none.
 */
final class EnvironmentVariables {

    static final String PREFIX = "BATCH_AGGREGATOR_";

    private EnvironmentVariables() {}

    /** @param option with its two hyphens */
    static String nameOf(String option) {
        return PREFIX.concat(withoutPrefix(option));
    }

    /**
     * What a variable is set to; null when it is not, or to nothing.
     *
     * @param option with its two hyphens
     */
    static String value(String option, Map<String, String> environment) {
        String value = environment.get(nameOf(option));
        return value == null || value.isEmpty() ? null : value;
    }

    /** The names that counted before there was a prefix, as far as they are set and the new ones are not; in one line. */
    static String oldNames(Map<String, String> environment, String... options) {
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
