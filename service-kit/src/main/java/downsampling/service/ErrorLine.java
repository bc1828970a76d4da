package downsampling.service;

import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Errors in one line for a person, without stack traces, class names and characters that a terminal takes for a command. */
public final class ErrorLine {
    /** Kafka and other libraries quote text of any length; a line for a person has to end. */
    private static final int MAX_CHARACTERS = 1_000;

    private static final Pattern CLASS_NAME =
            Pattern.compile("\\b(?:[a-z]\\w*\\.)+[A-Z][\\w$]*(?:Exception|Error)\\b(?:: )?");
    private static final Pattern UNPRINTABLE = Pattern.compile("\\p{Cntrl}+");

    private ErrorLine() {}

    /**
     * The message of an error, followed by the message of its root cause unless the first one contains it already. Never empty: an
     * error without any message is described by the words of its class name.
     */
    public static String of(Throwable e) {
        String message = "";
        String reason = "";
        for (Throwable each = e; each != null; each = each.getCause()) {
            String own = ownMessage(each);
            if (!own.isEmpty()) {
                message = message.isEmpty() ? own : message;
                reason = own;
            }
        }
        if (message.isEmpty()) {
            return "an unexpected error (" + words(e) + ")";
        }
        return message.contains(reason) ? message : printable(message + ": " + reason);
    }

    /** The message of an error without those of its causes, or {@link #of} if it has none. */
    static String ofMessage(Throwable e) {
        String own = ownMessage(e);
        return own.isEmpty() ? of(e) : own;
    }

    private static String ownMessage(Throwable e) {
        String said = e.getMessage();
        if (said == null) {
            return "";
        }
        if (said.contains("JAAS config")) { // Kafka quotes the word at which it gave up, which may be half a password
            return "sasl.jaas.config: cannot be read, and is not shown as it holds a password";
        }
        String message = printable(CLASS_NAME.matcher(limited(said)).replaceAll(""));
        // The message of these names only the file or host; what happened to it is in the name of the class.
        boolean subjectOnly =
                e instanceof UnknownHostException || e instanceof FileSystemException file && file.getReason() == null;
        return subjectOnly && !message.isEmpty() && message.indexOf(' ') < 0 ? message + ": " + words(e) : message;
    }

    /** The name of the class in words: {@code NoSuchFileException} is "no such file". */
    private static String words(Throwable e) {
        return e.getClass()
                .getSimpleName()
                .replaceFirst("Exception$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }

    /** The text in one line, without characters that a terminal takes for a command, and with its end cut off if it is long. */
    public static String printable(String text) {
        return UNPRINTABLE.matcher(limited(text.strip())).replaceAll(" ").strip();
    }

    private static String limited(String text) {
        return text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS) + "...";
    }
}
