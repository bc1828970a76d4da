package downsampling.processor.window;

import downsampling.processor.reading.NotAReadingException;
import downsampling.processor.reading.Reading;
import downsampling.processor.reading.SensorId;
import downsampling.service.FailedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.Record;

/**
 * A record of the topic in which all readings of a sensor are in one partition: readings from one partition of the input, none or
 * many, and up to when that has been read. For what a record costs on its way, several hundred readings are one.
 *
 * <p>The key is the partition that it goes to (4 bytes, big-endian). The value: the version of this layout (1 byte), partition of
 * the input (4), read up to (8), the names of the fields as {@link SummaryLayout#fieldNames} writes them, then, for each reading, length of the id, id, offset, element, time, arrival (the last four as
 * differences to the reading before) and the values (8 bytes each); lengths and differences in base 128, as Protocol Buffers and
 * Kafka write signed numbers.
 *
 * <p>One for each partition that a task writes to. For one thread.
 */
public final class RekeyedReadings {
    /** A record that has so many bytes gets no further reading: every topic accepts it. */
    private static final int MOST_BYTES = 64 << 10;

    private static final byte VERSION = 1;
    /** Of what stands before the names of the fields. */
    private static final int HEAD = 1 + Integer.BYTES + Long.BYTES;

    /** More than five numbers in base 128 take. */
    private static final int MOST_NUMBERS = 5 * 10;

    private static final String UNTIL_NONE =
            "start the processor as it was until it has caught up, stop it, and try again";
    private static final SensorId NOBODY = new SensorId(new byte[0]);

    private final int from;
    private final byte[] key;
    private final byte[] fieldNames;
    private final List<Record<byte[], byte[]>> full = new ArrayList<>();
    private ByteBuffer out;
    private long newestArrival;
    // Of the reading before:
    private long offset;
    private int element;
    private long time;
    private long arrived;

    /**
     * Without readings.
     *
     * @param from   the partition of the input
     * @param to     the partition that they go to
     * @param layout of the summaries, which says what their values are
     */
    RekeyedReadings(int from, int to, SummaryLayout layout) {
        this.from = from;
        this.fieldNames = layout.fieldNames();
        this.out = ByteBuffer.allocate(HEAD + fieldNames.length + (4 << 10));
        this.key = ByteBuffer.allocate(Integer.BYTES).putInt(to).array();
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
        if (out.position() >= MOST_BYTES) {
            full.add(record(Position.NONE));
        }
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

    /**
     * The records with what was added since the last time.
     *
     * @param readUpTo wall-clock time up to which the partition of the input has been read, in epoch milliseconds, which the last
     *     of them says; the smallest long if none is to say it
     */
    List<Record<byte[], byte[]>> take(long readUpTo, long now) {
        List<Record<byte[], byte[]>> taken = new ArrayList<>(full);
        full.clear();
        boolean hasReadings = out.position() > HEAD + fieldNames.length;
        if (hasReadings || readUpTo != Position.NONE) {
            taken.add(hasReadings ? record(readUpTo) : record(readUpTo).withTimestamp(now));
        }
        // A timestamp ahead of the clock, which the topic might refuse, says no more than the clock does.
        taken.replaceAll(record -> record.timestamp() > now ? record.withTimestamp(now) : record);
        return taken;
    }

    /** With the readings since the last one, stamped with when the newest of them came in. */
    private Record<byte[], byte[]> record(long readUpTo) {
        byte[] value = new byte[out.position()];
        out.put(0, VERSION).putInt(1, from).putLong(1 + Integer.BYTES, readUpTo);
        out.get(0, value);
        Record<byte[], byte[]> record = new Record<>(key, value, newestArrival);
        clear();
        return record;
    }

    private void clear() {
        out.clear().position(HEAD).put(fieldNames);
        newestArrival = 0;
        offset = 0;
        element = 0;
        time = 0;
        arrived = 0;
    }

    /** The partition of a sensor, by its id in UTF-8: where the Java client would place it. */
    public static int partition(byte[] sensor, int partitions) {
        return Utils.toPositive(Utils.murmur2(sensor)) % partitions;
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
         * @param layout     of the summaries, which says what their values are
         * @param reading    is filled with each of them
         * @throws FailedException if there are readings, and they have other fields, or another version wrote them
         */
        public Cursor(byte[] record, String inputTopic, SummaryLayout layout, Reading reading) {
            this.inputTopic = inputTopic;
            this.reading = reading;
            in = ByteBuffer.wrap(record);
            if (in.get() != VERSION) {
                throw new FailedException(
                        "another version has rekeyed readings that are not processed yet: " + UNTIL_NONE);
            }
            from = in.getInt();
            readUpTo = in.getLong();
            for (int names = in.get(); names > 0; names--) {
                int length = Short.toUnsignedInt(in.getShort());
                in.position(in.position() + length);
            }
            byte[] names = Arrays.copyOfRange(record, HEAD, in.position());
            if (in.hasRemaining() && !Arrays.equals(names, layout.fieldNames())) {
                throw new FailedException(
                        "readings with other --fields are rekeyed and not processed yet: " + UNTIL_NONE);
            }
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
