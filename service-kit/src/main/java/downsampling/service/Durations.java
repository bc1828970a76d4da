package downsampling.service;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;

/** Durations as people write them on a command line: {@code 250ms}, {@code 10s}, {@code 5m}, {@code 1h}, {@code 7d}. */
public final class Durations implements ITypeConverter<Duration> {
    private static final String EXPECTED = "a duration such as 250ms, 10s, 5m, 1h or 7d";
    /** Kafka counts in milliseconds, and so does {@link #format}. */
    private static final Duration LONGEST = Duration.ofMillis(Long.MAX_VALUE);

    private static final Pattern FORM = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");

    /**
     * Accepts the forms above, and {@code off} for zero.
     *
     * @throws IllegalArgumentException with a message that says what was expected
     */
    @Override
    public Duration convert(String text) {
        if (text.equals("off")) {
            return Duration.ZERO;
        }
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(EXPECTED);
        }
        long amount = Long.parseLong(matcher.group(1));
        Duration duration = switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
        if (duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(EXPECTED);
        }
        return duration;
    }

    /** The duration in the largest of days, seconds and milliseconds that needs no fraction, such as {@code 90s}. */
    public static String format(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long days = duration.toDays();
        return days > 0 && millis % 86_400_000 == 0 ? days + "d" : millis / 1000 + "s";
    }

    /** The duration in the largest unit that {@link #convert} accepts and that needs no fraction, such as {@code 90s} or {@code 15m}. */
    public static String shortest(Duration duration) {
        long minutes = duration.toMinutes();
        if (minutes == 0 || minutes % (24 * 60) == 0 || duration.toMillis() % 60_000 != 0) {
            return format(duration);
        }
        return minutes % 60 == 0 ? minutes / 60 + "h" : minutes + "m";
    }
}
