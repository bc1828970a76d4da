package downsampling.service;

import com.github.luben.zstd.util.Native;
import java.util.Locale;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyLoader;

/**
 * Libraries with native code, which they unpack into the folder for temporary files and load when it is first needed. Where that
 * folder may hold nothing that is executed (Docker mounts a {@code --tmpfs} so), a program would be healthy and get nothing
 * done: its threads die, or its records are refused, one after the other. So what may be needed is loaded at the start. LZ4 is
 * not among them: without its native code it works in Java.
 */
public final class NativeLibrary {
    private NativeLibrary() {}

    /**
     * Loads what reading topics may need, whoever compressed what stands there.
     *
     * @throws FailedException if one cannot be loaded
     */
    public static void loadForReading() {
        loadFor("zstd");
        loadFor("snappy");
    }

    /**
     * Loads what a codec needs, of which most need nothing.
     *
     * @param compressionType as Kafka's setting {@code compression.type} has it
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
     * Loads a library.
     *
     * @throws FailedException if it cannot be loaded
     */
    public static void load(String title, Runnable loading) {
        try {
            loading.run();
        } catch (Error | RuntimeException e) { // UnsatisfiedLinkError, or whatever else the library makes of it
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            // Without a cause, since that would be quoted after it.
            throw new FailedException(
                    "the native library of %s cannot be loaded: %s; expected: a folder for temporary files (%s) that can be written to and is not mounted noexec, or the library in a folder of java.library.path"
                            .formatted(
                                    title,
                                    String.valueOf(root.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse(root.getClass().getSimpleName()),
                                    System.getProperty("java.io.tmpdir")));
        }
    }

    /** Its file would be left behind, since a signal ends the program by halting it; one that was named to it is not its own. */
    private static void loadSnappy() {
        Snappy.maxCompressedLength(0);
        if (System.getProperty(SnappyLoader.KEY_SNAPPY_LIB_PATH) == null) {
            Snappy.cleanUp();
        }
    }
}
