package downsampling.processor.settings;

import static picocli.CommandLine.ScopeType.INHERIT;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Where windows are kept: open ones beside their changelog, and closed ones for queries.
 *
 * @param store  in memory or on disk
 * @param memory bytes that RocksDB may use in the whole process for block cache and write buffers
 * @param dir    folder for RocksDB's files
 * @param keepClosed closed windows of each partition that can still be asked for
 */
public record StateSettings(Store store, long memory, String dir, int keepClosed) {
    public enum Store {
        MEMORY,
        ROCKSDB
    }

    public StateSettings {
        Require.that(memory >= 1 << 20, "--state-memory", memory, "at least 1 MiB (1048576)");
        Require.between("--keep-closed", keepClosed, 0, 1_000_000);
    }

    public boolean isInMemory() {
        return store == Store.MEMORY;
    }

    @Command(optionListHeading = "%nWhere windows are kept:%n")
    static final class Options {
        @Option(
                names = "--state-store",
                paramLabel = "NAME",
                defaultValue = "memory",
                description =
                        "where open windows are kept: memory, or rocksdb for more than fit in memory (default: ${DEFAULT-VALUE})")
        private Store store;

        @Option(
                names = "--state-memory",
                paramLabel = "BYTES",
                defaultValue = "67108864",
                description =
                        "with rocksdb: size of block cache and write buffers of the whole process (default: ${DEFAULT-VALUE})")
        private long memory;

        @Option(
                names = "--state-dir",
                scope = INHERIT,
                paramLabel = "DIR",
                defaultValue = "${sys:java.io.tmpdir}/temperature-processor",
                description =
                        "with rocksdb: folder for its files; each instance needs its own (default: ${DEFAULT-VALUE})")
        private String dir;

        @Option(
                names = "--keep-closed",
                paramLabel = "N",
                defaultValue = "10000",
                description = {
                    "with --http-port: how many closed windows of each partition are kept in memory for queries",
                    "(default: ${DEFAULT-VALUE})"
                })
        private int keepClosed;

        StateSettings state() {
            return new StateSettings(store, memory, dir, keepClosed);
        }
    }
}
