package downsampling.producer;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.LongSupplier;

/** A line that is overwritten once a second: how many readings have been sent, and how many of them in the last second. */
final class Progress implements AutoCloseable {

    /** Clears the rest of a longer line and goes back, so that whatever is written next replaces this line. */
    private static final String END = "\033[K\r";

    private final LongSupplier sent;
    private final Optional<Thread> thread;

    /** Writes to the terminal until it is closed; does nothing without a terminal. */
    Progress(Optional<PrintWriter> terminal, LongSupplier sent) {
        this.sent = sent;
        thread = terminal.map(to -> new Thread(() -> writeUntilInterrupted(to), "progress"));
        thread.ifPresent(each -> each.setDaemon(true));
        thread.ifPresent(Thread::start);
    }

    private void writeUntilInterrupted(PrintWriter terminal) {
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
        thread.ifPresent(Progress::end);
    }

    private static void end(Thread thread) {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
