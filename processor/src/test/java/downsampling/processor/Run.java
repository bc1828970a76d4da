package downsampling.processor;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The program run in this JVM to its end: exit code, and what it wrote to standard error. */
record Run(int exitCode, String errors) {

    static Run of(List<String> options) {
        return of(options.toArray(String[]::new));
    }

    static Run of(String... options) {
        PrintStream before = System.err;
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
        try {
            return new Run(Main.run(System.getenv(), options), errors.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }
}
