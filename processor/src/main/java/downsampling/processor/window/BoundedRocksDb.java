package downsampling.processor.window;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One bound for all RocksDB stores of the process: block cache, index and filter blocks, and write buffers together, as
 * Kafka Streams' documentation on memory management describes it. Without it every partition's store has its own.
 */
public final class BoundedRocksDb implements RocksDBConfigSetter {
    /** Kafka Streams makes this object by its class name and hands it the settings; the bound travels among them. */
    static final String BYTES = "rocksdb.memory.bytes";

    private record Shared(Cache cache, WriteBufferManager writeBuffers) {}

    private static @Nullable Shared shared;

    private static synchronized Shared shared(long bytes) {
        Shared one = shared;
        if (one == null) {
            Cache cache = new LRUCache(bytes);
            one = new Shared(cache, new WriteBufferManager(bytes / 2, cache));
            shared = one;
        }
        return one;
    }

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> settings) {
        Shared shared = shared(Long.parseLong(String.valueOf(settings.get(BYTES))));
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(shared.cache);
        table.setCacheIndexAndFilterBlocks(true);
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(shared.writeBuffers);
    }

    /** Leaves the shared parts open: other stores use them. */
    @Override
    public void close(String storeName, Options options) {}
}
