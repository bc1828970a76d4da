package downsampling.processor.reading;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/** What stands where text in UTF-8 is expected, for the words of a dead letter: other encodings and formats, by their first bytes. */
final class ForeignFormat {
    private static final Map<String, String> BY_FIRST_BYTES = Map.of(
            "1f8b", "gzip",
            "28b52ffd", "zstd",
            "04224d18", "lz4",
            "82534e4150505900", "snappy",
            "ff060000734e61507059", "snappy",
            "789c", "zlib",
            "aced0005", "a serialized Java object");

    private static final int MOST_BYTES = 10;

    private ForeignFormat() {}

    /** What the bytes look like, for a person, if it is known. */
    static Optional<String> of(byte[] data) {
        if (isFramed(data)) {
            return Optional.of("a byte 0 and then a schema's id, here "
                    + ByteBuffer.wrap(data).getInt(1) + ", as serializers write it that have a schema registry");
        }
        String first = HexFormat.of().formatHex(data, 0, Math.min(data.length, MOST_BYTES));
        return BY_FIRST_BYTES.entrySet().stream()
                .filter(format -> first.startsWith(format.getKey()))
                .findFirst()
                .map(format -> "what begins like " + format.getValue());
    }

    /** A byte 0 and four of a number, which is never so large that its first one is not 0. */
    private static boolean isFramed(byte[] data) {
        return data.length > 5 && data[0] == 0 && data[1] == 0 && utf16(data).isEmpty();
    }

    /** The encoding, if it is UTF-16: with a byte order mark, or else by what ASCII characters look like in it. */
    static Optional<Charset> utf16(byte[] data) {
        if (data.length < 4) {
            return Optional.empty();
        }
        int first = (data[0] & 0xFF) << Byte.SIZE | data[1] & 0xFF;
        if (first == 0xFEFF || data[0] == 0 && data[2] == 0 && data[1] >= '\t' && data[3] >= '\t') {
            return Optional.of(UTF_16BE);
        }
        if (first == 0xFFFE || data[1] == 0 && data[3] == 0 && data[0] >= '\t' && data[2] >= '\t') {
            return Optional.of(UTF_16LE);
        }
        return Optional.empty();
    }

    /**
     * Where bytes cease to be UTF-8; their end if they do not.
     *
     * @param whole whether that is so, too, of a character within which they end
     */
    static int notUtf8(byte[] data, boolean whole) {
        ByteBuffer in = ByteBuffer.wrap(data);
        CharBuffer out = CharBuffer.allocate(data.length);
        return UTF_8.newDecoder().decode(in, out, whole).isError() ? in.position() : data.length;
    }

    /** Whether a byte that is not UTF-8 looks like a letter of Latin-1 amid ASCII. */
    static boolean likeLatin(byte[] data, int at) {
        return (data[at] & 0xFF) >= 0xA0 && (at + 1 == data.length || data[at + 1] >= 0);
    }

    static String hex(byte... bytes) {
        return "0x" + HexFormat.of().formatHex(bytes);
    }
}
