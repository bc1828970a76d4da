package downsampling.producer;

import com.github.luben.zstd.util.Native;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyLoader;

/**
 * The native code of the compression that is asked for, which its library unpacks into the folder for temporary files and loads
 * with the first message. Where that folder may hold nothing that is executed (Docker mounts a {@code --tmpfs} so), that fails
 * without a line that tells why; so it is loaded at start. LZ4 works in Java without its native code, gzip has none of its own.
 */
final class NativeLibrary {
    private NativeLibrary() {}

    /**
     * Loads what a producer with these settings needs.
     *
     * @throws IOException if that is not possible; the message is for people
     */
    static void loadFor(Map<String, Object> settings) throws IOException {
        String compression = ReadingSender.withDefaults(settings)
                .get(ProducerConfig.COMPRESSION_TYPE_CONFIG)
                .toString()
                .toLowerCase(Locale.ROOT);
        try {
            switch (compression) {
                case "zstd" -> Native.load();
                case "snappy" -> loadSnappy();
                default -> {}
            }
        } catch (Error | RuntimeException e) { // UnsatisfiedLinkError, or whatever else the library makes of it
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            // Without a cause, since that would be quoted behind it.
            throw new IOException(
                    "the native library of %s cannot be loaded: %s; expected: a folder for temporary files (%s) that can be written to and is not mounted noexec, or the library in a folder of java.library.path"
                            .formatted(
                                    compression,
                                    String.valueOf(root.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse(root.getClass().getSimpleName()),
                                    System.getProperty("java.io.tmpdir")));
        }
    }

    /** Its file would be left behind, since the program ends by halting where a signal stops it; one that was named to it is not its own. */
    private static void loadSnappy() {
        Snappy.maxCompressedLength(0);
        if (System.getProperty(SnappyLoader.KEY_SNAPPY_LIB_PATH) == null) {
            Snappy.cleanUp();
        }
    }
}
