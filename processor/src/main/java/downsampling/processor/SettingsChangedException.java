package downsampling.processor;

import java.time.Duration;

/** The open windows on record were made with another window size or grace than now asked for; mixing them would lie. */
final class SettingsChangedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private SettingsChangedException(String message) {
        super(message);
    }

    static void check(Config config, Duration window, Duration grace) {
        if (!config.window().equals(window) || !config.grace().equals(grace)) {
            throw new SettingsChangedException(String.format(
                    "the state of %s was made with --window %s --grace %s, now asked for are --window %s --grace %s: "
                            + "run it with the old ones, or with a new --application-id (which reads its input from the start), "
                            + "or stop all instances and reset it with kafka-streams-application-reset",
                    config.applicationId(),
                    Durations.format(window),
                    Durations.format(grace),
                    Durations.format(config.window()),
                    Durations.format(config.grace())));
        }
    }
}
