package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import downsampling.processor.reading.SensorId;
import downsampling.processor.reading.SensorIdDeserializer;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenWindowsTest {
    private static final SummaryLayout TWO_FIELDS = Summaries.layout(List.of("a", "b"), "count,min,max,mean");
    private static final SummaryLayout OTHER_FIELDS = Summaries.layout(List.of("a", "c"), "count,min,max,mean");

    private final KeyValueStore<Bytes, byte[]> store = Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore("windows"), Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build();

    private long closedUpTo;

    @BeforeEach
    void open() {
        store.init(new MockProcessorContext<>().getStateStoreContext(), store);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void shouldTouchTheStoreOnlyWhenWritten() {
        OpenWindows windows = TestWindows.of(store, Summaries.usual(), false, 10, 0);
        TestWindows.add(windows, 0, id("a"), 0, new double[] {1});
        TestWindows.add(windows, 0, id("a"), 0, new double[] {2});
        assertThat(stored()).isEmpty();
        windows.write();
        assertThat(stored())
                .containsExactly("0 a {\"time\":0,\"temperature\":{\"count\":2,\"min\":1,\"max\":2,\"mean\":1.5}}");
        TestWindows.add(windows, 0, id("a"), 0, new double[] {3});
        assertThat(stored())
                .containsExactly("0 a {\"time\":0,\"temperature\":{\"count\":2,\"min\":1,\"max\":2,\"mean\":1.5}}");
        windows.write();
        assertThat(stored())
                .containsExactly("0 a {\"time\":0,\"temperature\":{\"count\":3,\"min\":1,\"max\":3,\"mean\":2}}");
    }

    @Test
    void shouldNeverWriteAWindowThatOpenedAndClosedBetweenTwoCommits() {
        OpenWindows windows = TestWindows.of(store, Summaries.usual(), false, 10, 0);
        TestWindows.add(windows, 0, id("a"), 0, new double[] {1});
        assertThat(TestWindows.take(windows, 0, 10)).hasSize(1);
        windows.write();
        assertThat(stored()).isEmpty();
    }

    /** Against a plain map, with writes, restarts from the store with another form of it, and more windows than fit on the heap. */
    @ParameterizedTest
    @ValueSource(ints = {0, 5, 1000, OpenWindows.ALL})
    void shouldGiveWhatAPlainMapGives(int mostOnHeap) {
        Random random = new Random(mostOnHeap);
        OpenWindows windows = TestWindows.of(store, Summaries.usual(), false, mostOnHeap, 0);
        TreeMap<String, Summary> plain = new TreeMap<>();
        long closedUpTo = 0;
        for (int step = 0; step < 50_000; step++) {
            int dice = random.nextInt(100);
            if (dice < 80) {
                long start = closedUpTo + random.nextInt(4) * 10;
                String sensor = "s" + (step / 5000 * 7 + random.nextInt(9)); // some go, others come
                double value = random.nextInt(1000) / 10.0;
                TestWindows.add(windows, start, id(sensor), start, new double[] {value});
                plain.computeIfAbsent("%08d %s".formatted(start, sensor), key -> Summaries.of())
                        .add(start, new double[] {value});
            } else if (dice < 95) {
                windows.write();
                assertThat(written()).isEqualTo(text(plain));
                assertThat(entriesInLog()).isLessThanOrEqualTo(2L * plain.size());
            } else if (dice < 97) {
                windows.write();
                int other = random.nextBoolean() ? OpenWindows.ALL : 5;
                windows = TestWindows.of(
                        store, Summaries.usual(), false, random.nextBoolean() ? mostOnHeap : other, closedUpTo);
            } else {
                assertThat((windows.newest() >= closedUpTo)).isEqualTo(!plain.isEmpty());
                long to = closedUpTo + random.nextInt(3) * 10;
                List<OpenWindows.Window> closed = TestWindows.take(windows, closedUpTo, to);
                assertThat(closed).isSortedAccordingTo(Comparator.comparingLong(window -> window.start()));
                Map<String, Summary> taken = new TreeMap<>();
                for (OpenWindows.Window window : closed) {
                    assertThat(taken.put("%08d %s".formatted(window.start(), window.sensorId()), window.summary()))
                            .isNull();
                }
                assertThat(text(taken)).isEqualTo(text(plain.headMap("%08d".formatted(to))));
                plain.headMap("%08d".formatted(to)).clear();
                closedUpTo = to;
                this.closedUpTo = to;
            }
        }
    }

    /** Against plain sets, with all that can happen to the store in between, and the option switched off and on. */
    @ParameterizedTest
    @ValueSource(ints = {0, 5, 200, OpenWindows.ALL})
    void shouldKnowEachReadingOfAnOpenWindowAgain(int mostOnHeap) {
        Random random = new Random(mostOnHeap);
        boolean dedup = true;
        SummaryLayout layout = TWO_FIELDS;
        OpenWindows windows = TestWindows.of(store, layout, dedup, mostOnHeap, 0);
        TreeMap<String, Set<String>> known = new TreeMap<>();
        TreeMap<String, Integer> counts = new TreeMap<>();
        int duplicates = 0;
        for (int step = 0; step < 50_000; step++) {
            int dice = random.nextInt(1000);
            if (dice < 900) {
                long start = closedUpTo + random.nextInt(4) * 10;
                String sensor = "s".repeat(1 + random.nextInt(5));
                double[] values = {random.nextInt(3), random.nextBoolean() ? Double.NaN : random.nextInt(3) / 10.0};
                long time = start + random.nextInt(10);
                String window = "%08d %s".formatted(start, sensor);
                boolean first = !dedup
                        || known.computeIfAbsent(window, none -> new HashSet<>())
                                .add(time + Arrays.toString(values));
                assertThat(TestWindows.add(windows, start, id(sensor), time, values))
                        .as("step %d", step)
                        .isEqualTo(first);
                counts.merge(window, first ? 1 : 0, Integer::sum);
                duplicates += first ? 0 : 1;
            } else if (dice < 970) {
                windows.write();
            } else if (dice < 980) {
                windows.write();
                int most = random.nextBoolean() ? mostOnHeap : random.nextBoolean() ? OpenWindows.ALL : 5;
                boolean before = dedup;
                SummaryLayout layoutBefore = layout;
                dedup = random.nextInt(4) > 0;
                layout = random.nextInt(4) > 0 ? layout : random.nextBoolean() ? TWO_FIELDS : OTHER_FIELDS;
                windows = TestWindows.of(store, layout, dedup, most, closedUpTo);
                if (!before || !dedup || layout != layoutBefore) {
                    known.clear();
                }
                if (!dedup) {
                    windows.write();
                    assertThat(recordsOfReadings()).isZero();
                }
            } else {
                long to = closedUpTo + random.nextInt(3) * 10;
                TreeMap<String, Integer> taken = new TreeMap<>();
                for (OpenWindows.Window window : TestWindows.take(windows, closedUpTo, to)) {
                    taken.put("%08d %s".formatted(window.start(), window.sensorId()), (int)
                            window.summary().readings());
                }
                assertThat(taken).isEqualTo(counts.headMap("%08d".formatted(to)));
                known.headMap("%08d".formatted(to)).clear();
                counts.headMap("%08d".formatted(to)).clear();
                closedUpTo = to;
            }
        }
        assertThat(duplicates).isGreaterThan(1_000);
        TestWindows.take(windows, closedUpTo, closedUpTo + 100);
        windows.write();
        assertThat(recordsOfReadings()).isZero();
    }

    /** Of two minutes, at the highest rate: its readings are more than a record may have. */
    @ParameterizedTest
    @ValueSource(ints = {0, OpenWindows.ALL})
    void shouldWriteReadingsOnceAndInRecordsThatATopicAccepts(int mostOnHeap) {
        Set<Integer> sizes = new TreeSet<>();
        AtomicLong bytes = new AtomicLong();
        @SuppressWarnings("unchecked")
        KeyValueStore<Bytes, byte[]> recorded = (KeyValueStore<Bytes, byte[]>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {KeyValueStore.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("put")) {
                        sizes.add(((byte[]) arguments[1]).length);
                        bytes.addAndGet(((byte[]) arguments[1]).length);
                    }
                    return method.invoke(store, arguments);
                });
        int readings = 300_000;
        OpenWindows windows = TestWindows.of(recorded, Summaries.usual(), true, mostOnHeap, 0);
        for (int i = 0; i < readings; i++) {
            TestWindows.add(windows, 0, id("a"), i, new double[] {i % 7});
            if (i % 50_000 == 0 || i > readings - 100) {
                windows.write();
            }
        }
        windows.write();
        assertThat(sizes).allMatch(size -> size < 40_000);
        assertThat(bytes.get()).isBetween(16L * readings, 17L * readings);
        OpenWindows after = TestWindows.of(store, Summaries.usual(), true, mostOnHeap, 0);
        for (int i = 0; i < readings; i++) {
            assertThat(TestWindows.add(after, 0, id("a"), i, new double[] {i % 7}))
                    .isFalse();
        }
        assertThat(after.open()).as("windows, and not records").isBetween(0L, 1L);
        assertThat(TestWindows.add(after, 0, id("a"), 0, new double[] {1})).isTrue();
    }

    /** Without transactions a crash may keep the first half of what a commit writes: better twice than not at all. */
    @Test
    void shouldWriteTheWindowBeforeTheReadingsThatItCounts() {
        List<Integer> firstBytes = new ArrayList<>();
        @SuppressWarnings("unchecked")
        KeyValueStore<Bytes, byte[]> recorded = (KeyValueStore<Bytes, byte[]>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {KeyValueStore.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("put")) {
                        firstBytes.add(((Bytes) arguments[0]).get()[0] & 0xFF);
                    }
                    return method.invoke(store, arguments);
                });
        OpenWindows inMemory = TestWindows.of(recorded, Summaries.usual(), true, OpenWindows.ALL, 0);
        TestWindows.add(inMemory, 0, id("a"), 0, new double[] {1});
        inMemory.write();
        assertThat(firstBytes).containsExactly(0x80, 0x81);
        OpenWindows onDisk = TestWindows.of(recorded, Summaries.usual(), true, 5, 0);
        onDisk.write();
        assertThat(firstBytes).containsExactly(0x80, 0x81, 0, 0x82);
        assertThat(TestWindows.add(onDisk, 0, id("a"), 0, new double[] {1})).isFalse();
    }

    private long recordsOfReadings() {
        AtomicLong records = new AtomicLong();
        try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
            all.forEachRemaining(entry -> records.addAndGet((entry.key.get()[0] & 0xFF) > 0x80 ? 1 : 0));
        }
        return records.get();
    }

    @Test
    void shouldWriteManyWindowsInOneRecordAndDeleteNoneByItself() {
        OpenWindows windows = TestWindows.of(store, Summaries.usual(), false, OpenWindows.ALL, 0);
        for (int sensor = 0; sensor < 10_000; sensor++) {
            TestWindows.add(windows, 0, id("sensor-" + sensor), 0, new double[] {sensor});
        }
        windows.write();
        long records = store.approximateNumEntries();
        assertThat(records).isBetween(10L, 100L);
        assertThat(TestWindows.take(windows, 0, 10)).hasSize(10_000);
        TestWindows.add(windows, 10, id("a"), 10, new double[] {1});
        assertThat(store.approximateNumEntries()).isEqualTo(records);
        windows.write();
        assertThat(store.approximateNumEntries()).isLessThan(10);
        assertThat(TestWindows.take(TestWindows.of(store, Summaries.usual(), false, OpenWindows.ALL, 10), 10, 20))
                .hasSize(1);
    }

    @Test
    void shouldKeepAnIdOfAnyLengthInTheLog() {
        OpenWindows windows = TestWindows.of(store, Summaries.usual(), false, OpenWindows.ALL, 0);
        for (int length = 1; length <= SensorIdDeserializer.MAX_BYTES; length = length * 2 + 1) {
            TestWindows.add(windows, 0, id("x".repeat(length)), 0, new double[] {length});
        }
        TestWindows.add(windows, 0, id("x".repeat(SensorIdDeserializer.MAX_BYTES)), 0, new double[] {7});
        windows.write();
        List<OpenWindows.Window> taken =
                TestWindows.take(TestWindows.of(store, Summaries.usual(), false, OpenWindows.ALL, 0), 0, 10);
        assertThat(taken)
                .extracting(window -> window.sensorId().get().length)
                .contains(1, 3, 8191, SensorIdDeserializer.MAX_BYTES);
        assertThat(taken).hasSize(15);
    }

    /** Without transactions a crash may keep the first half of what a commit writes. */
    @Test
    void shouldDeleteNothingBeforeWhatReplacesItIsWritten() {
        List<String> calls = new ArrayList<>();
        @SuppressWarnings("unchecked")
        KeyValueStore<Bytes, byte[]> recorded = (KeyValueStore<Bytes, byte[]>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {KeyValueStore.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    return method.invoke(store, arguments);
                });
        OpenWindows windows = TestWindows.of(recorded, Summaries.usual(), false, OpenWindows.ALL, 0);
        TestWindows.add(windows, 0, id("seldom"), 0, new double[] {1});
        int deleted = 0;
        for (int commit = 0; commit < 100; commit++) {
            TestWindows.add(windows, 0, id("often"), 0, new double[] {commit});
            calls.clear();
            windows.write();
            assertThat(calls).isSortedAccordingTo(Comparator.reverseOrder()); // put, then delete
            deleted += Collections.frequency(calls, "delete");
        }
        assertThat(deleted).isGreaterThan(90);
        assertThat(TestWindows.take(TestWindows.of(store, Summaries.usual(), false, OpenWindows.ALL, 0), 0, 10))
                .hasSize(2);
    }

    private long entriesInLog() {
        AtomicLong entries = new AtomicLong();
        WindowLog.read(store, (start, sensor, value) -> entries.incrementAndGet(), key -> {});
        return entries.get();
    }

    /** What the store says, in whichever form. */
    private Map<String, String> written() {
        TreeMap<String, Summary> found = new TreeMap<>();
        StoredWindows.Visitor visitor = (start, sensor, value) -> {
            if (start >= closedUpTo) {
                found.put("%08d %s".formatted(start, sensor), Summaries.usual().read(value));
            }
        };
        WindowTable.read(store, 0, Long.MAX_VALUE, visitor);
        WindowLog.read(store, visitor, key -> {});
        return text(found);
    }

    private static Map<String, String> text(Map<String, Summary> summaries) {
        Map<String, String> text = new TreeMap<>();
        summaries.forEach((window, summary) -> text.put(window, json(summary)));
        return text;
    }

    private static String json(Summary summary) {
        return new String(new SummaryJson().write(0, summary), UTF_8);
    }

    private static SensorId id(String sensor) {
        return new SensorId(sensor.getBytes(UTF_8));
    }

    private List<String> stored() {
        List<String> entries = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
            all.forEachRemaining(entry -> {
                entries.add(WindowKey.slot(entry.key) + " " + WindowKey.sensor(entry.key) + " "
                        + json(Summaries.usual().read(entry.value)));
            });
        }
        return entries;
    }
}
