package downsampling.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Arguments and environment variables that the JVM could not decode. In a locale without an encoding of its own ({@code LANG=C}) it
 * reads them as ASCII, and silently replaces every other byte by a question mark or U+FFFD.
 */
final class UndecodableInput {
    private static final char REPLACEMENT = '\uFFFD';

    private UndecodableInput() {}

    /**
     * Looks for such arguments and variables.
     *
     * @param prefix      how the names of the program's variables begin; variables of others are not looked at
     * @param environment environment of the process
     * @param args        arguments of the process
     * @return one line that names the first of them and says what to do about it; empty if there is none
     */
    static Optional<String> problem(String prefix, Map<String, String> environment, String... args) {
        String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
        for (String arg : args) {
            if (arg.indexOf(REPLACEMENT) >= 0
                    || (arg.indexOf('?') >= 0 && !encoding.equals("UTF-8") && hasBytesBeyondAscii())) {
                return Optional.of(line("argument " + arg.replace(REPLACEMENT, '?'), encoding));
            }
        }
        return environment.entrySet().stream()
                .filter(variable -> variable.getValue().indexOf(REPLACEMENT) >= 0
                        && (variable.getKey().startsWith(prefix)
                                || variable.getKey().startsWith("KAFKA_")))
                .map(variable -> line("variable " + variable.getKey(), encoding))
                .sorted()
                .findFirst();
    }

    private static String line(String what, String encoding) {
        return "the " + what + " has characters that cannot be read in this locale (" + encoding
                + "): expected LC_ALL=C.UTF-8 in the environment, or ASCII";
    }

    /** Whether the command line, as the process was given it, is not all ASCII; otherwise a question mark is really one. */
    private static boolean hasBytesBeyondAscii() {
        try {
            for (byte b : Files.readAllBytes(Path.of("/proc/self/cmdline"))) {
                if (b < 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) { // This is not Linux, and there is no other way to find out.
            return false;
        }
    }
}
