package downsampling.producer;

import java.util.Iterator;

/** Messages in the order of sending. Not safe for use by several threads. */
public interface Source extends Iterator<Message>, AutoCloseable {

    /**
     * When the next message is due at the pace of the source itself, in ns after the first one. To be asked only when
     * {@link #hasNext()} is true.
     */
    long dueNanos();

    @Override
    default void close() {}
}
