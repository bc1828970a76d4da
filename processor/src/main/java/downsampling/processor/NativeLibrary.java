package downsampling.processor;

import com.github.luben.zstd.util.Native;
import downsampling.service.FailedException;
import org.rocksdb.RocksDB;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyLoader;

/**
 * A library with native code, which it unpacks into the folder for temporary files and loads when it is first needed. Where that
 * folder may hold nothing that is executed (Docker mounts a {@code --tmpfs} so), stream threads would die of it one after the
 * other, and RocksDB would have the second of them wait for ever. So all that may be needed are loaded at start. LZ4 is not
 * among them: without its native code it works in Java.
 */
enum NativeLibrary {
    ZSTD("zstd", Native::load),
    SNAPPY("snappy", NativeLibrary::loadSnappy),
    ROCKSDB("RocksDB", RocksDB::loadLibrary);

    private final String title;
    private final Runnable loading;

    NativeLibrary(String title, Runnable loading) {
        this.title = title;
        this.loading = loading;
    }

    /**
     * Loads what reading and writing the topics may need, whoever compressed the readings, and what the state is kept with.
     *
     * @throws FailedException if one cannot be loaded
     */
    static void loadFor(Config config) {
        loadForReading();
        if (config.topology() == Config.TopologyKind.DSL || config.stateStore() == Config.StateStoreKind.ROCKSDB) {
            ROCKSDB.load();
        }
    }

    /**
     * Loads what reading topics may need.
     *
     * @throws FailedException if one cannot be loaded
     */
    static void loadForReading() {
        ZSTD.load();
        SNAPPY.load();
    }

    private void load() {
        try {
            loading.run();
        } catch (Error | RuntimeException e) { // UnsatisfiedLinkError, or whatever else the library makes of it
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new FailedException(
                    "the native library of %s cannot be loaded: %s; expected: a folder for temporary files (%s) that can be written to and is not mounted noexec, or the library in a folder of java.library.path"
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
