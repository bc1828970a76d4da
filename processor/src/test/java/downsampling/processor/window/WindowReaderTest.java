package downsampling.processor.window;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import downsampling.processor.reading.SensorId;
import downsampling.processor.settings.TopologyKind;
import downsampling.service.RefusedException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.assertj.core.api.ListAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows of 10 s with a grace of 1 s, at each moment of a close that {@link WindowProcessor} goes through. */
@ParameterizedClass
@ValueSource(ints = {100, OpenWindows.ALL})
class WindowReaderTest {
    private static final Summary ONE = Summaries.of(1);
    private static final Summary TWO = Summaries.of(1, 2);

    private final KeyValueStore<Bytes, byte[]> store =
            Stores.inMemoryKeyValueStore("open").get();
    private final RecentWindows recent = new RecentWindows(2);
    private final int mostOnHeap;
    private OpenWindows windows;
    private final WindowReader reader = new WindowReader(Driver.config(TopologyKind.EXACT), partition -> store, recent);
    private RecentWindows.Partition partition;

    WindowReaderTest(int mostOnHeap) {
        this.mostOnHeap = mostOnHeap;
        windows = TestWindows.of(store, Summaries.usual(), false, mostOnHeap, 0);
    }

    @BeforeEach
    void commitTwoOpenWindows() {
        partition = recent.begin(0, 0, windows);
        add(0, "a", 1);
        add(10_000, "a", 1);
        commit(0);
    }

    private void add(long start, String sensor, double value) {
        TestWindows.add(windows, start, new SensorId(sensor.getBytes(UTF_8)), 0, new double[] {value});
    }

    private void commit(long closedUpTo) {
        windows.write();
        new Position(closedUpTo, 20_000, Position.NONE, Position.NONE, -1).write(store, Position.START);
    }

    private void close(long from, long to) {
        partition.closing();
        partition.closed(TestWindows.take(windows, from, to), 10_000, false);
        partition.closed();
    }

    private ListAssert<WindowReader.Window> assertThatWindows(String sensor) {
        return assertThat(reader.windows(0, sensor).windows()).usingRecursiveFieldByFieldElementComparator();
    }

    @Test
    void shouldShowOpenWindowsAsOfTheLastCommit() {
        add(10_000, "a", 2);
        assertThatWindows("a")
                .containsExactly(
                        new WindowReader.Window(0, 10_000, true, ONE),
                        new WindowReader.Window(10_000, 20_000, true, ONE));
        commit(0);
        assertThatWindows("a")
                .containsExactly(
                        new WindowReader.Window(0, 10_000, true, ONE),
                        new WindowReader.Window(10_000, 20_000, true, TWO));
    }

    @Test
    void shouldShowAWindowAsClosedOnceItsCloseIsCommitted() {
        add(0, "a", 2);
        close(0, 10_000);
        assertThat(TestWindows.take(windows, 0, 10_000)).isEmpty(); // gone from there, and nothing committed yet
        assertThatWindows("a")
                .containsExactly(
                        new WindowReader.Window(0, 10_000, true, TWO),
                        new WindowReader.Window(10_000, 20_000, true, ONE));
        commit(10_000);
        assertThatWindows("a")
                .containsExactly(
                        new WindowReader.Window(0, 10_000, false, TWO),
                        new WindowReader.Window(10_000, 20_000, true, ONE));
    }

    @Test
    void shouldForgetAnUncommittedCloseWhenTheTaskStartsAnew() {
        Map<Bytes, byte[]> committed = new HashMap<>();
        store.all().forEachRemaining(entry -> committed.put(entry.key, entry.value));
        close(0, 10_000);
        committed.forEach(store::put); // as restored from the changelog
        windows = TestWindows.of(store, Summaries.usual(), false, mostOnHeap, 0);
        partition = recent.begin(0, 0, windows);
        assertThatWindows("a")
                .containsExactly(
                        new WindowReader.Window(0, 10_000, true, ONE),
                        new WindowReader.Window(10_000, 20_000, true, ONE));
        assertThat(reader.windows(0, "a").completeAfter()).isZero();
    }

    @Test
    void shouldSayHowFarBackItKnowsAllClosedWindows() {
        add(10_000, "b", 1);
        close(0, 20_000); // three, and two are kept
        commit(20_000);
        assertThatWindows("a").containsExactly(new WindowReader.Window(10_000, 20_000, false, ONE));
        assertThat(reader.windows(0, "a").completeAfter()).isEqualTo(10_000);
        assertThatWindows("b").containsExactly(new WindowReader.Window(10_000, 20_000, false, ONE));
    }

    @Test
    void shouldGiveTheFirstSensorsBehindAnother() {
        for (String sensor : List.of("e", "c", "Ü", "d", "b")) {
            add(10_000, sensor, 1);
        }
        close(0, 10_000);
        commit(10_000);
        assertThat(sensors("", 10)).containsExactly("a", "b", "c", "d", "e", "Ü");
        assertThat(sensors("a", 3)).containsExactly("b", "c", "d");
        assertThat(sensors("d", 3)).containsExactly("e", "Ü");
        assertThat(sensors("Ü", 3)).isEmpty();
    }

    private List<String> sensors(String after, int most) {
        TreeSet<String> ids = new TreeSet<>();
        reader.sensors(0, Bytes.wrap(after.getBytes(UTF_8)), id -> {
            String sensor = new String(id.get(), UTF_8);
            if (sensor.compareTo(after) > 0) {
                ids.add(sensor);
            }
            return true;
        });
        return ids.stream().limit(most).toList();
    }

    @Test
    void shouldNotAnswerForAPartitionThatIsNotHereOrInTheMiddleOfAClose() {
        assertThatThrownBy(() -> reader.windows(1, "a")).isInstanceOf(RefusedException.class);
        partition.closing();
        assertThatThrownBy(() -> reader.windows(0, "a"))
                .isInstanceOf(RefusedException.class)
                .hasMessage("windows are being closed");
        recent.end(0, partition);
        assertThatThrownBy(() -> reader.windows(0, "a")).isInstanceOf(RefusedException.class);
    }
}
