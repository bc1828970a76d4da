package downsampling.service;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Where the process prints: in UTF-8 whatever the locale, as {@code LANG=C} of cron and slim images would make a question mark
 * of each letter outside ASCII. Java's own streams say nothing of what they could not write; this one knows.
 */
final class StandardOutput extends OutputStream {
    private final OutputStream out;
    private final Consumer<String> told;
    private boolean lost;

    /** @param told in one line the first time that something cannot be written, unless the reader has gone away */
    StandardOutput(OutputStream out, Consumer<String> told) {
        this.out = out;
        this.told = told;
    }

    /** Has {@link System#out} and {@link System#err} write like this. */
    static StandardOutput use(Consumer<String> told) {
        StandardOutput output = new StandardOutput(new FileOutputStream(FileDescriptor.out), told);
        System.setOut(new PrintStream(new BufferedOutputStream(output), true, UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8));
        return output;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            // head and less end when they have seen enough, and nobody wants to hear of that.
            boolean nobodyReads =
                    String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe");
            if (!lost && !nobodyReads) {
                told.accept("standard output cannot be written: " + ErrorLine.of(e));
            }
            lost = true;
        }
    }

    /** Whether something was not written. */
    synchronized boolean isLost() {
        return lost;
    }
}
