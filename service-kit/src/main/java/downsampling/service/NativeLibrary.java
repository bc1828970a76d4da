package downsampling.service;

import com.github.luben.zstd.util.Native;
import java.util.Locale;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyLoader;

/**
 * Loads libraries with native code when a program starts. By themselves they unpack it into the folder for temporary files, and
 * load it when it is first needed. If files in that folder cannot be executed (Docker mounts a {@code --tmpfs} that way), a
 * program would report that it is healthy and get nothing done: its threads would die, or its records be refused, one after the
 * other. LZ4 is not loaded here, since it works in Java where its native code is missing.
 */
public final class NativeLibrary {
    private NativeLibrary() {}

    /**
     * Loads every library that a consumer may need, whichever codec the records were compressed with.
     *
     * @throws FailedException if one cannot be loaded
     */
    public static void loadForReading() {
        loadFor("zstd");
        loadFor("snappy");
    }

    /**
     * Loads the library of a codec, if it has one.
     *
     * @param compressionType a value of Kafka's setting {@code compression.type}
     * @throws FailedException if it cannot be loaded
     */
    public static void loadFor(String compressionType) {
        switch (compressionType.toLowerCase(Locale.ROOT)) {
            case "zstd" -> load("zstd", Native::load);
            case "snappy" -> load("snappy", NativeLibrary::loadSnappy);
            default -> {}
        }
    }

    /**
     * Loads a library, and reports a failure in one line.
     *
     * @param title   name of the library for a person
     * @param loading loads it
     * @throws FailedException if it cannot be loaded
     */
    public static void load(String title, Runnable loading) {
        try {
            loading.run();
        } catch (Error | RuntimeException e) { // UnsatisfiedLinkError, or what the library wraps it in
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            // The cause is left out, since its message would be appended to this one.
            throw new FailedException(
                    ("the native library of %s cannot be loaded: %s; expected: a folder for temporary files (%s) that can be written"
                                    + " to and is not mounted noexec, or the library in a folder of java.library.path")
                            .formatted(
                                    title,
                                    String.valueOf(root.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse(root.getClass().getSimpleName()),
                                    System.getProperty("java.io.tmpdir")));
        }
    }

    /**
     * Loads Snappy, and deletes the file that it unpacked: Snappy itself would leave it behind, since a signal halts the program.
     * A file that the user named is not deleted.
     */
    private static void loadSnappy() {
        Snappy.maxCompressedLength(0);
        if (System.getProperty(SnappyLoader.KEY_SNAPPY_LIB_PATH) == null) {
            Snappy.cleanUp();
        }
    }
}
