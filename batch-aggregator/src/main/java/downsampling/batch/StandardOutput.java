package downsampling.batch;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Standard output, in UTF-8 whatever the locale. Unlike {@code System.out} it keeps why it could not be written, so that
 * a program whose words were lost on a full disk does not end as if all were well.
 */
final class StandardOutput extends OutputStream {

    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private final PrintWriter writer = utf8(this);
    private final PrintWriter err = utf8(new FileOutputStream(FileDescriptor.err));
    private IOException problem;

    private static PrintWriter utf8(OutputStream out) {
        return new PrintWriter(new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8)));
    }

    /** For what is printed on it. */
    PrintWriter writer() {
        return writer;
    }

    /** Standard error. */
    PrintWriter err() {
        return err;
    }

    /** The exit code of a program that ends with this one, which is 1 when something it said could not be written. */
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
