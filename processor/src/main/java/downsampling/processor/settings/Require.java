package downsampling.processor.settings;

import downsampling.service.Durations;
import downsampling.service.InvalidSettingException;
import java.time.Duration;

/** The checks that records of settings have in common; each throws an {@link InvalidSettingException} that names the option. */
final class Require {
    /** A thousand years: long enough for anybody, short enough that no sum of times overflows. */
    static final Duration LONGEST = Duration.ofDays(365_000);

    /** The longest name that Kafka accepts for a topic. */
    static final int LONGEST_NAME = 249;

    private static final String NAME_CHARACTERS = " of a to z, A to Z, 0 to 9, '.', '_' and '-'";

    private Require() {}

    static void that(boolean condition, String option, Object value, String allowed) {
        if (!condition) {
            throw new InvalidSettingException(option, value, allowed);
        }
    }

    /** Both bounds are inclusive. */
    static void between(String option, Duration value, Duration least, Duration most) {
        that(
                value.compareTo(least) >= 0 && value.compareTo(most) <= 0,
                option,
                Durations.format(value),
                Durations.format(least) + " to " + Durations.format(most));
    }

    /** Both bounds are inclusive. */
    static void between(String option, int value, int least, int most) {
        that(value >= least && value <= most, option, value, least + " to " + most);
    }

    /** A name that Kafka accepts for a topic, and that is safe as the name of a folder. */
    static void name(String option, String value, int longest, String what) {
        that(
                value.length() <= longest
                        && value.matches("[a-zA-Z0-9._-]+")
                        && !value.equals(".")
                        && !value.equals(".."),
                option,
                value,
                what + "1 to " + longest + NAME_CHARACTERS);
    }
}
