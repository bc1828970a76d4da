package downsampling.producer.source;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads the characters of a file strictly: where bytes are not text in its charset, it fails with the line and those bytes, after
 * everything before them has been read. Java's own readers put a question mark there without a word, and two sensors whose ids
 * differ in such a letter become one.
 *
 * <p>A byte order mark wins over the charset that is given.
 */
final class StrictFileReader extends Reader {
    private final Path file;
    private final InputStream in;
    private final Charset charset;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();
    private boolean atEnd;
    /** Number of the line that the next character is in. */
    private long line = 1;

    private final CharBuffer chars = CharBuffer.allocate(8192).limit(0);
    /** How many bytes after {@link #chars} are malformed; 0 for none. */
    private int malformed;
    /** Whether the file ends after {@link #chars}. */
    private boolean done;

    /** What comes next and cannot be read; it is thrown once everything before it has been read. */
    private Optional<IOException> fault = Optional.empty();

    /** @param otherwise the charset of a file that does not begin with a byte order mark */
    StrictFileReader(Path file, Charset otherwise) throws IOException {
        this.file = file;
        in = new BufferedInputStream(Files.newInputStream(file));
        in.mark(3);
        byte[] first = in.readNBytes(3);
        in.reset();
        int mark;
        if (begins(first, 0xEF, 0xBB, 0xBF)) {
            charset = StandardCharsets.UTF_8;
            mark = 3;
        } else if (begins(first, 0xFF, 0xFE)) {
            charset = StandardCharsets.UTF_16LE;
            mark = 2;
        } else if (begins(first, 0xFE, 0xFF)) {
            charset = StandardCharsets.UTF_16BE;
            mark = 2;
        } else {
            charset = otherwise;
            mark = 0;
        }
        in.skipNBytes(mark);
        decoder = charset.newDecoder(); // reports malformed bytes; a reader made with a charset replaces them
    }

    private static boolean begins(byte[] bytes, int... with) {
        for (int i = 0; i < with.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xFF) != with[i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int read(char[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!chars.hasRemaining() && malformed == 0 && fault.isEmpty() && !done) {
            decode();
        }
        int count = Math.min(length, chars.remaining());
        chars.get(into, offset, count);
        count = count(into, offset, count);
        if (count > 0) {
            return count;
        }
        if (malformed > 0 && fault.isEmpty()) { // after the lines before it are counted
            fault = Optional.of(malformed(malformed));
        }
        if (fault.isPresent()) {
            throw fault.get();
        }
        return -1;
    }

    /** Decodes into a buffer of its own: a character of two chars would not fit where the caller has room for one. */
    private void decode() throws IOException {
        chars.clear();
        CoderResult result = decoder.decode(bytes, chars, atEnd);
        chars.flip();
        if (result.isError()) {
            malformed = result.length();
        } else if (result.isUnderflow() && atEnd) {
            done = true;
        } else if (result.isUnderflow()) {
            fill();
        }
    }

    private void fill() throws IOException {
        bytes.compact();
        int read = in.read(bytes.array(), bytes.position(), bytes.remaining());
        atEnd = read < 0;
        bytes.position(bytes.position() + Math.max(0, read)).flip();
    }

    /** Counts lines, and stops before a NUL, which no text has and a file in UTF-16 is full of. */
    private int count(char[] chars, int offset, int length) {
        for (int i = 0; i < length; i++) {
            char c = chars[offset + i];
            if (c == 0 && fault.isEmpty()) {
                fault = Optional.of(fault(
                        "text in " + charset, "a NUL; is it UTF-16? Then --charset UTF-16LE or UTF-16BE reads it"));
                return i;
            }
            if (c == '\n') {
                line++;
            }
        }
        return length;
    }

    private IOException malformed(int length) {
        StringBuilder found = new StringBuilder("byte");
        for (int i = 0; i < length && bytes.hasRemaining(); i++) {
            found.append(String.format(" 0x%02x", bytes.get()));
        }
        return fault(
                "text in " + charset,
                found + "; --charset says what the file is in, such as ISO-8859-1 or windows-1252");
    }

    private IOException fault(String expected, String found) {
        return new IOException(file + ":" + line + ": expected " + expected + ", found " + found);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
