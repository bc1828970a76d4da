package downsampling.service;

import java.io.IOException;

/** Whether a person looks. */
public final class Terminal {
    private Terminal() {}

    /**
     * Whether standard error is a terminal. Java 17 cannot tell: {@link System#console()} speaks of standard input and output,
     * and its answer differs between Java versions. So the system's own {@code test} is asked; where there is none, nobody looks.
     */
    public static boolean showsErrors() {
        try {
            return new ProcessBuilder("test", "-t", "2")
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
