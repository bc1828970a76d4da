package downsampling.batch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether the JVM could read what it was given. In a locale without an encoding of its own ({@code LANG=C}, as
 * in cron and in slim images) it treats arguments, variables and file names as ASCII, and silently puts a question mark
 * or U+FFFD in the place of every other byte.
 */
final class PlatformEncoding {

    private static final char REPLACEMENT = '\uFFFD';

    private PlatformEncoding() {}

    /** Names in one line something that the JVM cannot have read as it was given; null if there is nothing. */
    static @Nullable String problem(Map<String, String> environment, String... args) {
        String encoding = System.getProperty("sun.jnu.encoding", "UTF-8");
        return encoding.equals("UTF-8") || encoding.equals("Cp1252") ? null : problem(encoding, environment, args);
    }

    private static @Nullable String problem(String encoding, Map<String, String> environment, String... args) {
        String what = null;
        for (String arg : args) {
            if (isSuspect(arg) && (arg.indexOf(REPLACEMENT) >= 0 || hasBytesBeyondAscii())) {
                what = "argument " + arg;
            }
        }
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            if (variable.getKey().startsWith(EnvironmentVariables.PREFIX)
                    && variable.getValue().indexOf(REPLACEMENT) >= 0) {
                what = "variable " + variable.getKey();
            }
        }
        String here = System.getProperty("user.dir");
        if (isSuspect(here) && !new File(here).isDirectory()) {
            what = "current folder " + here;
        }
        return what == null
                ? null
                : "the " + what.replace(REPLACEMENT, '?') + " has characters that Java cannot read in this locale ("
                        + encoding + "); it can with LC_ALL=C.UTF-8 in the environment";
    }

    private static boolean isSuspect(String text) {
        return text.indexOf('?') >= 0 || text.indexOf(REPLACEMENT) >= 0;
    }

    /** Looks at the command line as it was given, since a question mark in an argument may be a real one. */
    private static boolean hasBytesBeyondAscii() {
        try (FileInputStream in = new FileInputStream("/proc/self/cmdline")) {
            for (byte b : in.readAllBytes()) {
                if (b < 0) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            // Without /proc, a replaced byte cannot be told from a real question mark.
            return false;
        }
    }
}
