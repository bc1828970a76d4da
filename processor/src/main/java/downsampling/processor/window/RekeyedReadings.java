package downsampling.processor.window;

import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.SensorId;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.streams.processor.api.Record;

/**
 * A record of the topic in which all readings of a sensor are in one partition: readings from one partition of the input, none or
 * many, and up to when that has been read. For what a record costs on its way, several hundred readings are one.
 *
 * <p>The key is the partition that it goes to (4 bytes, big-endian). The value: partition of the input (4 bytes), read up to (8), then,
 * for each reading, length of the id, id, offset, element, time, arrival (the last four as differences to the reading before) and the values
 * (8 bytes each); lengths and differences in base 128, as Protocol Buffers and Kafka write signed
 * numbers. Before all that, the version of this layout (1 byte).
 *
 * <p>One for each partition that a task writes to. For one thread.
 */
public final class RekeyedReadings {
    /** How many bytes of readings a record has at the most, and one reading: every topic accepts it. */
    private static final int MOST_BYTES = 64 << 10;

    private static final byte VERSION = 1;
    private static final int HEAD = 1 + Integer.BYTES + Long.BYTES;

    /** More than five numbers in base 128 take. */
    private static final int MOST_NUMBERS = 5 * 10;

    private static final SensorId NOBODY = new SensorId(new byte[0]);

    private final int to;
    private ByteBuffer out = ByteBuffer.allocate(4 << 10);
    private long newestArrival;
    // Of the reading before:
    private long offset;
    private int element;
    private long time;
    private long arrived;

    /** @param to the partition that they go to */
    RekeyedReadings(int to) {
        this.to = to;
        clear();
    }

    /**
     * Adds a reading.
     *
     * @param raw     the record that it comes from
     * @param element its index in the array of that; {@link NotAReadingException#WHOLE} if it has none
     * @param arrived when the record came in, in epoch milliseconds
     */
    void add(SensorId sensor, int element, Reading reading, ConsumerRecord<byte[], byte[]> raw, long arrived) {
        byte[] id = sensor.get();
        double[] values = reading.values();
        int most = MOST_NUMBERS + id.length + values.length * Double.BYTES;
        if (out.remaining() < most) {
            out = ByteBuffer.allocate(2 * out.capacity() + most).put(out.flip());
        }
        write(id.length);
        out.put(id);
        write(raw.offset() - offset);
        write((long) element - this.element);
        write(reading.time() - time);
        write(arrived - this.arrived);
        for (double value : values) {
            out.putDouble(value);
        }
        offset = raw.offset();
        this.element = element;
        time = reading.time();
        this.arrived = arrived;
        newestArrival = Math.max(newestArrival, arrived);
    }

    private void write(long number) {
        long rest = number << 1 ^ number >> 63; // so that small ones are short, whatever their sign
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
            out.put((byte) (rest | 0x80));
        }
        out.put((byte) rest);
    }

    boolean isEmpty() {
        return out.position() == HEAD;
    }

    boolean isFull() {
        return out.position() >= MOST_BYTES;
    }

    /** When the newest of the readings came in; 0 if there are none. */
    long newestArrival() {
        return newestArrival;
    }

    /**
     * The record with what was added since the last one.
     *
     * @param from     the partition of the input
     * @param readUpTo wall-clock time up to which that has been read, in epoch milliseconds; the smallest long if that is not said
     */
    Record<byte[], byte[]> take(int from, long readUpTo, long timestamp) {
        byte[] value = new byte[out.position()];
        out.put(0, VERSION).putInt(1, from).putLong(1 + Integer.BYTES, readUpTo);
        out.get(0, value);
        clear();
        byte[] key = ByteBuffer.allocate(Integer.BYTES).putInt(to).array();
        return new Record<>(key, value, timestamp);
    }

    private void clear() {
        out.clear().position(HEAD);
        newestArrival = 0;
        offset = 0;
        element = 0;
        time = 0;
        arrived = 0;
    }

    /** The partition that a record goes to. */
    static int to(byte[] key) {
        return ByteBuffer.wrap(key).getInt();
    }

    /** Goes through the readings of a record. */
    public static final class Cursor {
        private final String inputTopic;
        private final ByteBuffer in;
        private final int from;
        private final long readUpTo;
        private final Reading reading;
        private SensorId sensor = NOBODY;
        private long offset;
        private int element;
        private long time;
        private long arrived;

        /**
         * Before the first reading.
         *
         * @param inputTopic where readings come from
         * @param reading    is filled with each of them
         */
        public Cursor(byte[] record, String inputTopic, Reading reading) {
            this.inputTopic = inputTopic;
            this.reading = reading;
            in = ByteBuffer.wrap(record);
            if (in.get() != VERSION) {
                throw new IllegalStateException(
                        "rekeyed readings of another version: let that one process them, or reset");
            }
            from = in.getInt();
            readUpTo = in.getLong();
        }

        /** Moves on to the next reading; false if there is none. */
        public boolean next() {
            if (!in.hasRemaining()) {
                return false;
            }
            byte[] id = new byte[(int) number()];
            in.get(id);
            sensor = new SensorId(id);
            offset += number();
            element += (int) number();
            time += number();
            reading.time(time);
            arrived += number();
            double[] values = reading.values();
            for (int i = 0; i < values.length; i++) {
                values[i] = in.getDouble();
            }
            return true;
        }

        private long number() {
            long number = 0;
            int shift = 0;
            byte next;
            do {
                next = in.get();
                number |= (next & 0x7FL) << shift;
                shift += 7;
            } while (next < 0);
            return number >>> 1 ^ -(number & 1);
        }

        SensorId sensor() {
            return sensor;
        }

        /** When it came in, in epoch milliseconds. */
        long arrived() {
            return arrived;
        }

        /** The partition of the input that the readings come from. */
        public int from() {
            return from;
        }

        /** Where the record stands that the reading comes from. */
        public long offset() {
            return offset;
        }

        /** See {@link #add}. */
        public int element() {
            return element;
        }

        /** Wall-clock time up to which the partition of the input has been read, the smallest long if that is not said. */
        long readUpTo() {
            return readUpTo;
        }

        /** The reading as a record of the input, which has it in plain form and says of which element it is. */
        ConsumerRecord<byte[], byte[]> raw(ReadingJson json) {
            RecordHeaders headers = new RecordHeaders();
            if (element != NotAReadingException.WHOLE) {
                headers.add("source.element", HeaderText.of(element));
            }
            return new ConsumerRecord<>(
                    inputTopic,
                    from,
                    offset,
                    arrived,
                    TimestampType.CREATE_TIME,
                    0,
                    0,
                    sensor.get(),
                    json.write(reading),
                    headers,
                    Optional.empty());
        }
    }
}
