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
 * The standard output of the process. It is in UTF-8 whatever the locale: under {@code LANG=C}, which cron and slim images have,
 * Java would print a question mark for each letter outside ASCII. It also knows whether all of it was written, which Java's own
 * streams do not report.
 */
final class StandardOutput extends OutputStream {
    private final OutputStream out;
    private final Consumer<String> report;
    private boolean incomplete;

    /** @param report gets one line the first time that something cannot be written, unless because the reader has gone away */
    StandardOutput(OutputStream out, Consumer<String> report) {
        this.out = out;
        this.report = report;
    }

    /** Makes this {@link System#out}, and has {@link System#err} write in UTF-8 as well. */
    static StandardOutput use(Consumer<String> report) {
        StandardOutput output = new StandardOutput(new FileOutputStream(FileDescriptor.out), report);
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
            // head and less end when they have seen enough, which is no failure that anyone wants to read about.
            boolean readerHasGone =
                    String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe");
            if (!incomplete && !readerHasGone) {
                report.accept("standard output cannot be written: " + ErrorLine.of(e));
            }
            incomplete = true;
        }
    }

    /** Whether something could not be written. */
    synchronized boolean isIncomplete() {
        return incomplete;
    }
}
