package downsampling.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the JVM could not read of its arguments and variables. In a locale without an encoding of its own ({@code LANG=C}) it
 * takes them for ASCII, and puts a question mark or U+FFFD in the place of every other byte, without a word.
 */
final class Unreadable {
    private static final char REPLACEMENT = '\uFFFD';

    private Unreadable() {}

    /** @return in one line what it is, and what helps */
    static Optional<String> problem(String variables, Map<String, String> environment, String... args) {
        String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
        for (String arg : args) {
            if (arg.indexOf(REPLACEMENT) >= 0
                    || (arg.indexOf('?') >= 0 && !encoding.equals("UTF-8") && hasBytesBeyondAscii())) {
                return Optional.of(line("argument " + arg.replace(REPLACEMENT, '?'), encoding));
            }
        }
        return environment.entrySet().stream()
                .filter(variable -> variable.getValue().indexOf(REPLACEMENT) >= 0
                        && (variable.getKey().startsWith(variables)
                                || variable.getKey().startsWith("KAFKA_")))
                .map(variable -> line("variable " + variable.getKey(), encoding))
                .sorted()
                .findFirst();
    }

    private static String line(String what, String encoding) {
        return "the " + what + " has characters that cannot be read in this locale (" + encoding
                + "): expected LC_ALL=C.UTF-8 in the environment, or ASCII";
    }

    /** The command line of this process as it was given: a question mark in it may be one. */
    private static boolean hasBytesBeyondAscii() {
        try {
            for (byte b : Files.readAllBytes(Path.of("/proc/self/cmdline"))) {
                if (b < 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) { // no Linux, where it cannot be told
            return false;
        }
    }
}
