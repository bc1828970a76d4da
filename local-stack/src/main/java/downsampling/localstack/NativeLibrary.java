package downsampling.localstack;

import com.github.luben.zstd.util.Native;
import java.io.IOException;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyLoader;

/**
 * A library with native code, which it unpacks into the folder for temporary files and loads with the first records that need
 * it. Where that folder may hold nothing that is executed (Docker mounts a {@code --tmpfs} so), the page would never show a
 * record and the broker would accept none; so they are loaded at start. LZ4 works in Java without its native code.
 */
enum NativeLibrary {
    ZSTD("zstd", Native::load),
    SNAPPY("snappy", NativeLibrary::loadSnappy);

    private final String title;
    private final Runnable loading;

    NativeLibrary(String title, Runnable loading) {
        this.title = title;
        this.loading = loading;
    }

    /**
     * Loads what records of any producer may need.
     *
     * @throws IOException if one cannot be loaded; its message is for people
     */
    static void loadAll() throws IOException {
        for (NativeLibrary library : values()) {
            library.load();
        }
    }

    private void load() throws IOException {
        try {
            loading.run();
        } catch (Error | RuntimeException e) { // UnsatisfiedLinkError, or whatever else the library makes of it
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new IOException(
                    "The native library of %s cannot be loaded: %s; expected: a folder for temporary files (%s) that can be written to and is not mounted noexec, or the library in a folder of java.library.path"
                            .formatted(
                                    title,
                                    String.valueOf(root.getMessage())
                                            .lines()
                                            .findFirst()
                                            .orElse(root.getClass().getSimpleName()),
                                    System.getProperty("java.io.tmpdir")),
                    e);
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
