package downsampling.producer.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Writes messages of Protocol Buffers byte by byte, without the library that reads them. */
public final class SparkplugBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** A payload that another implementation has written, by its name in the file of them. */
    public static byte[] foreign(String name) {
        try (InputStream in = SparkplugBytes.class.getResourceAsStream("/sparkplug.txt")) {
            return new String(in.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .map(line -> HexFormat.of().parseHex(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A payload with a time and a sequence number; either is left out if it is negative. */
    static SparkplugBytes payload(long timestamp, int seq, SparkplugBytes... metrics) {
        SparkplugBytes payload = new SparkplugBytes();
        if (timestamp >= 0) {
            payload.varint(1, timestamp);
        }
        for (SparkplugBytes metric : metrics) {
            payload.message(2, metric);
        }
        return seq < 0 ? payload : payload.varint(3, seq);
    }

    static SparkplugBytes metric(String name) {
        return new SparkplugBytes().text(1, name);
    }

    static SparkplugBytes metric(long alias) {
        return new SparkplugBytes().varint(2, alias);
    }

    SparkplugBytes alias(long alias) {
        return varint(2, alias);
    }

    SparkplugBytes timestamp(long timestamp) {
        return varint(3, timestamp);
    }

    SparkplugBytes type(int datatype) {
        return varint(4, datatype);
    }

    SparkplugBytes varint(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    SparkplugBytes fixed32(int field, int value) {
        varint((long) field << 3 | 5);
        return raw(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    SparkplugBytes fixed64(int field, long value) {
        varint((long) field << 3 | 1);
        return raw(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }

    SparkplugBytes text(int field, String text) {
        return bytes(field, text.getBytes(UTF_8));
    }

    SparkplugBytes message(int field, SparkplugBytes message) {
        return bytes(field, message.toBytes());
    }

    SparkplugBytes bytes(int field, byte[] value) {
        varint((long) field << 3 | 2);
        varint(value.length);
        return raw(value);
    }

    byte[] toBytes() {
        return bytes.toByteArray();
    }

    private SparkplugBytes raw(byte[] value) {
        bytes.writeBytes(value);
        return this;
    }

    private void varint(long value) {
        long rest = value;
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
            bytes.write((int) (rest & 0x7F | 0x80));
        }
        bytes.write((int) rest);
    }
}
