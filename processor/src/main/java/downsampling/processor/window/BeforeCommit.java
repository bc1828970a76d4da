package downsampling.processor.window;

import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * Runs an action just before Kafka Streams commits a task, whatever the reason for the commit: so that state kept on the heap
 * is written to a logged store in the same transaction as the input offsets.
 *
 * <p>No public hook does that. A state store's own {@code commit} comes after the offsets are committed, and a punctuator
 * does not run before a rebalance. But before each commit Kafka Streams flushes the record caches, and it regards as one each
 * store that implements {@link CachedStateStore}. This is such a store, with nothing in it, and what a cache does so that its records
 * go on from the processor that it belongs to, this does for what the action forwards. This and the
 * class that holds record headers are the only internals of Kafka that the processor uses; {@code BeforeCommitTest} fails when
 * they change, and docs/decisions/open-windows.md says what it brings.
 */
final class BeforeCommit implements StateStore, CachedStateStore<Object, Object> {
    private final String name;
    private Runnable action = () -> {};
    private @Nullable InternalProcessorContext<?, ?> context;
    private @Nullable ProcessorNode<?, ?, ?, ?> node;
    private boolean open;

    private BeforeCommit(String name) {
        this.name = name;
    }

    static StoreBuilder<BeforeCommit> builder(String name) {
        return new Builder(name);
    }

    /**
     * Replaces the action; called by the task's own thread, as the action will be, while a processor is initialised: the action may
     * forward records from there.
     */
    void action(ProcessorContext<?, ?> context, Runnable action) {
        this.action = action;
        this.context = context instanceof InternalProcessorContext<?, ?> internal ? internal : null;
        node = this.context == null ? null : this.context.currentNode();
    }

    @Override
    public void flushCache() {
        InternalProcessorContext<?, ?> internal = context;
        if (internal == null) { // of a test
            action.run();
            return;
        }
        ProcessorNode<?, ?, ?, ?> nodeBefore = internal.currentNode();
        ProcessorRecordContext recordBefore = internal.recordContext();
        internal.setCurrentNode(node);
        internal.setRecordContext(
                new ProcessorRecordContext(internal.currentSystemTimeMs(), -1, -1, null, new RecordHeaders()));
        try {
            action.run();
        } finally {
            internal.setRecordContext(recordBefore);
            internal.setCurrentNode(nodeBefore);
        }
    }

    @Override
    public void clearCache() {}

    @Override
    public boolean setFlushListener(CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        context.register(root, (key, value) -> {});
        action = () -> {};
        this.context = null;
        open = true;
    }

    @Override
    public void close() {
        open = false;
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    private record Builder(String name) implements StoreBuilder<BeforeCommit> {
        @Override
        public BeforeCommit build() {
            return new BeforeCommit(name);
        }

        @Override
        public boolean loggingEnabled() {
            return false;
        }

        @Override
        public Map<String, String> logConfig() {
            return Map.of();
        }

        @Override
        public StoreBuilder<BeforeCommit> withCachingEnabled() {
            return this;
        }

        @Override
        public StoreBuilder<BeforeCommit> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<BeforeCommit> withLoggingEnabled(Map<String, String> config) {
            throw new UnsupportedOperationException("holds nothing that could be logged");
        }

        @Override
        public StoreBuilder<BeforeCommit> withLoggingDisabled() {
            return this;
        }
    }
}
