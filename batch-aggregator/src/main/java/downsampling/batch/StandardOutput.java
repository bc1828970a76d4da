package downsampling.batch;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Standard output, in UTF-8 whatever the locale is. Unlike {@code System.out}, it remembers why a write failed, so that
 * a program whose output was lost, for example on a full disk, does not end as if it had succeeded.
 */
final class StandardOutput extends OutputStream {

    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private final PrintWriter writer = utf8(this);
    private final PrintWriter err = utf8(new FileOutputStream(FileDescriptor.err));
    private @Nullable IOException problem;

    private static PrintWriter utf8(OutputStream out) {
        return new PrintWriter(new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8)));
    }

    /** Prints to standard output. */
    PrintWriter writer() {
        return writer;
    }

    /** Prints to standard error, in UTF-8 as well. */
    PrintWriter err() {
        return err;
    }

    /** Returns the given exit code, or 1 instead of 0 if some output could not be written. */
    int exitCode(String program, int exitCode) {
        writer.flush();
        if (problem != null && exitCode == 0) {
            err.println(program + ": standard output could not be written: " + problem.getMessage());
        }
        boolean lost = err.checkError() || problem != null;
        return exitCode == 0 && lost ? 1 : exitCode;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            problem = problem == null ? e : problem;
            throw e;
        }
    }
}
