package downsampling.producer;

import java.util.Iterator;

/** Messages in the order of sending. Not safe for use by several threads. */
public interface Source extends Iterator<Message>, AutoCloseable {

    /**
     * When the next message is to be sent, in ns after the start of the run; 0 or a time gone by: at once. To be asked
     * only when {@link #hasNext()} is true.
     */
    long dueNanos();

    @Override
    default void close() {}
}
