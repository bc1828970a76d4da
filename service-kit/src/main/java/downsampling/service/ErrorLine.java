package downsampling.service;

import java.net.UnknownHostException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import java.util.regex.Pattern;

/** What went wrong, in one line for a person: no stack, no class name, nothing that a terminal takes for a command. */
public final class ErrorLine {
    /** Much of what Kafka and others quote has no end; a line that is read has one. */
    private static final int MOST_CHARACTERS = 1_000;

    private static final Pattern CLASS_NAME =
            Pattern.compile("\\b(?:[a-z]\\w*\\.)+[A-Z]\\w*(?:Exception|Error)\\b(?:: )?");
    private static final Pattern UNPRINTABLE = Pattern.compile("\\p{Cntrl}+");

    private ErrorLine() {}

    /** @return the message, and that of what is at the bottom of it if the first does not say as much; never empty */
    public static String of(Throwable e) {
        String message = "";
        String reason = "";
        for (Throwable each = e; each != null; each = each.getCause()) {
            String said = said(each);
            if (!said.isEmpty()) {
                message = message.isEmpty() ? said : message;
                reason = said;
            }
        }
        if (message.isEmpty()) {
            return "an unexpected error (" + words(e) + ")";
        }
        return message.contains(reason) ? message : printable(message + ": " + reason);
    }

    /** The message alone. */
    static String ofMessage(Throwable e) {
        String said = said(e);
        return said.isEmpty() ? of(e) : said;
    }

    private static String said(Throwable e) {
        if (e.getMessage() == null) {
            return "";
        }
        if (e.getMessage()
                .contains("JAAS config")) { // Kafka quotes the word it gave up at, which may be half a password
            return "sasl.jaas.config: cannot be read, and is not shown as it holds a password";
        }
        String message = printable(CLASS_NAME.matcher(limited(e.getMessage())).replaceAll(""));
        // These say what it was about, and leave it to their name what happened to it.
        boolean subjectOnly =
                e instanceof UnknownHostException || e instanceof FileSystemException file && file.getReason() == null;
        return subjectOnly && !message.isEmpty() && message.indexOf(' ') < 0 ? message + ": " + words(e) : message;
    }

    /** {@code NoSuchFileException}: no such file. */
    private static String words(Throwable e) {
        return e.getClass()
                .getSimpleName()
                .replaceFirst("Exception$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toLowerCase(Locale.ROOT);
    }

    /** The text in one line, without what a terminal takes for a command, and not without end. */
    public static String printable(String text) {
        return UNPRINTABLE.matcher(limited(text.strip())).replaceAll(" ").strip();
    }

    private static String limited(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "...";
    }
}
