package downsampling.service;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** Threads for work in the background, which do not keep a program alive that has come to its end. */
public final class DaemonThread {
    private DaemonThread() {}

    /**
     * A scheduler with one such thread.
     *
     * @param name name of the thread
     */
    public static ScheduledExecutorService scheduler(String name) {
        return Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
