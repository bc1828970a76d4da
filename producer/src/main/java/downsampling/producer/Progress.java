package downsampling.producer;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** One line that is written over once a second: how many readings have been sent, and how fast the last ones went. */
final class Progress implements AutoCloseable {

    /** Clears what is left of a longer line, and goes back, so that whatever is written next takes this line's place. */
    private static final String END = "\033[K\r";

    private final PrintWriter terminal;
    private final LongSupplier sent;
    private final Thread thread = new Thread(this::run, "progress");

    /** Writes until closed; does nothing when the terminal is null. */
    Progress(PrintWriter terminal, LongSupplier sent) {
        this.terminal = terminal;
        this.sent = sent;
        if (terminal != null) {
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run() {
        try {
            long before = 0;
            while (true) {
                Thread.sleep(1_000);
                long now = sent.getAsLong();
                terminal.printf("%,d readings sent, %,d/s%s", now, now - before, END);
                terminal.flush();
                before = now;
            }
        } catch (InterruptedException e) {
            terminal.print(END);
            terminal.flush();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
