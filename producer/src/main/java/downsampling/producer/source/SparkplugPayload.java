package downsampling.producer.source;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What readings are made of in a payload of Sparkplug B. The numbers of its fields and types are those of the specification, and
 * few enough to need no generated code. A time is in ms since 1970, without a sign.
 *
 * @param timestamp when it was published
 * @param seq the number of the message among all of its edge node, 0 to 255
 */
record SparkplugPayload(@Nullable Long timestamp, @Nullable Long seq, List<Metric> metrics) {

    // Types of data; 1 to 4 are whole numbers of 8, 16, 32 and 64 bits with a sign, and 5 to 8 such without.
    private static final int NO_TYPE = 0;
    private static final int INT64 = 4;
    private static final int UINT64 = 8;
    private static final int BOOLEAN = 11;

    /** In place of a UUID, it says that the metrics are packed elsewhere. */
    private static final ByteString COMPRESSED = ByteString.copyFromUtf8("SPBV1.0_COMPRESSED");

    /** @throws InvalidProtocolBufferException if the bytes are no payload, or say nothing that can be read */
    static SparkplugPayload parse(byte[] bytes) throws InvalidProtocolBufferException {
        UnknownFieldSet fields = UnknownFieldSet.parseFrom(bytes);
        List<Metric> metrics = new ArrayList<>();
        for (ByteString metric : fields.getField(2).getLengthDelimitedList()) {
            metrics.add(Metric.of(UnknownFieldSet.parseFrom(metric)));
        }
        Long timestamp = last(fields.getField(1).getVarintList());
        if (timestamp == null && metrics.isEmpty()
                || COMPRESSED.equals(last(fields.getField(4).getLengthDelimitedList()))) {
            throw new InvalidProtocolBufferException("nothing that can be read");
        }
        return new SparkplugPayload(timestamp, last(fields.getField(3).getVarintList()), metrics);
    }

    /** A command that sets a metric to true. */
    static byte[] command(String name, long millis) {
        UnknownFieldSet metric = UnknownFieldSet.newBuilder()
                .addField(1, bytes(ByteString.copyFromUtf8(name)))
                .addField(3, varint(millis))
                .addField(4, varint(BOOLEAN))
                .addField(14, varint(1))
                .build();
        return UnknownFieldSet.newBuilder()
                .addField(1, varint(millis))
                .addField(2, bytes(metric.toByteString()))
                .build()
                .toByteArray();
    }

    private static Field varint(long value) {
        return Field.newBuilder().addVarint(value).build();
    }

    private static Field bytes(ByteString value) {
        return Field.newBuilder().addLengthDelimited(value).build();
    }

    /** Of a field that comes more than once, the last one holds. */
    private static <T> @Nullable T last(List<T> values) {
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    /**
     * One metric of a payload.
     *
     * @param name empty where there is none
     * @param key by which its birth is found: the alias, or the name where there is none
     * @param timestamp when the value was taken
     * @param datatype 0 where there is none
     * @param value a Long with the bits of a whole number, a Float or a Double; null if there is none, or one of another kind
     */
    record Metric(
            String name,
            Object key,
            @Nullable Long timestamp,
            int datatype,
            boolean historical,
            @Nullable Number value) {

        private static Metric of(UnknownFieldSet fields) throws InvalidProtocolBufferException {
            ByteString bytes = last(fields.getField(1).getLengthDelimitedList());
            if (bytes != null && !bytes.isValidUtf8()) {
                throw new InvalidProtocolBufferException("a name that is not UTF-8");
            }
            String name = bytes == null ? "" : bytes.toStringUtf8();
            Long alias = last(fields.getField(2).getVarintList());
            return new Metric(
                    name,
                    alias == null ? name : alias,
                    last(fields.getField(3).getVarintList()),
                    (int) number(fields, 4),
                    number(fields, 5) != 0,
                    number(fields, 7) != 0 ? null : value(fields));
        }

        private static long number(UnknownFieldSet fields, int field) {
            Long value = last(fields.getField(field).getVarintList());
            return value == null ? 0 : value;
        }

        private static @Nullable Number value(UnknownFieldSet fields) {
            Integer single = last(fields.getField(12).getFixed32List());
            if (single != null) {
                return Float.intBitsToFloat(single);
            }
            Long bits = last(fields.getField(13).getFixed64List());
            if (bits != null) {
                return Double.longBitsToDouble(bits);
            }
            Long whole = last(fields.getField(10).getVarintList());
            return whole != null ? whole : last(fields.getField(11).getVarintList());
        }

        /** This metric, with what it does not say of itself taken from its birth. */
        Metric bornAs(Metric birth) {
            return new Metric(
                    name.isEmpty() ? birth.name : name,
                    key,
                    timestamp,
                    datatype == NO_TYPE ? birth.datatype : datatype,
                    historical,
                    value);
        }

        /** Whether it is known what it is. */
        boolean isNamed() {
            return !name.isEmpty() && (datatype != NO_TYPE || !(value instanceof Long));
        }

        /** The value as JSON, if it is a finite number of its type; a float has its own few digits. Null if it is none. */
        @Nullable
        String json() {
            if (value instanceof Long bits) {
                return datatype > NO_TYPE && datatype <= UINT64 ? whole(bits, datatype) : null;
            }
            return value != null && Double.isFinite(value.doubleValue()) ? value.toString() : null;
        }

        /** Where there is a sign, the bits may be those of the type's own width or of a wider one; encoders do either. */
        private static @Nullable String whole(long bits, int type) {
            int unused = 64 - (8 << (type - 1 & 3));
            long unsigned = bits << unused >>> unused;
            if (type > INT64) {
                return bits == unsigned ? Long.toUnsignedString(bits) : null;
            }
            long signed = bits << unused >> unused;
            boolean fits = bits == unsigned || bits == signed || bits == (signed & 0xFFFF_FFFFL);
            return fits ? Long.toString(signed) : null;
        }
    }
}
