package downsampling.service;

import java.io.IOException;

/** Whether the standard streams are connected to a terminal, where a person sees them. */
public final class Terminal {
    private Terminal() {}

    /** Whether standard input is a terminal, so that a person can be asked. */
    public static boolean canBeAsked() {
        return isTerminal(0);
    }

    /** Whether standard error is a terminal. */
    public static boolean showsErrors() {
        return isTerminal(2);
    }

    /**
     * Asks the command {@code test} of the operating system, since Java 17 has no method for it: {@link System#console()} depends
     * on standard input and output together, and its answer differs between Java versions. Without that command the answer is no.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            return new ProcessBuilder("test", "-t", String.valueOf(descriptor))
                            .redirectInput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
