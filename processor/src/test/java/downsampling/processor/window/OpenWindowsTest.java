package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
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
    private final KeyValueStore<Bytes, byte[]> store = Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore("windows"), Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingDisabled()
            .build();

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
        OpenWindows windows = new OpenWindows(store, 10);
        windows.add(0, id("a"), 1);
        windows.add(0, id("a"), 2);
        assertThat(stored()).isEmpty();
        windows.write();
        assertThat(stored()).containsExactly("0 a 2 1.0 2.0");
        windows.add(0, id("a"), 3);
        assertThat(stored()).containsExactly("0 a 2 1.0 2.0");
        windows.write();
        assertThat(stored()).containsExactly("0 a 3 1.0 3.0");
    }

    @Test
    void shouldNeverWriteAWindowThatOpenedAndClosedBetweenTwoCommits() {
        OpenWindows windows = new OpenWindows(store, 10);
        windows.add(0, id("a"), 1);
        assertThat(windows.take(0, 10)).hasSize(1);
        windows.write();
        assertThat(stored()).isEmpty();
    }

    /** Against a plain map, with writes, restarts from the store, and more windows than may stay on the heap. */
    @ParameterizedTest
    @ValueSource(ints = {0, 5, 1000})
    void shouldGiveWhatAPlainMapGives(int mostOnHeap) {
        Random random = new Random(mostOnHeap);
        OpenWindows windows = new OpenWindows(store, mostOnHeap);
        TreeMap<String, Summary> plain = new TreeMap<>();
        long closedUpTo = 0;
        for (int step = 0; step < 50_000; step++) {
            int dice = random.nextInt(100);
            if (dice < 80) {
                long start = closedUpTo + random.nextInt(4) * 10;
                String sensor = "s" + (step / 5000 * 7 + random.nextInt(9)); // some go, others come
                double value = random.nextInt(1000) / 10.0;
                windows.add(start, id(sensor), value);
                plain.merge("%08d %s".formatted(start, sensor), Summary.of(value), (before, one) -> before.add(value));
            } else if (dice < 95) {
                windows.write();
            } else if (dice < 97) {
                windows.write();
                windows = new OpenWindows(store, mostOnHeap);
            } else {
                assertThat(windows.any(closedUpTo)).isEqualTo(!plain.isEmpty());
                long to = closedUpTo + random.nextInt(3) * 10;
                List<OpenWindows.Window> closed = windows.take(closedUpTo, to);
                assertThat(closed).isSortedAccordingTo(Comparator.comparingLong(window -> window.start));
                List<String> taken = new ArrayList<>();
                for (OpenWindows.Window window : closed) {
                    taken.add("%08d %s=%s".formatted(window.start, window.sensor(), window.summary()));
                }
                List<String> expected = new ArrayList<>();
                plain.headMap("%08d".formatted(to)).forEach((key, summary) -> expected.add(key + "=" + summary));
                plain.headMap("%08d".formatted(to)).clear();
                assertThat(taken).containsExactlyInAnyOrderElementsOf(expected);
                closedUpTo = to;
            }
        }
    }

    private static Bytes id(String sensor) {
        return Bytes.wrap(sensor.getBytes(UTF_8));
    }

    private List<String> stored() {
        List<String> entries = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
            all.forEachRemaining(entry -> {
                Summary summary = Summary.fromBytes(entry.value);
                entries.add(WindowKey.start(entry.key) + " " + WindowKey.sensor(entry.key) + " " + summary.count() + " "
                        + summary.min() + " " + summary.max());
            });
        }
        return entries;
    }
}
