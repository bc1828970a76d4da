package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class FirstSensorsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Bytes id(String id) {
        return Bytes.wrap(id.getBytes(UTF_8));
    }

    private static List<String> ids(FirstSensors page) {
        return page.sensors().stream().map(SensorsPage.Sensor::id).toList();
    }

    @Test
    void shouldHoldTheFirstInWhateverOrderTheyCome() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            ids.add(String.format("%06d", i));
        }
        List<String> shuffled = new ArrayList<>(ids);
        Collections.shuffle(shuffled, new Random(1));
        FirstSensors page = new FirstSensors(id("000099"), 50);
        shuffled.forEach(each -> page.add(id(each)));
        assertThat(ids(page)).containsExactlyElementsOf(ids.subList(100, 150));
        assertThat(page.next()).isEqualTo("000149");
    }

    @Test
    void shouldEndBeforeItIsTooLargeAndGoOnThere() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ids.add(String.format("%04d", i) + "\n".repeat(i % 2 * 10_000));
        }
        List<String> got = new ArrayList<>();
        for (String next = ""; next != null; ) {
            FirstSensors page = new FirstSensors(id(next), 10_000);
            ids.forEach(each -> page.add(id(each)));
            assertThat(String.join("", ids(page)).length()).isLessThanOrEqualTo(FirstSensors.MOST_BYTES);
            got.addAll(ids(page));
            next = page.next();
        }
        assertThat(got).containsExactlyElementsOf(ids);
    }

    /** As {@link SensorsPage#answer} writes them. */
    @Test
    void shouldEndBeforeSilentOnesAreTooMany() {
        FirstSensors page = new FirstSensors(id(""), 10_000);
        for (int i = 0; i < 10_000; i++) {
            page.addSilent(id(String.format("%04d", i)), Long.MIN_VALUE + i);
        }
        assertThat(ids(page).size()).isBetween(3_000, 9_000);
        assertThat(new SensorsPage(page.sensors(), page.next()).answer().content().length)
                .isBetween(FirstSensors.MOST_BYTES / 2, FirstSensors.MOST_BYTES + 100);
        assertThat(page.next()).isEqualTo(ids(page).get(ids(page).size() - 1));
    }

    @Test
    void shouldTakeTheLastTimeOfWhatSeveralPartitionsSayOfASensor() {
        FirstSensors page = new FirstSensors(id(""), 10);
        page.addSilent(id("a"), 5);
        page.addSilent(id("a"), 7);
        page.addSilent(id("a"), 6);
        assertThat(page.sensors()).containsExactly(new SensorsPage.Sensor("a", 7L));
    }

    @Test
    void shouldReadOfAnotherInstanceWhatItAnswers() throws Exception {
        for (Long since : Arrays.asList(null, 1735732800000L)) {
            SensorsPage page = new SensorsPage(
                    List.of(new SensorsPage.Sensor("a\"", since), new SensorsPage.Sensor("b", since)), "b");
            JsonNode json = JSON.readTree(page.answer().content());
            assertThat(SensorsPage.read(json, since != null)).isEqualTo(page);
            assertThatThrownBy(() -> SensorsPage.read(json, since == null))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldJoinPagesUpToTheFirstEnd() {
        SensorsPage some =
                new SensorsPage(List.of(new SensorsPage.Sensor("a", 1L), new SensorsPage.Sensor("c", 1L)), "c");
        SensorsPage others =
                new SensorsPage(List.of(new SensorsPage.Sensor("a", 2L), new SensorsPage.Sensor("d", 2L)), null);
        assertThat(SensorsPage.joined(List.of(some, others), "", 10))
                .isEqualTo(new SensorsPage(
                        List.of(new SensorsPage.Sensor("a", 2L), new SensorsPage.Sensor("c", 1L)), "c"));
    }

    @Test
    void shouldHoldOneThatIsLargerThanAPage() {
        FirstSensors page = new FirstSensors(id(""), 10);
        page.add(id("x".repeat(FirstSensors.MOST_BYTES + 1)));
        assertThat(ids(page)).hasSize(1);
        assertThat(page.next()).isNull();
    }
}
