package downsampling.processor.query;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.Test;

class FirstSensorsTest {
    private static Bytes id(String id) {
        return Bytes.wrap(id.getBytes(UTF_8));
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
        assertThat(page.ids()).containsExactlyElementsOf(ids.subList(100, 150));
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
            assertThat(String.join("", page.ids()).length()).isLessThanOrEqualTo(FirstSensors.MOST_BYTES);
            got.addAll(page.ids());
            next = page.next();
        }
        assertThat(got).containsExactlyElementsOf(ids);
    }

    @Test
    void shouldHoldOneThatIsLargerThanAPage() {
        FirstSensors page = new FirstSensors(id(""), 10);
        page.add(id("x".repeat(FirstSensors.MOST_BYTES + 1)));
        assertThat(page.ids()).hasSize(1);
        assertThat(page.next()).isNull();
    }
}
