package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;

import downsampling.processor.input.InputConsumers;
import downsampling.processor.reading.ReadingReader;
import downsampling.processor.settings.Options;
import downsampling.processor.settings.Settings;
import downsampling.service.Program;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * What options cost the processor of one partition, without Kafka around it: CPU time for each reading, and room and loading time
 * of the state. Its arguments are {@code readings}, {@code sensors} or {@code lateness}.
 *
 * <p>By CPU time and in turns, since differences of some per cent drown in what else a machine does.
 */
final class OptionsCost {
    private static final long NOW = 1_764_000_000_000L;
    private static final int BATCH = 5000;
    private static final long WINDOW = 10_000;
    private static final int ROUNDS = 15;
    private static final int WARM_UP = 5;
    private static final int MILLION = 1_000_000;

    private final Settings settings;
    private final int sensors;
    private final int perWindow;
    private final KeyValueStore<Bytes, byte[]> store;
    private MockProcessorContext<byte[], byte[]> context;
    private WindowProcessor processor;
    private BeforeCommit commit;
    private long next;

    private OptionsCost(int sensors, int perWindow, String... more) {
        this.sensors = sensors;
        this.perWindow = perWindow;
        List<String> commandLine = new ArrayList<>(List.of("--bootstrap-servers=none:1"));
        commandLine.addAll(List.of(more));
        Options options = new Options(Map.of());
        new Program("processor", Map.of(), new Program.Output())
                .commandLine(options)
                .parseArgs(commandLine.toArray(String[]::new));
        settings = options.settings();
        store = Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(settings.storeName()), Serdes.Bytes(), Serdes.ByteArray())
                .withLoggingDisabled()
                .build();
        begin();
    }

    /** With what the store has. */
    private void begin() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "cost");
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        context = new MockProcessorContext<>(properties, new TaskId(0, 0), new File("target"));
        context.setCurrentSystemTimeMs(NOW);
        Metrics metrics = new Metrics();
        processor = new WindowProcessor(
                settings,
                new ReadingReader(settings.readings()),
                new Surroundings(
                        () -> NOW,
                        new InputConsumers(settings, metrics::deletedUnread),
                        1,
                        (partition, nextOffset, atOnce) -> null,
                        topic -> TopicLimits.NONE,
                        metrics,
                        new Faults(metrics),
                        () -> {}),
                new RecentWindows(0));
        store.init(context.getStateStoreContext(), store);
        commit = BeforeCommit.builder(BatchProcessor.beforeCommit(settings.storeName()))
                .build();
        commit.init(context.getStateStoreContext(), commit);
        processor.init(context);
    }

    /** Readings of all sensors in turn. */
    private List<ConsumerRecord<byte[], byte[]>> nextBatch() {
        List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++, next++) {
            long time = NOW - 400_000_000L + next / sensors * WINDOW / perWindow;
            String json = "{\"ts\":" + time + ",\"value\":" + (20 + next % 97 / 10.0) + "}";
            batch.add(new ConsumerRecord<>(
                    settings.topics().input(),
                    0,
                    next,
                    NOW,
                    TimestampType.CREATE_TIME,
                    0,
                    0,
                    ("sensor-" + next % sensors).getBytes(UTF_8),
                    json.getBytes(UTF_8),
                    new RecordHeaders(),
                    Optional.empty()));
        }
        return batch;
    }

    /** Returns nanoseconds of CPU time. */
    private long process(long readings) {
        long spent = 0;
        for (long done = 0; done < readings; done += BATCH) {
            List<ConsumerRecord<byte[], byte[]>> batch = nextBatch();
            long began = cpu();
            processor.process(new Record<>(null, batch, NOW));
            if (next % (20 * BATCH) == 0) {
                commit.flushCache();
            }
            spent += cpu() - began;
            context.resetForwards();
        }
        return spent;
    }

    private static long cpu() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private long stored() {
        long bytes = 0;
        try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
            while (all.hasNext()) {
                var entry = all.next();
                bytes += entry.key.get().length + entry.value.length;
            }
        }
        return bytes;
    }

    private static void compareReadings(String[]... options) {
        List<OptionsCost> costs = new ArrayList<>();
        for (String[] each : options) {
            costs.add(new OptionsCost(1000, 20, each));
        }
        double[][] nanos = new double[options.length][ROUNDS];
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            for (int i = 0; i < options.length; i++) {
                int which = Math.floorMod(i + round, options.length);
                double spent = costs.get(which).process(MILLION / 2) / (MILLION / 2.0);
                if (round >= 0) {
                    nanos[which][round] = spent;
                }
            }
        }
        for (int i = 0; i < options.length; i++) {
            double[] ratios = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                ratios[round] = nanos[i][round] / nanos[0][round];
            }
            Arrays.sort(ratios);
            Arrays.sort(nanos[i]);
            System.out.printf(
                    Locale.ROOT,
                    "%s: %.0f ns of CPU time a reading; ÷ the first %.2f (middle half %.2f–%.2f)%n",
                    List.of(options[i]),
                    nanos[i][ROUNDS / 2],
                    ratios[ROUNDS / 2],
                    ratios[ROUNDS / 4],
                    ratios[ROUNDS - 1 - ROUNDS / 4]);
        }
    }

    private static void measureState(int sensors, int perWindow, long readings, String... options) throws Exception {
        long empty = heap();
        OptionsCost cost = new OptionsCost(sensors, perWindow, options);
        cost.process(readings);
        cost.commit.flushCache();
        long heap = heap() - empty;
        long began = System.nanoTime();
        cost.processor.close();
        cost.begin();
        System.out.printf(
                Locale.ROOT,
                "%s: %d MB on the heap with the store, of which %d MB are the store; loaded in %.1f s%n",
                List.of(options),
                heap >> 20,
                cost.stored() >> 20,
                (System.nanoTime() - began) / 1e9);
    }

    public static void main(String... arguments) throws Exception {
        switch (arguments[0]) {
            case "readings" ->
                compareReadings(
                        new String[] {},
                        new String[] {"--rollups=1m,1h,1d"},
                        new String[] {"--stream-time=sensor"},
                        new String[] {"--silent-after=5m"},
                        new String[] {"--allowed-lateness=1h"});
            case "sensors" -> {
                measureState(MILLION, 1, 2L * MILLION);
                measureState(MILLION, 1, 2L * MILLION, "--stream-time=sensor");
                measureState(MILLION, 1, 2L * MILLION, "--stream-time=sensor", "--silent-after=5m");
            }
            case "lateness" -> {
                measureState(1000, 10, 4L * MILLION);
                measureState(1000, 10, 4L * MILLION, "--allowed-lateness=1h");
            }
            default -> throw new IllegalArgumentException("readings, sensors or lateness");
        }
    }
}
