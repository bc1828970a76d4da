package downsampling.processor.window;

import downsampling.processor.reading.SensorId;

/** What {@link StoredWindows} has in the state store: a window, or what is known of a sensor. */
abstract class StateEntry {
    /** See {@link WindowKey}. */
    final long slot;

    /** Whether the store lacks what is new. */
    boolean changed;
    /** Where the store has it, as it was at some time: the number of a chunk; 0 if it was never written. */
    long chunk;
    /** Where {@link WindowLog} has written it; 0 if it has not. */
    volatile long written;

    StateEntry(long slot) {
        this.slot = slot;
    }

    abstract SensorId sensorId();

    /** The value of its record. */
    abstract byte[] toBytes();
}
