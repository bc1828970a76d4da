package downsampling.service;

import java.io.IOException;

/** Whether a person looks. */
public final class Terminal {
    private Terminal() {}

    /** Whether standard input is a terminal, so that somebody can be asked. */
    public static boolean canBeAsked() {
        return isTerminal(0);
    }

    /** Whether standard error is a terminal. */
    public static boolean showsErrors() {
        return isTerminal(2);
    }

    /**
     * Java 17 cannot tell: {@link System#console()} speaks of standard input and output,
     * and its answer differs between Java versions. So the system's own {@code test} is asked; where there is none, nobody looks.
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
